import { crossEntropy, manualSeed, type Tensor, tensor } from "@lectern/autograd";
import { Linear, Module } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import {
  AdamW,
  absoluteError,
  accuracy,
  type Batch,
  type BatchSequence,
  type BatchSource,
  type Criterion,
  classification,
  DataLoader,
  type EvaluationInfo,
  evaluate,
  exactMatch,
  type Objective,
  RunFolder,
  SGD,
  SortedExamples,
  squaredError,
  stack,
  supervised,
  Trainer,
  trainStep,
} from "../src/index.ts";
import { Bigrams, temporaryFolder, useDevice } from "./helpers.ts";

const quiet = { progress: "off", log: () => undefined } as const;
const ints = (data: number[] | number[][]) => tensor(data, { dtype: "int32" });

const meanSquaredError: Criterion = (outputs, targets, { reduction }) => {
  const squares = outputs.sub(targets).square();
  return reduction === "mean" ? squares.mean() : squares.sum();
};

/** Points on a line in three dimensions: x, and 2 x1 - x2 + 0.5. */
const points = Array.from({ length: 37 }, (_, i) => {
  const inputs = [Math.sin(i), Math.cos(2 * i), Math.sin(3 * i + 1)];
  return { inputs, targets: 2 * inputs[0] - inputs[1] + 0.5 };
});
const line = stack({ inputs: { dtype: "float32", shape: [3] }, targets: { dtype: "float32", shape: [1] } }, "points");

/** Pictures of four pixels, and which pixel is lit. */
const pictures = Array.from({ length: 40 }, (_, i) => ({
  images: Array.from({ length: 4 }, (_, j) => (j === i % 4 ? 1 : 0)),
  labels: i % 4,
}));
const album = stack({ images: { dtype: "float32", shape: [2, 2] }, labels: { dtype: "int32" } }, "images");

interface Pictures {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** Squeezes a picture through two numbers, and says itself what is made small. */
class Autoencoder extends Module {
  readonly encoder = new Linear(4, 3);
  readonly decoder = new Linear(3, 4);

  forward(images: Tensor): Tensor {
    const flat = images.reshape([-1, 4]);
    return this.decoder.forward(this.encoder.forward(flat).tanh()).reshape(images.shape);
  }

  loss({ images }: Pictures): Tensor {
    return this.forward(images).sub(images).square().mean();
  }
}

class PictureClassifier extends Module {
  readonly head = new Linear(4, 4);

  forward(images: Tensor): Tensor {
    return this.head.forward(images.reshape([-1, 4]));
  }
}

describe("an objective", () => {
  it("trains and validates a regression by its squared error", async () => {
    manualSeed(1);
    const model = new Linear(3, 1);
    const objective = supervised({ criterion: meanSquaredError, measures: { absoluteError } });
    const optimizer = new AdamW(model.parameters(), { lr: 0.05 });
    const trainer = new Trainer({ model, optimizer, objective, ...quiet });
    const train = new DataLoader(points, { batch: 8, collate: line, seed: 1 });
    const validation = new SortedExamples(points, { batch: 10, collate: line });
    const result = await trainer.fit(train, { epochs: 60, validation });
    expect(result.validation!.loss).toBeLessThan(1e-3);
    expect(result.validation!.count).toBe(37);
    expect(result.validation!.accuracy).toBeUndefined();
    expect(result.unit).toBe("points");
    // The same figures by hand, over all points at once.
    const errors = points.map(({ inputs, targets }) => {
      const [[predicted]] = model.forward(tensor([inputs])).arraySync() as number[][];
      return predicted - targets;
    });
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(result.validation!.measures.loss).toBeCloseTo(mean(errors.map((e) => e * e)), 8);
    expect(result.validation!.measures.absoluteError).toBeCloseTo(mean(errors.map(Math.abs)), 6);
  });

  it("is the model's own loss where it has one, in validation too", async () => {
    manualSeed(1);
    const model = new Autoencoder();
    const out = temporaryFolder();
    const trainer = new Trainer({ model, optimizer: new AdamW(model.parameters(), { lr: 0.03 }), out, ...quiet });
    const train = new DataLoader(pictures, { batch: 8, collate: album, seed: 1 });
    const validation = new SortedExamples(pictures, { batch: 16, collate: album });
    const { validation: found } = await trainer.fit(train, { epochs: 80, validation });
    expect(found!.loss).toBeLessThan(0.01);
    const images = tensor(pictures.map((picture) => picture.images)).reshape([40, 2, 2]);
    expect(found!.loss).toBeCloseTo(model.loss({ images, labels: images }).itemSync(), 6);

    const metrics = await new RunFolder(out).metrics();
    const step = metrics.find(({ event }) => event === "step")!;
    expect(Object.keys(step)).toEqual(["event", "step", "loss", "lr", "gradNorm", "imagesPerSecond"]);
    const evaluated = metrics.find(({ event }) => event === "evaluate")!;
    expect(Object.keys(evaluated)).toEqual(["event", "step", "loss"]);
  });

  it("can be given in short as a loss, which then is validated by too", async () => {
    manualSeed(1);
    const model = new PictureClassifier();
    const loss = (net: PictureClassifier, { images, labels }: Pictures) => crossEntropy(net.forward(images), labels);
    const trainer = new Trainer({ model, optimizer: new SGD(model.parameters(), { lr: 1 }), loss, ...quiet });
    const train = new DataLoader(pictures, { batch: 8, collate: album, seed: 1 });
    // Batches of 16, 16 and 8: a mean of means would be another number.
    const validation = new SortedExamples(pictures.slice(0, 39), { batch: 16, collate: album });
    const { validation: found } = await trainer.fit(train, { steps: 3, validation });
    const all = new SortedExamples(pictures.slice(0, 39), { batch: 39, collate: album });
    expect(found!.loss).toBeCloseTo((await evaluate(model, all, { loss })).loss, 6);
  });

  it("trains on images by the names that they have", async () => {
    manualSeed(1);
    const model = new PictureClassifier();
    const objective = supervised<PictureClassifier, Pictures>({
      outputs: (net, { images }) => net.forward(images),
      targets: ({ labels }) => labels,
      measures: { accuracy },
    });
    const trainer = new Trainer({ model, optimizer: new SGD(model.parameters(), { lr: 1 }), objective, ...quiet });
    const train = new DataLoader(pictures, { batch: 8, collate: album, seed: 1 });
    const validation = new SortedExamples(pictures, { batch: 16, collate: album });
    const { validation: found } = await trainer.fit(train, { epochs: 10, validation });
    expect(found!.accuracy).toBe(1);
  });

  it("says what to do where it does not know a batch's names", async () => {
    const model = new PictureClassifier();
    const trainer = new Trainer<Module, object>({ model, optimizer: new SGD(model.parameters()), ...quiet });
    const train = new DataLoader(pictures, { batch: 8, collate: album });
    await expect(trainer.fit(train, { steps: 1 })).rejects.toThrow(
      "objective: the batch has images, labels, count, unit, and no inputs and targets to take the cross entropy of: " +
        "give the model a method loss(batch), or the Trainer an objective",
    );
  });

  it("is refused beside a loss, for which of them counts?", () => {
    const model = new Bigrams(3);
    const both = { objective: classification, loss: () => tensor(0) };
    expect(() => new Trainer({ model, optimizer: new SGD(model.parameters()), ...both })).toThrow(
      "Trainer: give either objective or loss",
    );
  });
});

describe("the best weights", () => {
  /** A validation whose measures are the given ones, one after the other. */
  function told(values: readonly number[], direction: Pick<Objective, "best" | "highest">): Objective {
    const left = [...values];
    return {
      ...direction,
      loss: (model, { inputs, targets }) => crossEntropy(model.forward(inputs), targets),
      measures: () => ({
        loss: { sum: tensor(1), count: 1 },
        score: { sum: tensor(left.shift()!), count: 1 },
      }),
    };
  }

  const batch: Batch = { inputs: ints([[0]]), targets: ints([[1]]) };
  const data: BatchSource & BatchSequence = {
    batchesPerEpoch: 1,
    next: () => batch,
    state: () => ({ seed: "", batches: 0 }),
    loadState: () => undefined,
    batches: () => [batch],
  };

  async function run(values: readonly number[], direction: Pick<Objective, "best" | "highest">, patience = 9) {
    const model = new Bigrams(3);
    const best: number[] = [];
    const log: string[] = [];
    const trainer = new Trainer({
      model,
      optimizer: new SGD(model.parameters()),
      objective: told(values, direction),
      earlyStopping: { patience, leastChange: 0.1 },
      callbacks: [{ onEvaluate: ({ step, isBest }: EvaluationInfo) => void (isBest && best.push(step)) }],
      progress: "off",
      log: (message) => log.push(message),
    });
    const result = await trainer.fit(data, { steps: values.length, validation: data, evaluateEvery: 1 });
    return { best, log, result };
  }

  it("are those with the lowest or the highest of the measure that decides", async () => {
    const values = [3, 5, 2, 4, 6, 1];
    expect((await run(values, { best: "score" })).best).toEqual([1, 3, 6]);
    const { best, result } = await run(values, { best: "score", highest: true });
    expect(best).toEqual([1, 2, 5]);
    expect(result.best).toMatchObject({ step: 5, loss: 1, measures: { loss: 1, score: 6 } });
    expect((await run(values, {})).best).toEqual([1]);
  });

  it("end the training where nothing better comes", async () => {
    // 2.95 is better than 3, by less than it has to be.
    const { result, log } = await run([3, 5, 2.95, 4, 1], { best: "score" }, 3);
    expect(result).toMatchObject({ steps: 4, stoppedEarly: true, interrupted: false });
    expect(log.at(-1)).toBe("stopped after step 4: the validation's score has not got better for 3 evaluations");
    expect((await run([3, 5, 2, 4, 1], { best: "score" }, 3)).result).toMatchObject({ steps: 5, stoppedEarly: false });
  });

  it("cannot be chosen by what is not measured", async () => {
    await expect(run([1], { best: "f1" })).rejects.toThrow(
      "Trainer: the best weights are to be chosen by f1, and the objective measures loss, score",
    );
  });
});

describe("measures", () => {
  const total = (found: ReturnType<typeof exactMatch>) => {
    if ("sum" in found && "count" in found)
      return [found.sum, found.count].map((t) => Number((t as Tensor).itemSync()));
    return (found as Tensor).itemSync();
  };

  it("count a row as matched where every target that counts is right", () => {
    // Always says class 1.
    const outputs = tensor([0, 1]).expand([4, 3, 2]);
    const targets = ints([
      [1, 1, 1],
      [1, 0, 1],
      [1, -100, 1],
      [-100, -100, -100],
    ]);
    expect(total(exactMatch(outputs, targets))).toEqual([2, 3]);
  });

  it("sum distances up", () => {
    const [outputs, targets] = [tensor([1, 2, 3]), tensor([1, 4, 0])];
    expect([total(squaredError(outputs, targets)), total(absoluteError(outputs, targets))]).toEqual([13, 5]);
  });
});

describe("a batch in which no target counts", () => {
  const nothing: Batch = { inputs: ints([[0, 1]]), targets: ints([[-100, -100]]) };
  const source: BatchSource = {
    batchesPerEpoch: 1,
    next: () => nothing,
    state: () => ({ seed: "", batches: 0 }),
    loadState: () => undefined,
  };

  it.each(["cpu", "reference"])("is called that, on %s", async (device) => {
    useDevice(device);
    const model = new Bigrams(3);
    const trainer = new Trainer({ model, optimizer: new SGD(model.parameters()), ...quiet });
    const local: BatchSource = {
      ...source,
      next: () => ({ inputs: nothing.inputs.to(device), targets: nothing.targets.to(device) }),
    };
    await expect(trainer.fit(local, { steps: 1 })).rejects.toThrow("no target counts in this batch, of step 1");
  });

  it("is no evaluation", async () => {
    await expect(evaluate(new Bigrams(3), { batches: () => [nothing] })).rejects.toThrow(
      "evaluate: no target counts in any batch",
    );
  });
});

describe("between backward and clipping", () => {
  it("gradients of two shards, averaged, take the step of one process with the whole batch", async () => {
    useDevice("reference");
    const make = () => {
      manualSeed(1);
      const model = new Linear(3, 1);
      return { model, optimizer: new SGD(model.parameters(), { lr: 0.3 }) };
    };
    const objective = supervised({ criterion: meanSquaredError });
    const source = (batch: number, shard?: { index: number; count: number }) =>
      new DataLoader(points.slice(0, 24), { batch, shard, collate: line, seed: 4 });

    const whole = make();
    const device = whole.model.weight.device;
    for (let step = 1, data = source(8); step <= 6; step++) {
      trainStep({ ...whole, objective, device, clip: 0.1, accumulate: 1 }, data, step);
    }

    // Two programs next to each other: the first waits for the other's gradients, and takes the mean that it makes.
    const waiting: { parameters: readonly Tensor[]; goOn: () => void }[] = [];
    const average = async (parameters: readonly Tensor[]) => {
      const first = waiting.pop();
      if (first === undefined) return new Promise<void>((goOn) => void waiting.push({ parameters, goOn }));
      for (const [i, { grad }] of parameters.entries()) {
        const mean = grad!.add(first.parameters[i].grad!).div(2);
        for (const gradient of [grad!, first.parameters[i].grad!]) gradient.copy_(mean);
      }
      first.goOn();
    };
    const parts = [0, 1].map((index) => {
      const { model, optimizer } = make();
      const trainer = new Trainer({ model, optimizer, objective, clip: 0.1, afterBackward: average, ...quiet });
      return { model, ended: trainer.fit(source(4, { index, count: 2 }), { steps: 6 }) };
    });
    await Promise.all(parts.map(({ ended }) => ended));
    for (const { model } of parts) {
      for (const [i, p] of model.parameters().entries()) {
        for (const [j, value] of [...p.dataSync()].entries()) {
          expect(value).toBeCloseTo(whole.model.parameters()[i].dataSync()[j], 12);
        }
      }
    }
  });
});

describe("stacked examples", () => {
  it("say which value has another size than its field", () => {
    expect(() => album([{ images: [1, 2, 3], labels: 0 }])).toThrow(
      "data: an example's images has 3 numbers, it should be 4 in the shape [2, 2]",
    );
    const incomplete = { images: [1, 2, 3, 4] } as unknown as (typeof pictures)[number];
    expect(() => album([incomplete])).toThrow("data: an example's labels is missing, it should be 1 in the shape []");
  });
});
