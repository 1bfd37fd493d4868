import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@lectern/autograd";
import { Embedding, Linear, Module, type OptionsOf, registerModel, type Zod } from "@lectern/nn";
import {
  ConsecutiveWindows,
  encodeText,
  Optimizer,
  openRun,
  type ParameterGroup,
  RunFolder,
  registerOptimizer,
  textData,
} from "@lectern/train";
import { expect, it, vi } from "vitest";
import yargs from "yargs";
import { tokenizerOf } from "../src/corpora.ts";
import { trainOptions } from "../src/tasks/options.ts";
import type { Task } from "../src/tasks/task.ts";
import { train } from "../src/training.ts";

// A kind of model: its options, its class, and the line that registers it.
const options = (z: Zod) =>
  z.strictObject({ vocabulary: z.int().min(2), width: z.int().min(1).max(1000), context: z.int().min(1) });

class Bigrams extends Module {
  readonly options: OptionsOf<typeof options>;
  readonly table: Embedding;
  readonly head: Linear;

  constructor(given: OptionsOf<typeof options>) {
    super();
    this.options = given;
    this.table = new Embedding(given.vocabulary, given.width);
    this.head = new Linear(given.width, given.vocabulary);
  }

  forward(tokens: Tensor): Tensor {
    return this.head.forward(this.table.forward(tokens).tanh());
  }
}
registerModel({ name: "bigrams", predicts: "tokens", model: Bigrams, options });

// An optimiser: steps of one length, in the direction of the gradient's signs.
class SignDescent extends Optimizer {
  protected update(parameters: readonly Tensor[], { lr }: ParameterGroup): void {
    for (const p of parameters) p.sub_(p.grad!.sign().mul(lr));
  }
}
registerOptimizer("sign", (parameters, { lr }) => new SignDescent(parameters, { lr, weightDecay: 0 }));

// A task: to count, for ever.
const COUNTING = "0123456789".repeat(50);
const preset = { layers: 1, heads: 1, width: 16, context: 8, dropout: 0, batch: 8, lr: 1e-2, warmup: 2, steps: 150 };
const counting: Task = {
  name: "counting",
  predicts: "tokens",
  model: "gpt",
  presets: { tiny: { ...preset, betas: [0.9, 0.99], weightDecay: 0, clip: 1, evalEvery: 75 } },
  examples: [],
  options: (parser) => parser.options({ data: { type: "string", default: "digits" } }),
  async prepare({ seed = 0 }, { context, batch }) {
    const data = textData(COUNTING, { context, batch, seed });
    return { ...data, sizes: { vocabulary: data.tokenizer.size }, summary: "digits" };
  },
  async evaluation(run) {
    const tokens = encodeText(tokenizerOf(run), COUNTING);
    return { data: new ConsecutiveWindows(tokens, { context: 8, batch: 4 }), unit: "digit" };
  },
  figures: () => [],
  next: (run) => ["generate", run],
};

it("a kind of model, an optimiser and a task, each in one piece, are trained by the command's own path", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lectern-additions-"));
  const printed: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  try {
    const args = ["--model", "bigrams", "--optimizer", "sign", "--out", join(folder, "run"), "--json"];
    const parser = trainOptions(counting.options(yargs(args).option("json", { type: "boolean" })), counting);
    const given = await parser.parseAsync();
    await train(counting, given as unknown as Parameters<typeof counting.prepare>[0]);
  } finally {
    write.mockRestore();
  }
  const done = JSON.parse(printed.at(-1)!) as { event: string; accuracy: number; steps: number };
  expect(done).toMatchObject({ event: "done", steps: 150, accuracy: 1 });

  const run = await openRun(join(folder, "run"));
  expect(run).toMatchObject({ kind: "bigrams", config: { task: "counting", training: { optimizer: "sign" } } });
  expect((await new RunFolder(join(folder, "run")).checkpoints()).length).toBe(2);
  await rm(folder, { recursive: true });
});
