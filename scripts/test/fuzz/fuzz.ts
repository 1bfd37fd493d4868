import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";

/**
 * Files made from good ones by chance, seeded. `npm test` tries the same sixty of each format always; `npm run test:fuzz`
 * takes ten minutes for each, and a seed of its own: `LECTERN_FUZZ_SECONDS` and `LECTERN_FUZZ_SEED` say otherwise, and the seed
 * that a failure tells repeats it.
 */
const seconds = process.env.LECTERN_FUZZ_SECONDS === undefined ? undefined : Number(process.env.LECTERN_FUZZ_SECONDS);
const seed = Number(process.env.LECTERN_FUZZ_SEED ?? 20_260_501);

/** What memory may grow by while a format is tried: a file of a few kilobytes has no business with more. */
const MOST_MEMORY = 2 ** 30;

/** Holds the folder of the case at hand, and nothing else. */
const folder = mkdtempSync(join(tmpdir(), "lectern-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An empty folder, with nothing beside it. */
function emptyFolder(): string {
  const inner = join(folder, "case");
  rmSync(inner, { recursive: true, force: true });
  mkdirSync(inner);
  return inner;
}

const RUNS = 60;

/** A test that tries values; one that fails is made as small as it can be, and told with its seed. */
export function fuzz<T>(title: string, values: fc.Arbitrary<T>, check: (value: T, folder: string) => Promise<void>) {
  const runs: fc.Parameters<[T]> =
    seconds === undefined
      ? { numRuns: RUNS }
      : { numRuns: 1e9, interruptAfterTimeLimit: 1000 * seconds, markInterruptAsFailure: false };
  const test = async () => {
    const before = process.memoryUsage.rss();
    let tried = 0;
    const property = fc.asyncProperty(values, async (value) => {
      tried++;
      await check(value, emptyFolder());
      expect(readdirSync(folder), "something was written outside of the folder").toEqual(["case"]);
      expect(process.memoryUsage.rss() - before, "bytes of memory more than before").toBeLessThan(MOST_MEMORY);
    });
    await fc.assert(property, { ...runs, seed });
    if (seconds !== undefined) console.log(`${title}: ${tried} tried`);
  };
  it(`${title} (seed ${seed})`, test, 1000 * (seconds ?? 0) + 60_000);
}

/** What the language itself throws where a program did not look: no answer to a file. */
const RAW = new Set(["TypeError", "RangeError", "SyntaxError", "ReferenceError", "URIError", "EvalError"]);

export const isRaw = ({ name }: Error): boolean => RAW.has(name);

/** Whatever is done with the file: it ends well, or with one sentence that names it. */
export async function doneOrRefused(file: string, act: () => unknown): Promise<void> {
  let reason: unknown;
  try {
    await act();
    return;
  } catch (error) {
    reason = error;
  }
  expect(reason).toBeInstanceOf(Error);
  const { message, stack } = reason as Error;
  expect(isRaw(reason as Error) ? stack : "an error with a meaning").toBe("an error with a meaning");
  expect(message).toContain(basename(file));
  expect(message).not.toContain("\n");
  expect(message.length).toBeLessThan(2000);
}
