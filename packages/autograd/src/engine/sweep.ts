import type { Storage } from "../device.ts";
import { endGraph, keep, type Scope, scope, scoped } from "../lifetimes.ts";
import type { Gradient } from "../op.ts";
import { observed } from "../profile.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type GraphNode, reachability, type Target, targetOf, topologicalOrder } from "./graph.ts";
import { PendingGradients } from "./pending.ts";
import { recordingAs } from "./recording.ts";

export interface BackwardOptions {
  /** Keep the graph, so that `backward` can be called on it again. */
  retainGraph?: boolean;
  /** Record the gradients' own computation, so that they can be differentiated. Implies `retainGraph`. */
  createGraph?: boolean;
}

/** The gradients of one node's inputs. */
function applyRule(node: GraphNode, dy: Tensor, createGraph: boolean): Gradient[] {
  const { op, ctx, args, inputs } = node;
  if (!createGraph) {
    const settings = op.composite ? args.filter((arg) => !isTensorArgument(arg, inputs)) : args;
    return scoped(() => observed(op.name, "backward", () => op.backward(ctx, dy, settings)));
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
  const found = run(y, dy, { retainGraph: true, createGraph: true, captured: wanted }, op.name);
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
    leaf.grad = keep(own || gradient.node !== undefined ? gradient : recordingAs(false, () => gradient.clone()));
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

/** A sweep, with what it needs around it: a seed, a scope, recording where the gradients are to be differentiated. */
export function run(root: Tensor, seed: Tensor | undefined, options: SweepOptions, name: string): Gradient[] {
  if (options.createGraph) {
    return recordingAs(true, () => sweep(root, seedFor(root, seed, name), options, name));
  }
  const memory = scope();
  try {
    return memory.keep(recordingAs(false, () => sweep(root, seedFor(root, seed, name), options, name, memory)));
  } finally {
    memory[Symbol.dispose]();
  }
}
