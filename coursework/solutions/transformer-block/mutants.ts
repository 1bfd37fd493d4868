import type { Mutants } from "../../../scripts/src/course/task.ts";

const FIRST = "const a = x.add(this.attention.forward(this.norm1.forward(x)));";
const INNER = "const inner = this.expand.forward(this.norm2.forward(a)).gelu();";
const LAST = "return a.add(this.contract.forward(inner));";

export const mutants: Mutants = {
  noResiduals: [
    [FIRST, "const a = this.attention.forward(this.norm1.forward(x));"],
    [LAST, "return this.contract.forward(inner);"],
  ],
  noFirst: [[FIRST, "const a = this.attention.forward(this.norm1.forward(x));"]],
  noSecond: [[LAST, "return this.contract.forward(inner);"]],
  postNorm: [
    [FIRST, "const a = this.norm1.forward(x.add(this.attention.forward(x)));"],
    [INNER, "const inner = this.expand.forward(a).gelu();"],
    [LAST, "return this.norm2.forward(a.add(this.contract.forward(inner)));"],
  ],
  noNorms: [
    [FIRST, "const a = x.add(this.attention.forward(x));"],
    [INNER, "const inner = this.expand.forward(a).gelu();"],
  ],
  addedToNorm: [
    [FIRST, "x = this.norm1.forward(x); let a = x.add(this.attention.forward(x)); a = this.norm2.forward(a);"],
    [INNER, "const inner = this.expand.forward(a).gelu();"],
  ],
  besideEachOther: [[INNER, "const inner = this.expand.forward(this.norm2.forward(x)).gelu();"]],
  addedToX: [[LAST, "return x.add(this.contract.forward(inner));"]],
  mlpFirst: [
    [FIRST, "const a = x.add(this.contract.forward(this.expand.forward(this.norm2.forward(x)).gelu()));"],
    [INNER, ""],
    [LAST, "return a.add(this.attention.forward(this.norm1.forward(a)));"],
  ],
  oneNorm: [[INNER, "const inner = this.expand.forward(this.norm1.forward(a)).gelu();"]],
  noGelu: [[INNER, "const inner = this.expand.forward(this.norm2.forward(a));"]],
  relu: [[INNER, "const inner = this.expand.forward(this.norm2.forward(a)).relu();"]],
  geluLate: [
    [INNER, "const inner = this.expand.forward(this.norm2.forward(a));"],
    [LAST, "return a.add(this.contract.forward(inner).gelu());"],
  ],
};
