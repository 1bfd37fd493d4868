import { manualSeed } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { AdamW, BrowserStore, generate, loadWeights, RunFolder, Trainer, textData } from "../../src/index.ts";
import { contract } from "./contract.ts";

/** What the tests call in the page. */
export interface StorePage {
  ready: boolean;
  /** The error of one case of the contract. */
  check(name: string): Promise<string | undefined>;
  /** Trains into `runs/first`, goes on from there, and gives what a later visit finds. */
  trainAndResume(): Promise<{ files: string[]; losses: number[]; uninterrupted: number[]; again: boolean }>;
}

const page = globalThis as unknown as StorePage;
let made = 0;

page.check = async (name) => {
  try {
    await contract[name](new BrowserStore(`test/${++made}`));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

async function train(steps: number, options: { out?: string; resume?: boolean }) {
  manualSeed(1);
  const text = "the whale, the white whale! ".repeat(20);
  const { train, tokenizer } = textData(text, { context: 8, batch: 2 });
  const model = new GPT({ vocabulary: tokenizer.size, layers: 1, heads: 2, width: 8, context: 8 });
  const optimizer = new AdamW(model.parameters(), { lr: 1e-2 });
  const losses: number[] = [];
  const callbacks = [{ onStep: ({ loss }: { loss: number }) => void losses.push(loss) }];
  await new Trainer({ model, optimizer, tokenizer, callbacks, progress: "off", log() {}, ...options }).fit(train, {
    steps,
  });
  return { model, losses };
}

page.trainAndResume = async () => {
  const { losses: uninterrupted } = await train(6, {});
  const first = await train(3, { out: "runs/first" });
  const second = await train(6, { out: "runs/first", resume: true });
  const run = new RunFolder("runs/first");
  const fresh = await train(1, {});
  await loadWeights(await run.weights(), fresh.model);
  const options = { tokens: 20, strategy: "greedy" } as const;
  const tokenizer = await run.tokenizer();
  const [a, b] = [
    await generate(fresh.model, tokenizer, "the", options),
    await generate(second.model, tokenizer, "the", options),
  ];
  return {
    files: (await run.store.list()).sort(),
    losses: [...first.losses, ...second.losses],
    uninterrupted,
    again: a === b,
  };
};

page.ready = true;
