import { afterEach, describe, expect, it, vi } from "vitest";
import { enableGrad, gradEnabled, memoryUsage, noGrad, scope, type Tensor, tensor, zeros } from "../src/index.ts";

const task = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Lets two functions take turns, a task each: a's first stretch, b's first, a's second, … */
const beside = <A, B>(a: () => Promise<A>, b: () => Promise<B>) => Promise.all([a(), b()]);

describe("recording", () => {
  it("is on again when two functions without it have overlapped", async () => {
    const wait = async (tasks: number) => {
      for (let i = 0; i < tasks; i++) await task();
    };
    await Promise.all([noGrad(() => wait(1)), noGrad(() => wait(3))]);
    expect(gradEnabled()).toBe(true);
    expect(noGrad(() => gradEnabled())).toBe(false);
    expect(gradEnabled()).toBe(true);
  });

  it("stays off for a function to its end, and on for the one beside it", async () => {
    const seen = async () => {
      const found = [gradEnabled()];
      for (let i = 0; i < 4; i++) {
        await task();
        found.push(gradEnabled());
      }
      return found;
    };
    const [evaluation, training] = await beside(() => noGrad(seen), seen);
    expect(evaluation).toEqual([false, false, false, false, false]);
    expect(training).toEqual([true, true, true, true, true]);
  });

  it("can be switched on inside, for as long as that function lasts", async () => {
    const inner = async () => {
      await task();
      return gradEnabled();
    };
    const outer = async () => {
      const on = await enableGrad(inner);
      return [on, gradEnabled()];
    };
    expect(await noGrad(outer)).toEqual([true, false]);
    expect(gradEnabled()).toBe(true);
  });

  it("lets a loss be computed and differentiated while an evaluation waits", async () => {
    const w = tensor([2], { requiresGrad: true });
    const evaluate = async () => {
      const outputs: Tensor[] = [];
      for (let i = 0; i < 3; i++) {
        outputs.push(w.mul(3));
        await task();
      }
      return outputs.map((y) => y.requiresGrad);
    };
    const train = async () => {
      for (let i = 0; i < 3; i++) {
        w.square().sum().backward();
        await task();
      }
      return w.grad!.arraySync();
    };
    expect(await beside(() => noGrad(evaluate), train)).toEqual([[false, false, false], [12]]);
  });

  it("is as before when the function fails, at once or later", async () => {
    expect(() =>
      noGrad(() => {
        throw new Error("no");
      }),
    ).toThrow("no");
    const later = noGrad(async () => {
      await task();
      throw new Error("no");
    });
    expect(gradEnabled()).toBe(true);
    await expect(later).rejects.toThrow("no");
    expect(gradEnabled()).toBe(true);
  });

  it("is on for what a function has left behind when it ends", async () => {
    const after = { recording: false };
    await noGrad(async () => {
      void (async () => {
        await task();
        await task();
        after.recording = gradEnabled();
      })();
    });
    // Another one is under way, so that modes are looked up.
    await noGrad(async () => {
      for (let i = 0; i < 3; i++) await task();
    });
    expect(after.recording).toBe(true);
  });
});

describe("a scope", () => {
  it("does not free what is made beside its asynchronous function", async () => {
    const inside = async () => {
      const made = [zeros([4])];
      await task();
      made.push(zeros([4]));
      await task();
      return made[1].add(1);
    };
    const outside = async () => {
      const made: Tensor[] = [];
      for (let i = 0; i < 4; i++) {
        made.push(tensor([i]));
        await task();
      }
      return made;
    };
    const { storages } = memoryUsage();
    const [kept, made] = await beside(() => scope(inside), outside);
    expect(made.map((t) => t.itemSync())).toEqual([0, 1, 2, 3]);
    expect(kept.arraySync()).toEqual([1, 1, 1, 1]);
    expect(memoryUsage().storages).toBe(storages + 5);
  });

  it("frees its own where two overlap, whichever ends first", async () => {
    const holds = (tasks: number) => async () => {
      const made: Tensor[] = [];
      for (let i = 0; i < tasks; i++) {
        made.push(zeros([2]));
        await task();
      }
      expect(made.map((t) => t.dataSync()[0])).toEqual(made.map(() => 0));
    };
    const { storages } = memoryUsage();
    await beside(
      () => scope(holds(1)),
      () => scope(holds(4)),
    );
    await beside(
      () => scope(holds(4)),
      () => scope(holds(1)),
    );
    expect(memoryUsage().storages).toBe(storages);
  });

  it("hands what it returns past a scope around it that has ended already", async () => {
    const late = scope(() => ({
      value: scope(async () => {
        await task();
        return tensor([7]);
      }),
    }));
    expect((await late.value).itemSync()).toBe(7);
  });
});

describe("in a browser, where nothing tells asynchronous functions apart", () => {
  afterEach(() => void vi.unstubAllGlobals());

  async function withoutNode() {
    vi.resetModules();
    // A page has no environment in which somebody asks for a build of the kernels.
    const env = { ...process.env, LECTERN_SIMD: undefined };
    vi.stubGlobal("process", { ...process, env, getBuiltinModule: () => undefined });
    return import("../src/index.ts");
  }

  it("functions that do not await work as everywhere", async () => {
    const browser = await withoutNode();
    expect(browser.noGrad(() => browser.gradEnabled())).toBe(false);
    const { storages } = browser.memoryUsage();
    const y = browser.scope(() => browser.tensor([1, 2]).add(1));
    expect(y.arraySync()).toEqual([2, 3]);
    expect(browser.memoryUsage().storages).toBe(storages + 1);
  });

  it("an asynchronous one is refused before it starts, with what to do", async () => {
    const browser = await withoutNode();
    let started = false;
    const fn = async () => {
      started = true;
    };
    for (const name of ["noGrad", "enableGrad", "scope"] as const) {
      expect(() => browser[name](fn)).toThrow(
        `${name}: this browser cannot tell an asynchronous function from what runs while it waits: call ${name} around each stretch without an await`,
      );
    }
    expect(started).toBe(false);
  });

  it("one that is not seen to be asynchronous is refused when it gives a promise, and recording is on again", async () => {
    const browser = await withoutNode();
    const fails = async () => {
      await task();
      throw new Error("nobody waits for this");
    };
    expect(() => browser.noGrad(() => fails())).toThrow("call noGrad around each stretch without an await");
    expect(browser.gradEnabled()).toBe(true);
    await task();
    await task();
  });
});
