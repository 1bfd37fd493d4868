import { manualSeed, ones } from "@lectern/autograd";
import { Dropout, evaluation, Linear, type Module, Sequential, Tanh } from "@lectern/nn";
import { describe, expect, it } from "vitest";

const modesOf = (model: Module) => Array.from(model.namedModules(), ([, { training }]) => training);

describe("evaluation", () => {
  it("has nothing dropped while it runs, and gives what the function gives", () => {
    manualSeed(1);
    const net = new Sequential(new Linear(4, 4), new Dropout(0.5));
    const evaluating = evaluation(net);
    const once = evaluating(() => net.forward(ones([3, 4])).arraySync());
    expect(evaluating(() => net.forward(ones([3, 4])).arraySync())).toEqual(once);
    expect(net.forward(ones([3, 4])).arraySync()).not.toEqual(once);
  });

  it("puts each module back into the mode that it was in", () => {
    const frozen = new Sequential(new Dropout(), new Tanh()).eval();
    const net = new Sequential(frozen, new Dropout());
    const before = modesOf(net);
    expect(before).toEqual([true, false, false, false, true]);
    expect(evaluation(net)(() => modesOf(net))).toEqual(before.map(() => false));
    expect(modesOf(net)).toEqual(before);
  });

  it("puts them back where the function fails, and where one runs inside another", () => {
    const net = new Sequential(new Dropout());
    const evaluating = evaluation(net);
    const fail = () => {
      throw new Error("out of paper");
    };
    expect(() => evaluating(() => evaluating(fail))).toThrow("out of paper");
    expect(modesOf(net)).toEqual([true, true]);
    const modes = evaluating(() => [evaluating(() => modesOf(net)), modesOf(net)]);
    expect(modes.flat()).toEqual([false, false, false, false]);
  });

  it("leaves a training alone that takes turns with it", async () => {
    const net = new Sequential(new Dropout());
    const evaluating = evaluation(net);
    const seen: boolean[][] = [];
    const train = async () => {
      for (let step = 0; step < 3; step++) {
        seen.push(modesOf(net));
        await Promise.resolve();
      }
    };
    const evaluate = async () => {
      for (let batch = 0; batch < 3; batch++) {
        evaluating(() => expect(modesOf(net)).toEqual([false, false]));
        await Promise.resolve();
      }
    };
    await Promise.all([evaluate(), train(), evaluate()]);
    expect(seen.flat()).not.toContain(false);
  });

  it("refuses a function that awaits", () => {
    const net = new Sequential(new Dropout());
    expect(() => evaluation(net)(async () => {})).toThrow("evaluation: the function is asynchronous");
    expect(net.training).toBe(true);
  });
});
