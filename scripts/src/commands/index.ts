import type { CommandEntry } from "./command.ts";

/** What can be done with runs. A new command is a file like these, and its line here. */
export const commands: readonly CommandEntry[] = [
  { usage: "eval <run>", describe: "Measure how well a trained model does", load: () => import("./eval.ts") },
  {
    usage: "predict <run> [text..]",
    describe: "Classify texts with a trained model",
    load: () => import("./predict.ts"),
  },
  {
    usage: "merge <run>",
    describe: "Merge adapters into their model, and save it as a Hugging Face folder",
    load: () => import("./merge.ts"),
  },
  {
    usage: "generate <run>",
    describe: "Write text with a trained language model",
    load: () => import("./generate.ts"),
  },
  {
    usage: "report [runs..]",
    describe: "Write a page about a training, or compare several",
    load: () => import("./report.ts"),
  },
  {
    usage: "tokenize [text..]",
    describe: "Cut a text into tokens, and compare tokenizers",
    load: () => import("./tokenize.ts"),
  },
  {
    usage: "bench [workload..]",
    describe: "Measure how fast workloads run here, beside others if asked",
    load: () => import("./bench.ts"),
  },
  {
    usage: "doctor",
    describe: "Look for what stands in a training's way here, and say what to do",
    load: () => import("./doctor.ts"),
  },
  {
    usage: "init <folder>",
    describe: "Begin a project of your own: a model, its training, a test, a page",
    load: () => import("./init.ts"),
  },
  { usage: "info", describe: "Show devices, versions and folders", load: () => import("./info.ts") },
];
