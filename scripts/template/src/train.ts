// Trains the model and lets it write: npm start, or node src/train.ts <steps>
import { learn } from "./learn.ts";
import { shareRight } from "./text.ts";

const steps = Number(process.argv[2] ?? 300);
const { text } = await learn({ steps, out: "runs/first" });
console.log(text);
console.log(`${Math.round(100 * shareRight(text))} % of these sentences are right; the run is in runs/first`);
