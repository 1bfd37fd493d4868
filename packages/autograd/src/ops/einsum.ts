import { eye } from "../creation.ts";
import { formatShape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Products and sums by the names of axes (Einstein, 1916), as NumPy and PyTorch write them: `"bik,bkj->bij"` multiplies
 * matrices, `"ii->"` is a trace, `"...ij->...ji"` transposes. An axis that the result does not name is summed over;
 * without `->` the result has the axes that are named once, in the order of the alphabet. Every two operands become one
 * matrix product.
 * Errors: a letter without an axis or an axis without a letter, sizes that differ under one letter.
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  const { inputs, output } = parse(equation, operands);
  const sizes = sizesOf(equation, inputs, operands);
  let terms = operands.map((x, i) => withoutRepeats({ x, axes: inputs[i] }));
  while (terms.length > 1) {
    const [a, b, ...others] = terms;
    const wanted = new Set([...output, ...others.flatMap(({ axes }) => axes)]);
    terms = [contract(a, b, wanted, sizes), ...others];
  }
  const [{ x, axes }] = [summedTo(terms[0], new Set(output))];
  return x.permute(output.map((name) => axes.indexOf(name)));
}

/** A tensor and the names of its axes. */
interface Term {
  x: Tensor;
  axes: string[];
}

const fail = (equation: string, why: string): never => {
  throw new RangeError(`einsum: "${equation}": ${why}`);
};

/** The names of each operand's axes and of the result's; the axes of `...` get names of their own, counted from the end. */
function parse(equation: string, operands: readonly Tensor[]): { inputs: string[][]; output: string[] } {
  const [left, right, ...more] = equation.replace(/\s/g, "").split("->");
  const parts = left.split(",");
  if (more.length > 0) fail(equation, "has more than one ->");
  if (parts.length !== operands.length) fail(equation, `names ${parts.length} operands, there are ${operands.length}`);
  let most = 0;
  const names = (part: string, dots: number): string[] => {
    if (!/^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(part))
      fail(equation, `"${part}" has to be letters, and ... at most once`);
    const rest = Array.from({ length: dots }, (_, i) => `.${dots - 1 - i}`);
    return part.split(/(\.\.\.|)/).flatMap((name) => (name === "..." ? rest : name === "" ? [] : [name]));
  };
  const inputs = parts.map((part, i) => {
    const { rank, shape } = operands[i];
    const letters = part.replace("...", "").length;
    const dots = part.includes("...") ? rank - letters : 0;
    if (dots < 0 || letters + dots !== rank)
      fail(equation, `"${part}" does not name the axes of ${formatShape(shape)}`);
    most = Math.max(most, dots);
    return names(part, dots);
  });
  const all = inputs.flat();
  if (right === undefined) {
    const once = [...new Set(all)].filter((name) => name.length === 1 && all.indexOf(name) === all.lastIndexOf(name));
    return { inputs, output: [...names("...", most), ...once.sort()] };
  }
  const output = names(right, right.includes("...") ? most : 0);
  for (const name of output) if (!all.includes(name)) fail(equation, `the result names "${name}", no operand does`);
  if (new Set(output).size !== output.length) fail(equation, "the result names an axis twice");
  return { inputs, output };
}

/** The size of each name; 1 broadcasts where `...` stands. */
function sizesOf(equation: string, inputs: readonly string[][], operands: readonly Tensor[]): Map<string, number> {
  const sizes = new Map<string, number>();
  inputs.forEach((axes, i) => {
    axes.forEach((name, axis) => {
      const n = operands[i].shape[axis];
      const before = sizes.get(name) ?? n;
      const broadcasts = name.startsWith(".") && (n === 1 || before === 1);
      if (n !== before && !broadcasts) fail(equation, `"${name}" is ${before} and ${n}`);
      sizes.set(name, Math.max(before, n));
    });
  });
  return sizes;
}

/** An operand in which no axis is named twice: of `ii` the diagonal is left. */
function withoutRepeats({ x, axes }: Term): Term {
  const twice = axes.find((name, i) => axes.indexOf(name) < i);
  if (twice === undefined) return { x, axes };
  const [first, second] = [axes.indexOf(twice), axes.lastIndexOf(twice)];
  const n = x.shape[first];
  const shape = x.shape.map((_, axis) => (axis === first || axis === second ? n : 1));
  const diagonal = x.mul(eye(n, n, { device: x.device, dtype: x.dtype }).reshape(shape)).sum(second);
  return withoutRepeats({ x: diagonal, axes: axes.toSpliced(second, 1) });
}

/** Sums over the axes that nobody wants any more. */
function summedTo({ x, axes }: Term, wanted: ReadonlySet<string>): Term {
  const gone = axes.map((_, i) => i).filter((i) => !wanted.has(axes[i]));
  return gone.length === 0 ? { x, axes } : { x: x.sum(gone), axes: axes.filter((name) => wanted.has(name)) };
}

/** Two operands as one: [batch, left, shared] times [batch, shared, right]. */
function contract(a: Term, b: Term, wanted: ReadonlySet<string>, sizes: ReadonlyMap<string, number>): Term {
  const left = summedTo(a, new Set([...wanted, ...b.axes]));
  const right = summedTo(b, new Set([...wanted, ...a.axes]));
  const common = left.axes.filter((name) => right.axes.includes(name));
  const batch = common.filter((name) => wanted.has(name));
  const shared = common.filter((name) => !wanted.has(name));
  const own = [left, right].map(({ axes }) => axes.filter((name) => !common.includes(name)));
  const size = (names: readonly string[]) => sizeOf(names.map((name) => sizes.get(name)!));
  const arrange = ({ x, axes }: Term, ...groups: string[][]) => {
    const order = groups.flat();
    const whole = x.permute(order.map((name) => axes.indexOf(name))).expand(order.map((name) => sizes.get(name)!));
    return whole.reshape(groups.map(size));
  };
  const product = arrange(left, batch, own[0], shared).matmul(arrange(right, batch, shared, own[1]));
  const axes = [...batch, ...own[0], ...own[1]];
  return { x: product.reshape(axes.map((name) => sizes.get(name)!)), axes };
}
