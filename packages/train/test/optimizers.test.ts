import { keep, memoryUsage, scope, type Tensor, tensor } from "@lectern/autograd";
import { Linear } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import { Adam, AdamW, clipScale, decayMatrices, gradNorm, type Optimizer, type Parameters, SGD } from "../src/index.ts";
import { Bigrams, expectNumbers, readFixture, useDevice } from "./helpers.ts";

interface Case {
  name: "SGD" | "Adam" | "AdamW";
  options: object;
  /** For each step and parameter, its values. */
  after: number[][][];
}

interface Fixture {
  shapes: number[][];
  start: number[][];
  gradients: number[][][];
  cases: Case[];
  groups: { groups: { lr?: number; weightDecay: number }[]; options: object; after: number[][][] };
  scheduled: { options: object; factors: number[]; after: number[][][] };
  /** Steps in which not every parameter has a gradient. */
  late: { present: boolean[][]; cases: Case[] };
  clipped: (Case & { maxNorm: number })[];
}

const fixture = readFixture<Fixture>("optimizers.json");
const optimizers = { SGD, Adam, AdamW };

const makeParameters = () =>
  fixture.start.map((values, i) => tensor(values, { shape: fixture.shapes[i] }).requiresGrad_());

function setGradients(parameters: readonly Tensor[], step: number, present?: readonly boolean[]): void {
  parameters.forEach((p, i) => {
    p.grad = present?.[i] === false ? undefined : tensor(fixture.gradients[step][i], { shape: fixture.shapes[i] });
  });
}

/** Takes the fixture's steps, and compares the parameters after each. */
function expectSteps(
  parameters: readonly Tensor[],
  after: number[][][],
  tolerance: number,
  takeStep: (step: number) => void,
): void {
  for (const [step, expected] of after.entries()) {
    setGradients(parameters, step);
    takeStep(step);
    for (const [i, p] of parameters.entries()) expectNumbers(p, expected[i], tolerance);
  }
}

describe.each([
  ["reference", 1e-12],
  ["cpu", 2e-6],
] as const)("on %s", (device, tolerance) => {
  it.each(fixture.cases)("$name with $options takes PyTorch's steps", ({ name, options, after }) => {
    useDevice(device);
    const parameters = makeParameters();
    const optimizer: Optimizer = new optimizers[name](parameters, options);
    expectSteps(parameters, after, tolerance, () => optimizer.step());
  });

  it.each(fixture.late.cases)("$name with $options counts each parameter's own steps, as PyTorch does", (example) => {
    useDevice(device);
    const parameters = makeParameters();
    const optimizer: Optimizer = new optimizers[example.name](parameters, example.options);
    expectSteps(parameters, example.after, tolerance, (step) => {
      setGradients(parameters, step, fixture.late.present[step]);
      optimizer.step();
    });
  });

  it.each(fixture.clipped)("$name with $options and clipping takes PyTorch's steps", (example) => {
    useDevice(device);
    const parameters = makeParameters();
    const optimizer: Optimizer = new optimizers[example.name](parameters, example.options);
    expectSteps(parameters, example.after, tolerance, () => {
      optimizer.step({ gradScale: clipScale(gradNorm(parameters).itemSync(), example.maxNorm) });
    });
  });

  it("gives each parameter group its own learning rate and decay, as PyTorch does", () => {
    useDevice(device);
    const parameters = makeParameters();
    const { groups, options, after } = fixture.groups;
    const given = groups.map((group, i) => ({ ...group, parameters: [parameters[i]] }));
    const optimizer = new AdamW(given, options);
    expectSteps(parameters, after, tolerance, () => optimizer.step());
  });

  it("follows a schedule of the learning rate as PyTorch does", () => {
    useDevice(device);
    const parameters = makeParameters();
    const { options, factors, after } = fixture.scheduled;
    const optimizer = new AdamW(parameters, options);
    expectSteps(parameters, after, tolerance, (step) => {
      optimizer.lrScale = factors[step];
      optimizer.step();
    });
  });
});

describe("every optimiser", () => {
  it.each(fixture.cases)("$name with $options goes on from its state dict to the bit", ({ name, options }) => {
    const parameters = makeParameters();
    const first: Optimizer = new optimizers[name](parameters, options);
    for (const step of [0, 1]) {
      setGradients(parameters, step);
      first.step();
    }
    const copies = parameters.map((p) => tensor(p.dataSync(), { shape: p.shape }).requiresGrad_());
    const second: Optimizer = new optimizers[name](copies, options);
    second.loadStateDict(first.stateDict());
    for (const [optimizer, list] of [
      [first, parameters],
      [second, copies],
    ] as const) {
      setGradients(list, 2);
      optimizer.step();
    }
    expect(copies.map((p) => p.dataSync())).toEqual(parameters.map((p) => p.dataSync()));
  });

  it.each(fixture.late.cases)("$name with $options remembers how many steps each has taken", ({ name, options }) => {
    const { present } = fixture.late;
    const whole = makeParameters();
    const parts = makeParameters();
    const first: Optimizer = new optimizers[name](whole, options);
    let second: Optimizer = new optimizers[name](parts, options);
    for (const [step, here] of present.entries()) {
      for (const [optimizer, list] of [
        [first, whole],
        [second, parts],
      ] as const) {
        setGradients(list, step, here);
        optimizer.step();
      }
      const again = new optimizers[name](parts, options);
      // Through JSON, as checkpoints go.
      const { tensors, ...rest } = second.stateDict();
      again.loadStateDict({ ...JSON.parse(JSON.stringify(rest)), tensors });
      second = again;
    }
    expect(parts.map((p) => p.dataSync())).toEqual(whole.map((p) => p.dataSync()));
  });

  it("goes on from a state of old, which has one count for all", () => {
    const parameters = makeParameters();
    const optimizer = new Adam(parameters);
    for (const step of [0, 1, 2]) {
      setGradients(parameters, step);
      optimizer.step();
    }
    const { steps, ...old } = optimizer.stateDict();
    expect(steps).toEqual([3, 3]);
    const again = new Adam(parameters);
    again.loadStateDict(old);
    expect(again.stateDict()).toMatchObject({ step: 3, steps: [3, 3] });
  });

  it("leaves a parameter without a gradient where it is", () => {
    const parameters = makeParameters();
    new AdamW(parameters).step();
    for (const [i, p] of parameters.entries()) expectNumbers(p, fixture.start[i], 1e-6);
  });

  it("keeps what it remembers beyond the scope it was made in", () => {
    const parameters = makeParameters();
    const optimizer = new Adam(parameters);
    scope(() => {
      setGradients(parameters, 0);
      optimizer.step();
    });
    for (const t of optimizer.stateDict().tensors.values()) expect(() => t.dataSync()).not.toThrow();
  });

  it.each(fixture.cases)(
    "$name with $options leaves no memory behind where nobody opens a scope",
    ({ name, options }) => {
      const parameters = makeParameters();
      const optimizer: Optimizer = new optimizers[name](parameters, options);
      const counts = [0, 1, 2].map((step) => {
        optimizer.zeroGrad();
        setGradients(parameters, step);
        for (const { grad } of parameters) keep(grad!);
        optimizer.step();
        return memoryUsage().storages;
      });
      expect(counts[2]).toBe(counts[1]);
    },
  );

  it("tells the graph that the parameters are not what they were", () => {
    const p = tensor([1, 2]).requiresGrad_();
    for (const optimizer of [new SGD([p]), new AdamW([p])]) {
      const y = p.mul(p).sum();
      p.grad = tensor([1, 1]);
      optimizer.step();
      expect(() => y.backward()).toThrow(/changed in place/);
    }
  });

  it("forgets gradients with zeroGrad", () => {
    const parameters = makeParameters();
    setGradients(parameters, 0);
    new SGD(parameters).zeroGrad();
    expect(parameters.map((p) => p.grad)).toEqual([undefined, undefined]);
  });
});

describe("decayMatrices", () => {
  it("lets what has two axes decay, and nothing else", () => {
    const model = new Bigrams(5);
    const [matrices, vectors] = decayMatrices(model, 0.1);
    expect(matrices.parameters).toEqual([model.table.weight, model.head.weight]);
    expect(matrices.weightDecay).toBe(0.1);
    expect(vectors.parameters).toEqual([model.head.bias]);
    expect(vectors.weightDecay).toBe(0);
  });
});

describe("wrong use is told in a sentence", () => {
  const p = () => tensor([1]).requiresGrad_();

  it.each<[string, (parameters: Parameters) => Optimizer, RegExp]>([
    ["a negative learning rate", (ps) => new SGD(ps, { lr: -1 }), /SGD: the learning rate \(lr\) is -1/],
    ["a negative decay", (ps) => new AdamW(ps, { weightDecay: -1 }), /AdamW: weightDecay is -1/],
    ["a beta of 1", (ps) => new Adam(ps, { betas: [0.9, 1] }), /Adam: betas\[1\] is 1/],
    ["Nesterov without momentum", (ps) => new SGD(ps, { nesterov: true }), /nesterov needs a momentum/],
  ])("%s", (_, make, message) => expect(() => make([p()])).toThrow(message));

  it("a model in place of its parameters, and a learning rate that is a text, as JavaScript lets them be given", () => {
    const given = (value: unknown) => value as never;
    expect(() => new SGD(given(new Linear(2, 2)), { lr: 1 })).toThrow(
      "SGD: parameters come in a list: for a model, give",
    );
    expect(() => new SGD([p()], { lr: given("0.1") })).toThrow(
      'SGD: the learning rate (lr) is "0.1", it has to be a number',
    );
  });

  it("a parameter that was computed, and one that never required a gradient", () => {
    const computed = p().mul(0.1);
    expect(() => new SGD([computed])).toThrow(
      "SGD: the parameter [1] was computed (by affine), and its gradients go to what it was computed from: make it a leaf",
    );
    expect(() => new SGD([tensor([1])])).toThrow("SGD: the parameter [1] requires no gradient, and never did");
    expect(() => new SGD([p().requiresGrad_(false)])).not.toThrow();
  });

  it("no parameters", () => expect(() => new SGD([])).toThrow(/no parameters/));

  it("a parameter in two groups", () => {
    const shared = p();
    expect(() => new SGD([{ parameters: [shared] }, { parameters: [shared] }])).toThrow(/there twice/);
  });

  it("a state of another model", () => {
    const one = p();
    const optimizer = new Adam([one]);
    one.grad = tensor([1]);
    optimizer.step();
    const other = new Adam([tensor([1, 2]).requiresGrad_()]);
    expect(() => other.loadStateDict(optimizer.stateDict())).toThrow(/belongs to another model: "0.exp_avg" is \[1\]/);
  });
});
