import { describe, expect, it } from "vitest";
import { gradients, randn, setFused, swiglu, tensor } from "../../src/index.ts";
import { checkOp, expectClose, valuesOf } from "./checks.ts";

describe("swiglu", () => {
  const shapes = [
    [
      [3, 5],
      [3, 5],
    ],
    [
      [2, 1, 7],
      [2, 1, 7],
    ],
  ];
  checkOp({ name: "swiglu", f: swiglu, shapes });
  checkOp({ name: "swiglu of views", f: (gate, up) => swiglu(gate.T, up.T), shapes });

  it("is the same by kernels of its own and by its composite, gradients too", () => {
    const make = () =>
      [tensor([-3, -0.5, 0, 2, 60]), tensor([1, -2, 3, 0.5, 4])].map((x) => x.to("cpu").requiresGrad_());
    const all = () => {
      const [gate, up] = make();
      const y = swiglu(gate, up);
      return [y, ...gradients(y.mul(y).sum(), [gate, up])].flatMap((x) => valuesOf(x!));
    };
    const fused = all();
    setFused(false);
    try {
      expectClose(fused, all(), 1e-5);
    } finally {
      setFused(true);
    }
  });

  it("names shapes that differ", () => {
    expect(() => swiglu(randn([2, 3]), randn([2]))).toThrow("swiglu: shapes differ: gate [2, 3], up [2]");
  });
});
