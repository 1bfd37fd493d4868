import type { Storage } from "./device.ts";
import { endGraph, keep, release, type Scope, scope } from "./lifetimes.ts";
import type { AnyOp, Gradient, OpContext } from "./op.ts";
import { observed } from "./profile.ts";
import { formatShape, sameShape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Gradients arriving at a tensor may be looked at, or replaced by what the hook returns. */
export type GradientHook = (gradient: Tensor) => Tensor | undefined;

/** An edge bundle of the graph: the call of an op that made a tensor. */
export class GraphNode {
  readonly op: AnyOp;
  readonly ctx: OpContext;
  inputs: readonly Tensor[];
  /** All arguments where the op has a composite definition, else its settings alone. */
  args: readonly unknown[];
  /** What the call put into memory for output and gradient. */
  held: Storage[];
  ended = false;
  hooks: GradientHook[] | undefined;
  /** The tensor whose `grad` is to be filled although it is no leaf. */
  retained: Tensor | undefined;

  constructor(op: AnyOp, ctx: OpContext, inputs: readonly Tensor[], args: readonly unknown[], held: Storage[]) {
    this.op = op;
    this.ctx = ctx;
    this.inputs = inputs;
    this.args = args;
    this.held = held;
  }

  /** Everything in memory that this node's backward pass may need. */
  *storages(): Iterable<Storage> {
    yield* this.held;
    yield* this.ctx.savedStorages();
    for (const x of this.inputs) if (x.node === undefined) yield x.storage;
  }

  /** Frees what the node holds; gives the storages that only the graph needed. */
  end(): Storage[] {
    const held = this.held;
    this.ended = true;
    this.ctx.clear();
    this.inputs = [];
    this.args = [];
    this.held = [];
    return held;
  }
}

// --- recording ----------------------------------------------------------------------------------

let recording = true;

/** Whether ops are recorded for `backward()`. */
export function gradEnabled(): boolean {
  return recording;
}

/** Switches recording on or off until it is switched back; gives what was. For a job that does not await. */
export function setRecording(on: boolean): boolean {
  const before = recording;
  recording = on;
  return before;
}

function withRecording<T>(on: boolean, fn: () => T): T {
  const before = recording;
  recording = on;
  let pending = false;
  try {
    const result = fn();
    if (result instanceof Promise) {
      pending = true;
      return result.finally(() => {
        recording = before;
      }) as T;
    }
    return result;
  } finally {
    if (!pending) recording = before;
  }
}

/** Runs `fn` without recording: for evaluation, generation, and updates of parameters. */
export function noGrad<T>(fn: () => T): T {
  return withRecording(false, fn);
}

/** Runs `fn` with recording, also inside `noGrad`. */
export function enableGrad<T>(fn: () => T): T {
  return withRecording(true, fn);
}

// --- the sweep ----------------------------------------------------------------------------------

export interface BackwardOptions {
  /** Keep the graph, so that `backward` can be called on it again. */
  retainGraph?: boolean;
  /** Record the gradients' own computation, so that they can be differentiated. Implies `retainGraph`. */
  createGraph?: boolean;
}

/** Where a gradient goes: the node that made the tensor, or the tensor itself if it is a leaf. */
type Target = GraphNode | Tensor;
const targetOf = (x: Tensor): Target => x.node ?? x;

/** Every node that the root depends on, each after all that it depends on. */
function topologicalOrder(root: GraphNode, wanted: (node: GraphNode) => boolean): GraphNode[] {
  const order: GraphNode[] = [];
  const seen = new Set<GraphNode>([root]);
  const stack = [{ node: root, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    if (top.next < top.node.inputs.length) {
      const child = top.node.inputs[top.next++].node;
      if (child !== undefined && !seen.has(child) && wanted(child)) {
        seen.add(child);
        stack.push({ node: child, next: 0 });
      }
    } else {
      order.push(top.node);
      stack.pop();
    }
  }
  return order;
}

/** The gradients on their way through the graph. Each is freed as soon as no node waits for it. */
class PendingGradients {
  readonly memory: Scope | undefined;
  readonly #byTarget = new Map<Target, Tensor>();
  readonly #waiting = new Map<Storage, number>();

  /** @param memory where the sweep's own tensors lie; undefined if they are recorded, and so may be needed later. */
  constructor(memory: Scope | undefined) {
    this.memory = memory;
  }

  add(target: Target, gradient: Tensor): void {
    this.#wait(gradient.storage, 1);
    const before = this.#byTarget.get(target);
    if (before === undefined) {
      this.#byTarget.set(target, gradient);
      return;
    }
    const total = this.#sum(before, gradient);
    this.#byTarget.set(target, total);
    this.#wait(total.storage, 1);
    this.done(before);
    this.done(gradient);
  }

  /** Their sum, in the memory of one of them where nobody else looks at it. */
  #sum(a: Tensor, b: Tensor): Tensor {
    const target = [a, b].find((x) => x.isContiguous() && this.isExclusive(x));
    if (target === undefined) return a.add(b);
    a.device.binary("add", target, target, target === a ? b : a);
    return target;
  }

  take(target: Target): Tensor | undefined {
    const gradient = this.#byTarget.get(target);
    this.#byTarget.delete(target);
    return gradient;
  }

  /** Shows a gradient to hooks, whose tensors, and those they were shown, are theirs. Gives what they made of it. */
  show(gradient: Tensor, hooks: readonly GradientHook[] = []): Tensor {
    if (hooks.length === 0) return gradient;
    this.memory?.keep(gradient);
    const run = () => hooks.reduce((current, hook) => hook(current) ?? current, gradient);
    const shown = this.memory === undefined ? run() : this.memory.outside(run);
    this.#wait(shown.storage, 1);
    this.#wait(gradient.storage, -1);
    return shown;
  }

  done(gradient: Tensor): void {
    const { storage } = gradient;
    this.#wait(storage, -1);
    if (storage.kept || (this.#waiting.get(storage) ?? 0) > 0) return;
    if (this.memory?.made.delete(storage)) release(storage, "it was a gradient on its way through backward()");
  }

  /** True if nobody else needs this gradient's memory, so that it may be changed or taken over. */
  isExclusive({ storage }: Tensor): boolean {
    return this.#waiting.get(storage) === 1 && !storage.kept && this.memory?.made.has(storage) === true;
  }

  #wait(storage: Storage, change: number): void {
    const count = (this.#waiting.get(storage) ?? 0) + change;
    if (count > 0) this.#waiting.set(storage, count);
    else this.#waiting.delete(storage);
  }
}

/** The gradients of one node's inputs. */
function applyRule(node: GraphNode, dy: Tensor, createGraph: boolean): Gradient[] {
  const { op, ctx, args, inputs } = node;
  if (!createGraph) {
    const settings = op.composite ? args.filter((arg) => !isTensorArgument(arg, inputs)) : args;
    return scope(() => observed(op.name, "backward", () => op.backward(ctx, dy, settings)));
  }
  if (op.composite === undefined) return op.backward(ctx, dy, args);
  // An alias for each place, as one tensor may stand in several: its gradients are added up by the caller.
  const aliases = inputs.map((x) => x.alias());
  let place = 0;
  const replace = (arg: unknown): unknown => {
    if (Array.isArray(arg)) return arg.map(replace);
    return arg === inputs[place] ? aliases[place++] : arg;
  };
  const y = op.composite(args.map(replace));
  const wanted = aliases.filter((x) => x.requiresGrad);
  const found = gradients(y, wanted, { seed: dy, createGraph: true, allowUnused: true });
  return aliases.map((x) => found[wanted.indexOf(x)]);
}

function isTensorArgument(arg: unknown, inputs: readonly Tensor[]): boolean {
  return inputs.includes((Array.isArray(arg) ? arg[0] : arg) as Tensor);
}

interface SweepOptions extends Required<BackwardOptions> {
  /** Where given, only the gradients of these tensors are computed, and none is put into a `grad`. */
  captured: readonly Tensor[] | undefined;
}

/** One topological sweep from the root to the leaves. Returns the captured gradients. */
function sweep(root: Tensor, seed: Tensor, options: SweepOptions, name: string, memory?: Scope): Gradient[] {
  const { createGraph, captured } = options;
  const targets = captured?.map(targetOf);
  const found = new Map<Target, Tensor>();
  const reaches = reachability(targets);
  const order = root.node === undefined || !reaches(root.node) ? [] : topologicalOrder(root.node, reaches);
  const pending = new PendingGradients(memory);
  pending.add(targetOf(root), seed);

  const deliver = (leaf: Tensor) => {
    const gradient = pending.take(leaf);
    if (gradient === undefined) return;
    const shown = pending.show(gradient, leaf.hooks);
    if (targets !== undefined) {
      found.set(leaf, shown);
      return;
    }
    accumulate(leaf, shown, createGraph, pending);
    pending.done(shown);
  };

  const leaves = new Set<Tensor>(root.node === undefined ? [root] : []);
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i];
    const arrived = pending.take(node);
    if (arrived === undefined) continue;
    if (node.ended) {
      throw new Error(
        `${name}: this graph was used up by an earlier backward(): ` +
          "call that one with { retainGraph: true }, or compute the value again",
      );
    }
    const dy = pending.show(arrived, node.hooks);
    if (node.retained !== undefined && targets === undefined) accumulate(node.retained, dy, createGraph, pending);
    const isCaptured = targets?.includes(node) ?? false;
    if (isCaptured) found.set(node, dy);
    const onward = node.inputs.some(
      (x) => x.requiresGrad && (targets === undefined || targets.includes(targetOf(x)) || (x.node && reaches(x.node))),
    );
    if (onward) {
      const given = applyRule(node, dy, createGraph);
      node.inputs.forEach((x, index) => {
        const gradient = given[index];
        if (!x.requiresGrad || gradient === undefined) return;
        if (!sameShape(gradient.shape, x.shape)) {
          throw new Error(
            `${node.op.name}: its gradient rule gives ${formatShape(gradient.shape)} for an input ${formatShape(x.shape)}`,
          );
        }
        if (x.node === undefined) leaves.add(x);
        pending.add(targetOf(x), gradient);
      });
    }
    if (!isCaptured) pending.done(dy);
  }
  for (const leaf of leaves) deliver(leaf);
  if (!options.retainGraph && !createGraph) endNodes(order, root);
  return targets?.map((target) => found.get(target)) ?? [];
}

/** Whether a node lies between the root and one of the targets; every node does where there are none. */
function reachability(targets: readonly Target[] | undefined): (node: GraphNode) => boolean {
  if (targets === undefined) return () => true;
  const wanted = new Set<Target>(targets);
  const known = new Map<GraphNode, boolean>();
  return (start) => {
    const stack = [start];
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      const open = node.inputs.filter((x) => x.node !== undefined && !known.has(x.node));
      if (!known.has(node) && open.length > 0) {
        for (const x of open) stack.push(x.node!);
        continue;
      }
      stack.pop();
      const below = node.inputs.some((x) => wanted.has(targetOf(x)) || (x.node !== undefined && known.get(x.node)));
      // Whether a used-up node did is no longer known: it is reported when it is reached.
      known.set(node, wanted.has(node) || below === true || node.ended);
    }
    return known.get(start) ?? false;
  };
}

function endNodes(order: readonly GraphNode[], root: Tensor): void {
  const storages: Storage[] = [];
  for (const node of order) {
    for (const storage of node.end()) if (storage !== root.storage) storages.push(storage);
  }
  endGraph(storages);
}

function accumulate(leaf: Tensor, gradient: Tensor, createGraph: boolean, pending: PendingGradients): void {
  const before = leaf.grad;
  before?.assertAlive("backward");
  if (before === undefined) {
    const own = pending.isExclusive(gradient) && gradient.isContiguous();
    leaf.grad = keep(own || gradient.node !== undefined ? gradient : noGrad(() => gradient.clone()));
  } else if (createGraph || before.node !== undefined || !before.isContiguous()) {
    leaf.grad = keep(before.add(gradient));
  } else {
    before.storage.version++;
    leaf.device.binary("add", before, before, gradient);
  }
}

function seedFor(root: Tensor, seed: Tensor | undefined, name: string): Tensor {
  if (!root.requiresGrad) {
    throw new Error(
      `${name}: nothing to differentiate: this ${formatShape(root.shape)} was computed from nothing that requires a ` +
        "gradient, or inside noGrad()",
    );
  }
  if (seed === undefined) {
    if (root.size !== 1) {
      throw new Error(
        `${name}: a value of shape ${formatShape(root.shape)} needs a seed of that shape (or .sum() first)`,
      );
    }
    return root.filled(1);
  }
  if (!sameShape(seed.shape, root.shape)) {
    throw new Error(`${name}: the seed is ${formatShape(seed.shape)}, the value ${formatShape(root.shape)}`);
  }
  return seed;
}

/** Adds d root / d leaf to `leaf.grad` for every leaf that requires a gradient. See `Tensor.backward`. */
export function backward(root: Tensor, seed: Tensor | undefined, options: BackwardOptions): void {
  const all = { retainGraph: false, createGraph: false, ...options, captured: undefined };
  run(root, seed, all, "backward");
}

function run(root: Tensor, seed: Tensor | undefined, options: SweepOptions, name: string): Gradient[] {
  if (options.createGraph) {
    return enableGrad(() => sweep(root, seedFor(root, seed, name), options, name));
  }
  const memory = scope();
  try {
    return memory.keep(noGrad(() => sweep(root, seedFor(root, seed, name), options, name, memory)));
  } finally {
    memory[Symbol.dispose]();
  }
}

export interface GradientsOptions extends BackwardOptions {
  /** Gradient of the output, of its shape; needed unless the output has one element. */
  seed?: Tensor;
  /** Give undefined for an input that the output does not depend on, in place of an error. */
  allowUnused?: boolean;
}

/**
 * The gradients of one output with respect to some tensors, without touching any `grad` (`torch.autograd.grad`).
 * Errors: an input that the output does not depend on, unless `allowUnused`.
 */
export function gradients(output: Tensor, inputs: readonly Tensor[], options: GradientsOptions = {}): Gradient[] {
  const { seed, allowUnused = false, retainGraph = false, createGraph = false } = options;
  const found = run(output, seed, { retainGraph, createGraph, captured: inputs }, "gradients");
  found.forEach((gradient, i) => {
    if (gradient === undefined && !allowUnused) {
      throw new Error(`gradients: the output does not depend on input ${i}, ${formatShape(inputs[i].shape)}`);
    }
  });
  return found;
}

/** Whether a value was computed from a leaf that requires a gradient, other than the given one. */
function dependsOnOthers(value: Tensor, leaf: Tensor): boolean {
  if (value.node === undefined) return false;
  const nodes = topologicalOrder(value.node, () => true);
  return nodes.some(({ inputs }) => inputs.some((x) => x.isLeaf && x.requiresGrad && x !== leaf));
}

/**
 * The derivative of a function as a function: `grad(f)(x)` is df/dx at x, for an f from one tensor to one number.
 * `grad(grad(f))` is the second derivative. With `argument` another one than the first is differentiated. The
 * derivative can itself be differentiated by whatever required a gradient: x, or parameters that f uses.
 */
export function grad<Args extends readonly [Tensor, ...unknown[]]>(
  f: (...args: Args) => Tensor,
  { argument = 0 }: { argument?: number } = {},
): (...args: Args) => Tensor {
  return (...args) =>
    enableGrad(() => {
      const x = args[argument] as Tensor;
      const input = x.requiresGrad ? x.alias() : x.detach().requiresGrad_();
      const y = f(...(args.map((arg, i) => (i === argument ? input : arg)) as unknown as Args));
      const found = gradients(y, [input], { createGraph: true })[0]!;
      return x.requiresGrad || dependsOnOthers(found, input) ? found : found.detach();
    });
}
