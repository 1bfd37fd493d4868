import type { Mutants } from "../../../scripts/src/course/task.ts";

const RETURN = "return super.forward(x).add(update.mul(this.scale));";
const MERGED = "plain.weight.copy_(weight.add(up.matmul(down).mul(scale)));";

export const mutants: Mutants = {
  bothRandom: [["parameter(zeros([outputs, rank]))", "parameter(randn([outputs, rank]).mul(0.02))"]],
  bothZero: [["parameter(randn([rank, inputs]).mul(0.02))", "parameter(zeros([rank, inputs]))"]],
  notFrozen: [["layer.weight.requiresGrad_(false)", "layer.weight"]],
  notParameters: [["parameter(zeros([outputs, rank]))", "zeros([outputs, rank])"]],
  noScale: [[RETURN, "return super.forward(x).add(update);"]],
  alphaAlone: [
    ["this.scale = alpha / rank", "this.scale = alpha"],
    [MERGED, "plain.weight.copy_(weight.add(up.matmul(down).mul(scale / this.down.shape[0])));"],
  ],
  updateAlone: [[RETURN, "return update.mul(this.scale);"]],
  detached: [[RETURN, "return super.forward(x).add(noGrad(() => update.detach().mul(this.scale)));"]],
  mergedWithoutScale: [[MERGED, "plain.weight.copy_(weight.add(up.matmul(down)));"]],
  mergedTwice: [[MERGED, "plain.weight.copy_(weight.add_(up.matmul(down).mul(scale)));"]],
};
