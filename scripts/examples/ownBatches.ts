/**
 * A source of batches of one's own: sums that are made up as they are needed. A model reads "12+30=" and has to go on with
 * "42"; what stands before the answer does not count (-100), and an answer counts only as a whole.
 *
 *     npx node scripts/examples/ownBatches.ts [steps]
 */
import { crossEntropy, type Device, manualSeed } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import {
  AdamW,
  accuracy,
  type BatchSequence,
  CharTokenizer,
  exactMatch,
  type HostTokens,
  RandomSource,
  supervised,
  Trainer,
} from "@lectern/train";

const tokenizer = CharTokenizer.from("0123456789+=");
/** "12+30=042": two numbers and their sum, all of one length. */
const LENGTH = 9;
const ANSWER = 6;

function sums(rows: number, random: () => number): HostTokens {
  const [inputs, targets] = [0, 1].map(() => new Int32Array(rows * (LENGTH - 1)).fill(-100));
  for (let row = 0; row < rows; row++) {
    const [a, b] = [Math.floor(random() * 100), Math.floor(random() * 100)];
    const padded = (n: number, digits: number) => String(n).padStart(digits, "0");
    const tokens = tokenizer.encode(`${padded(a, 2)}+${padded(b, 2)}=${padded(a + b, 3)}`);
    inputs.set(tokens.subarray(0, -1), row * (LENGTH - 1));
    targets.set(tokens.subarray(ANSWER), row * (LENGTH - 1) + ANSWER - 1);
  }
  const shape = [rows, LENGTH - 1];
  return {
    inputs: { data: inputs, shape },
    targets: { data: targets, shape },
    mask: undefined,
    count: rows,
    unit: "sums",
  };
}

/** Sums without end: what batch n holds depends on the seed and n, so a run can be gone on with. */
class Sums extends RandomSource {
  readonly batchesPerEpoch = 100;

  protected assemble(number: number): HostTokens {
    return sums(this.batch, this.randomNumbers(number));
  }
}

/** The same 200 sums at each evaluation. */
const validation: BatchSequence = {
  *batches(device?: Device) {
    const source = new Sums({ batch: 50, seed: "validation" });
    for (let i = 0; i < 4; i++) yield source.next(device);
  },
};

manualSeed(1);
const steps = Number(process.argv[2] ?? 600);
const model = new GPT({ vocabulary: tokenizer.size, layers: 2, heads: 4, width: 64, context: LENGTH });
const trainer = new Trainer({
  model,
  optimizer: new AdamW(model.parameters(), { lr: 2e-3 }),
  objective: supervised({
    criterion: crossEntropy,
    measures: { accuracy, exactMatch },
    best: "exactMatch",
    highest: true,
  }),
});
const result = await trainer.fit(new Sums({ batch: 32, seed: 1 }), { steps, validation, evaluateEvery: 500 });
const { loss, exactMatch: right } = result.best!.measures;
console.log(`the best: ${(100 * right).toFixed(1)} % of the sums right, loss ${loss.toFixed(3)}`);
