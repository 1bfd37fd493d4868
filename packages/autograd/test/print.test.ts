import { inspect } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import {
  arange,
  type Device,
  device,
  memoryUsage,
  noGrad,
  ones,
  registerDevice,
  Storage,
  scope,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from "../src/index.ts";

beforeEach(() => setDefaultDevice("cpu"));

describe("a printed tensor", () => {
  it("shows its values in rows, and what there is to know of it", () => {
    expect(
      String(
        tensor([
          [1.5, -2],
          [0.25, 30],
        ]),
      ),
    ).toBe("tensor([[ 1.5000, -2.0000],\n        [ 0.2500, 30.0000]], shape [2, 2], float32 on cpu)");
    expect(String(arange(8).reshape(2, 2, 2))).toBe(
      "tensor([[[0, 1],\n         [2, 3]],\n\n        [[4, 5],\n         [6, 7]]], shape [2, 2, 2], int32 on cpu)",
    );
    expect(String(tensor(Math.PI, { device: "reference" }))).toBe("tensor(3.1416, shape [], float32 on reference)");
    expect(String(zeros([0, 3]))).toBe("tensor([], shape [0, 3], float32 on cpu)");
  });

  it("says whether it is to be learnt, or what made it", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    expect(String(w)).toBe("tensor([1., 2.], shape [2], float32 on cpu, requiresGrad)");
    expect(String(w.exp())).toBe("tensor([2.7183, 7.3891], shape [2], float32 on cpu, by exp)");
    expect(String(w.requiresGrad_(false))).toBe("tensor([1., 2.], shape [2], float32 on cpu, frozen)");
  });

  it("writes numbers as they are: whole, tiny beside huge, infinite, -0", () => {
    const values = (t: Tensor) => String(t).slice("tensor(".length, String(t).indexOf("]") + 1);
    expect(values(tensor([1, -20]))).toBe("[  1., -20.]");
    expect(values(tensor([1e-6, 1]))).toBe("[1.0000e-6, 1.0000e+0]");
    expect(values(tensor([0, 3e9]))).toBe("[0.0000e+0, 3.0000e+9]");
    expect(values(tensor([Number.NaN, -Infinity, 1]))).toBe("[      NaN, -Infinity,        1.]");
    expect(values(tensor([-0, 0]))).toBe("[-0.,  0.]");
  });

  it("leaves the middle out where there is much, and reads it through views", () => {
    const text = String(arange(12_000).reshape(100, 120).T);
    expect(text).toBe(
      `tensor([[    0,   120,   240, …, 11640, 11760, 11880],
        [    1,   121,   241, …, 11641, 11761, 11881],
        [    2,   122,   242, …, 11642, 11762, 11882],
        …,
        [  117,   237,   357, …, 11757, 11877, 11997],
        [  118,   238,   358, …, 11758, 11878, 11998],
        [  119,   239,   359, …, 11759, 11879, 11999]], shape [120, 100], int32 on cpu)`,
    );
    expect(String(ones([1000]).expand(3, 1000)).split("\n")).toHaveLength(3);
  });

  it("breaks long rows", () => {
    const lines = String(arange(60)).split("\n");
    expect(lines).toHaveLength(3);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
    expect(lines[1]).toMatch(/^ {8}\d+, /);
  });

  it("is what console.log, JSON, a test's message and other objects show, which may only mention it", () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(inspect(x)).toBe(String(x));
    expect(inspect({ x })).toBe(`{\n  x: ${String(x).replace("\n", "\n  ")}\n}`);
    expect(inspect([[x]], { depth: 1 })).toBe("[ [ tensor(shape [2, 2], float32 on cpu) ] ]");
    expect(JSON.parse(JSON.stringify({ x }))).toEqual({ x: String(x) });
    expect(() => expect(tensor([7])).toBe(7)).toThrow("expected tensor([7.], shape [1], float32 on cpu) to be 7");
    expect(`loss: ${tensor(2)}`).toBe("loss: tensor(2., shape [], float32 on cpu)");
  });

  it("costs the device nothing, and is not recorded", () => {
    const x = tensor([1, 2, 3, 4], { shape: [2, 2], requiresGrad: true }).T;
    const before = memoryUsage();
    String(x);
    expect(memoryUsage()).toEqual(before);
    noGrad(() => String(x));
  });

  it("says that its memory was freed, and why", () => {
    const kept: Tensor[] = [];
    scope(() => void kept.push(zeros([2, 3])));
    expect(String(kept[0])).toBe(
      "tensor(shape [2, 3], float32 on cpu; its memory was freed: its scope ended: return it from the scope, or keep it with s.keep(t))",
    );
  });

  it("is not read from a device that has to be waited for", () => {
    const reference = device("reference");
    const far: Device = {
      ...reference,
      name: "far",
      hostMemory: false,
      allocate: (length, dtype) => new Storage(far, dtype, length, reference.allocate(length, dtype).handle),
      download: () => Promise.reject(new Error("never called")),
      downloadSync: () => {
        throw new Error("never called");
      },
    };
    registerDevice(far);
    expect(String(tensor([1, 2], { device: "far" }))).toBe(
      "tensor(shape [2], float32 on far; read its values with await t.array())",
    );
  });
});

describe("a tensor in place of a number", () => {
  it("is refused, with the method that does it", () => {
    const [a, b] = [tensor([1, 2]), tensor([3, 4])] as unknown as [number, number];
    const message = "a tensor [2] is no number: write a.mul(b) for a * b, a.lt(b) for a < b; await t.item() reads one";
    for (const wrong of [() => a * b, () => a - 1, () => a < b, () => Math.max(a, 1), () => -a]) {
      expect(wrong).toThrow(message);
    }
  });
});
