import type { Mutants } from "../../../scripts/src/course/task.ts";

const DECAY = "      p.mul_(1 - lr * weightDecay);\n";
const MEAN = "m.div(1 - beta1 ** t)";
const SQUARE = "v.div(1 - beta2 ** t)";
const GRADIENT = "p.grad!.mul(gradScale)";

export const mutants: Mutants = {
  uphill: [["p.sub_(", "p.add_("]],
  noCorrection: [
    [MEAN, "m"],
    [SQUARE, "v"],
  ],
  oneCorrection: [[SQUARE, "v"]],
  forgotten: [
    ['const m = this.slot(p, "m");', 'const m = this.slot(p, "m").mul(1);'],
    ['const v = this.slot(p, "v");', 'const v = this.slot(p, "v").mul(1);'],
  ],
  epsInside: [["square.sqrt().add(this.eps)", "square.add(this.eps).sqrt()"]],
  coupled: [
    [DECAY, ""],
    [GRADIENT, "p.grad!.mul(gradScale).add(p.mul(weightDecay))"],
  ],
  withoutRate: [["1 - lr * weightDecay", "1 - weightDecay"]],
  moved: [
    [DECAY, ""],
    ["p.sub_(mean.div(size).mul(lr));", "p.sub_(mean.div(size).mul(lr)).mul_(1 - lr * weightDecay);"],
  ],
  notClipped: [[GRADIENT, "p.grad!"]],
  commonSteps: [["this.stepsOf(p)", "this.steps"]],
};
