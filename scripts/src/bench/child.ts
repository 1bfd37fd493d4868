// Measures what its argument, a job as JSON, says, and prints the result as one line of JSON.
import { measure } from "./measure.ts";
import type { Job } from "./measurement.ts";

try {
  const result = await measure(JSON.parse(process.argv[2]) as Job);
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`, () => process.exit(1));
}
