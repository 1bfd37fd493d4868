import { describe, expect, it } from "vitest";
import {
  concat,
  defineOp,
  gradcheck,
  gradgradcheck,
  gradients,
  manualSeed,
  noGrad,
  randn,
  scope,
  setDefaultDevice,
  type Tensor,
  tensor,
} from "../src/index.ts";
import { expectClose } from "./ops/checks.ts";

setDefaultDevice("reference");

/** What follows from a cell's gates, [batch, 3 width], and its state c: a new state and an output, as in an LSTM. */
function cellOf(gates: Tensor, c: Tensor): [h: Tensor, c: Tensor] {
  const [keep, write, value] = gates.split(gates.shape[1] / 3, 1);
  const next = keep.sigmoid().mul(c).add(write.sigmoid().mul(value.tanh()));
  return [next.tanh(), next];
}

function cellGradients([gates, c]: Tensor[], [dh, dnext]: readonly (Tensor | undefined)[]): Tensor[] {
  const [keep, write, value] = gates.split(gates.shape[1] / 3, 1);
  const [k, w, v] = [keep.sigmoid(), write.sigmoid(), value.tanh()];
  const h = k.mul(c).add(w.mul(v)).tanh();
  const through = dh?.mul(h.square().neg().add(1));
  const d = through === undefined ? dnext! : dnext === undefined ? through : through.add(dnext);
  const slope = (s: Tensor) => s.mul(s.neg().add(1));
  const dgates = [d.mul(c).mul(slope(k)), d.mul(v).mul(slope(w)), d.mul(w).mul(v.square().neg().add(1))];
  return [concat(dgates, 1), d.mul(k)];
}

/** The same as one op, whose rule gets a gradient for each output. */
const cell = defineOp("cell", {
  forward(ctx, gates: Tensor, c: Tensor): readonly [h: Tensor, c: Tensor] {
    ctx.save(gates, c);
    return cellOf(gates, c);
  },
  backward: (ctx, dys) => cellGradients(ctx.saved, dys),
});

/** The same with a rule that cannot be differentiated, as a kernel's cannot, and a composite that can. */
const composed = defineOp("composed", {
  forward(ctx, gates: Tensor, c: Tensor): readonly [h: Tensor, c: Tensor] {
    ctx.save(gates, c);
    return cellOf(gates, c);
  },
  backward: (ctx, dys) => cellGradients(ctx.saved, dys).map((x) => x.detach()),
  composite: cellOf,
});

const inputs = () => {
  manualSeed(3);
  return [randn([2, 6]), randn([2, 2])];
};

describe("an op of several outputs", () => {
  it("passes the gradient checks by each output and by both, first and second", () => {
    const ways: ((h: Tensor, c: Tensor) => Tensor)[] = [
      (h) => h,
      (_, c) => c,
      (h, c) => h.mul(c.square()),
      (h, c) => concat([h, c, h.exp()]),
    ];
    for (const way of ways) {
      const f = (gates: Tensor, c: Tensor) => way(...(cell(gates, c) as [Tensor, Tensor]));
      expect(gradcheck(f, inputs())).toBe(true);
      expect(gradgradcheck(f, inputs())).toBe(true);
    }
  });

  it("is differentiated twice through its composite", () => {
    const [gates, c] = inputs().map((x) => x.requiresGrad_());
    const second = (f: (gates: Tensor, c: Tensor) => readonly Tensor[]) => {
      const [h, next] = f(gates, c);
      const [dgates] = gradients(h.mul(next).sum(), [gates], { createGraph: true });
      return gradients(dgates!.square().sum(), [gates, c]).flatMap((g) => [...g!.dataSync()]);
    };
    expectClose(second(composed), second(cellOf));
  });

  it("tells its rule which outputs nobody used", () => {
    const seen: boolean[][] = [];
    const pair = defineOp("pair", {
      forward: (_ctx, x: Tensor): readonly Tensor[] => [x.mul(1), x.mul(2), x.mul(3)],
      backward(_ctx, dys) {
        seen.push([0, 1, 2].map((i) => dys[i] !== undefined));
        return [
          dys.reduce<Tensor | undefined>((sum, dy, i) => {
            const part = dy?.mul(i + 1);
            return sum === undefined || part === undefined ? (sum ?? part) : sum.add(part);
          }, undefined),
        ];
      },
    });
    const x = tensor([1, 2], { requiresGrad: true });
    const [first, , third] = pair(x);
    first.add(third).add(third).sum().backward();
    expect(seen).toEqual([[true, false, true]]);
    expect(x.grad!.arraySync()).toEqual([7, 7]);
  });

  it("lets hooks, retained and captured gradients be those of one output", () => {
    const [gates, c] = inputs().map((x) => x.requiresGrad_());
    const [h, next] = cell(gates, c);
    const shown: unknown[] = [];
    next.registerHook((g) => {
      shown.push(g.arraySync());
      return g.mul(0);
    });
    h.retainGrad();
    h.sum().add(next.mul(5).sum()).backward({ retainGraph: true });
    expect(shown).toEqual([
      [
        [5, 5],
        [5, 5],
      ],
    ]);
    expect(h.grad!.arraySync()).toEqual([
      [1, 1],
      [1, 1],
    ]);
    const byHAlone = gradients(cellOf(gates, c)[0].sum(), [gates])[0]!;
    expect(gates.grad!.arraySync()).toEqual(byHAlone.arraySync());
    expect(gradients(h.mul(3).sum(), [h])[0]!.arraySync()).toEqual([
      [3, 3],
      [3, 3],
    ]);
  });

  it("gives whole numbers besides, which have no gradient", () => {
    const x = tensor([[3, 1, 2]], { requiresGrad: true });
    const { values, indices } = x.topk(2);
    expect([values.requiresGrad, indices.requiresGrad]).toEqual([true, false]);
    values
      .mul(tensor([[1, 10]]))
      .sum()
      .backward();
    expect(x.grad!.arraySync()).toEqual([[1, 0, 10]]);
  });

  it("is used up with its graph, through either output, and frees what it held", () => {
    const [gates, c] = inputs().map((x) => x.requiresGrad_());
    const [h, next] = scope(() => cell(gates, c));
    h.sum().backward();
    expect(() => next.sum().backward()).toThrow("used up by an earlier backward()");
    expect(noGrad(() => cell(gates, c)).some((y) => y.requiresGrad)).toBe(false);
  });

  it("may not return an argument", () => {
    const wrong = defineOp("wrong", {
      forward: (_ctx, x: Tensor): readonly Tensor[] => [x.mul(2), x],
      backward: (_ctx, dys) => [dys[0]],
    });
    expect(() => wrong(tensor([1]))).toThrow("wrong: forward returned its argument");
  });
});
