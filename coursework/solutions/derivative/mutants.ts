import type { Mutants } from "../../../scripts/src/course/task.ts";

const SLOPE = "s.neg().add(1).mul(x).add(1).mul(s)";

export const mutants: Mutants = {
  upstream: [["dy.mul(slope)", "dy.mul(0).add(slope)"]],
  onlySigmoid: [[SLOPE, "s"]],
  onlySlope: [[SLOPE, "s.neg().add(1).mul(x).mul(s)"]],
  atOutput: [
    ["ctx.save(x);", ""],
    ["return x.mul(x.sigmoid());", "const y = x.mul(x.sigmoid()); ctx.save(y); return y;"],
  ],
  overflow: [["const s = x.sigmoid();", "const s = x.exp().div(x.exp().add(1));"]],
  notSaved: [["ctx.save(x);", ""]],
  composed: [["export const silu =", "export const silu = (x: Tensor) => x.mul(x.sigmoid());\nexport const ruled ="]],
};
