import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, vi } from "vitest";
import { run } from "../../src/lectern.ts";
import { fuzz, isRaw } from "./fuzz.ts";

/** Commands whose work is nothing where the file they are given is none; the others measure, download, or look around. */
const COMMANDS = [
  ["train", "char"],
  ["train", "text"],
  ["train", "classify"],
  ["eval"],
  ["predict"],
  ["generate"],
  ["tokenize"],
  ["data", "list"],
  ["data"],
  ["train"],
  [],
];

const OPTIONS = [
  ...[
    "data",
    "preset",
    "steps",
    "epochs",
    "batch",
    "context",
    "lr",
    "seed",
    "out",
    "device",
    "gpu-backend",
    "tokenizer",
  ],
  ...[
    "resume",
    "time-limit",
    "on-nan",
    "validation",
    "text-column",
    "label-column",
    "encoding",
    "skip-bad-rows",
    "json",
  ],
  ...[
    "prompt",
    "unknown",
    "tokens",
    "strategy",
    "temperature",
    "top-k",
    "top-p",
    "min-p",
    "init",
    "lora",
    "repetition-penalty",
    "beams",
  ],
  ...["stop", "samples", "length-penalty", "early-stopping", "explain", "split", "merges", "debug", "model", "help"],
];

const VALUES = [
  ...[
    "",
    "-",
    "--",
    "0",
    "-1",
    "1e308",
    "NaN",
    "Infinity",
    "1e400",
    "0x10",
    "９",
    "null",
    "true",
    "__proto__",
    "constructor",
  ],
  ...[
    "../../outside",
    "/dev/null",
    "/",
    ".",
    "nothing.txt",
    "a\0b",
    "\n",
    "\ud800",
    "🐋",
    "x".repeat(3000),
    "char",
    "bpe:0",
  ],
  ...[
    "bpe:99999999999",
    "word:-1",
    "byte",
    "greedy",
    "beam",
    "cpu",
    "reference",
    "2h",
    "0s",
    "utf-8",
    "🏳️",
    "[object Object]",
  ],
];

const word = fc.oneof(
  fc.constantFrom(...VALUES),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const option = fc.oneof(
  fc.tuple(fc.constantFrom(...OPTIONS), word).map(([name, value]) => [`--${name}`, value]),
  fc.tuple(fc.constantFrom(...OPTIONS), word).map(([name, value]) => [`--${name}=${value}`]),
  fc.constantFrom(...OPTIONS).map((name) => [`--${name}`]),
  word.map((value) => [value]),
);
const commandLines = fc
  .tuple(fc.constantFrom(...COMMANDS), fc.array(option, { maxLength: 6 }))
  .map(([command, options]) => [...command, ...options.flat()]);

fuzz("a command line", commandLines, async (args, folder) => {
  writeFileSync(`${folder}/notes.txt`, "Call me Ishmael. ");
  const quiet = [
    vi.spyOn(process.stdout, "write").mockImplementation(() => true),
    vi.spyOn(process.stderr, "write").mockImplementation(() => true),
    vi.spyOn(console, "log").mockImplementation(() => {}),
    vi.spyOn(console, "error").mockImplementation(() => {}),
  ];
  const before = process.cwd();
  let reason: unknown;
  try {
    process.chdir(folder);
    await run(args);
  } catch (error) {
    reason = error;
  } finally {
    process.chdir(before);
    process.exitCode = undefined;
    for (const spy of quiet) spy.mockRestore();
  }
  if (reason === undefined) return;
  expect(reason).toBeInstanceOf(Error);
  expect(isRaw(reason as Error) ? (reason as Error).stack : "an error with a meaning").toBe("an error with a meaning");
  expect((reason as Error).message).not.toBe("");
});
