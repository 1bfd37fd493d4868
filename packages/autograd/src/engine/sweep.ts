import { isWatching, watched } from "../anomaly.ts";
import type { Storage } from "../device.ts";
import { endGraph, keep, type Scope, scope, scoped } from "../lifetimes.ts";
import type { Gradient } from "../op.ts";
import { observed } from "../profile.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type GraphNode, OutputNode, reachability, type Target, targetOf, topologicalOrder } from "./graph.ts";
import { type Given, PartialGradient } from "./partial.ts";
import { PendingGradients } from "./pending.ts";
import { recordingAs } from "./recording.ts";

/** What remains of the graph when `backward` has gone through it. */
export interface BackwardOptions {
  /** Keep the graph, so that `backward` can be called on it again. */
  retainGraph?: boolean;
  /** Record the gradients' own computation, so that they can be differentiated. Implies `retainGraph`. */
  createGraph?: boolean;
}

interface SweepOptions extends Required<BackwardOptions> {
  /** Where given, only the gradients of these tensors are computed, and none is put into a `grad`. */
  captured: readonly Tensor[] | undefined;
}

/** One topological sweep from the roots to the leaves. */
class Sweep {
  readonly #name: string;
  readonly #createGraph: boolean;
  /** What is captured; undefined where gradients go into the leaves' `grad`. */
  readonly #wanted: ReadonlySet<Target> | undefined;
  readonly #reaches: (node: GraphNode) => boolean;
  readonly #pending: PendingGradients;
  readonly #found = new Map<Target, Tensor>();
  readonly #leaves = new Set<Tensor>();

  constructor(name: string, { createGraph, captured }: SweepOptions, memory: Scope | undefined) {
    this.#name = name;
    this.#createGraph = createGraph;
    this.#wanted = captured && new Set(captured.map(targetOf));
    this.#reaches = reachability(this.#wanted);
    this.#pending = new PendingGradients(memory);
  }

  /** Gives the nodes that were passed. */
  run(roots: readonly Tensor[], seeds: readonly Tensor[]): GraphNode[] {
    const nodes = roots.map(({ node }) => node).filter((node) => node !== undefined);
    const order = topologicalOrder(nodes, this.#reaches);
    roots.forEach((root, i) => {
      this.#pending.add(targetOf(root), seeds[i]);
      if (root.node === undefined) this.#leaves.add(root);
    });
    for (let i = order.length - 1; i >= 0; i--) this.#pass(order[i]);
    for (const leaf of this.#leaves) this.#deliver(leaf);
    return order;
  }

  found(x: Tensor): Gradient {
    return this.#found.get(targetOf(x));
  }

  /** What has arrived at a node goes on to its inputs. */
  #pass(node: GraphNode): void {
    const several = this.#pending.takeOutputs(node);
    if (several !== undefined) {
      this.#assertUsable(node);
      this.#applyRule(node, several);
      for (const dy of several) if (dy !== undefined) this.#pending.done(dy);
      return;
    }
    const arrived = this.#pending.take(node);
    if (arrived === undefined) return;
    this.#assertUsable(node);
    const dy = this.#pending.show(arrived, node.hooks);
    if (node.retained !== undefined && this.#wanted === undefined) this.#accumulate(node.retained, dy);
    if (node.inputs.some((x) => this.#goesOnTo(x))) {
      if (node instanceof OutputNode) this.#pending.addOutput(node.call, node.index, dy);
      else this.#applyRule(node, dy);
    }
    if (this.#wanted?.has(node)) this.#found.set(node, dy);
    else this.#pending.done(dy);
  }

  #assertUsable({ ended }: GraphNode): void {
    if (!ended) return;
    throw new Error(
      `${this.#name}: this graph was used up by an earlier backward(): ` +
        "call that one with { retainGraph: true }, or compute the value again",
    );
  }

  #goesOnTo(x: Tensor): boolean {
    if (!x.requiresGrad || this.#wanted === undefined) return x.requiresGrad;
    return this.#wanted.has(targetOf(x)) || (x.node !== undefined && this.#reaches(x.node));
  }

  #applyRule(node: GraphNode, dy: Tensor | readonly Gradient[]): void {
    const { op } = node;
    const given = isWatching()
      ? watchedRule(op.name, dy, () => this.#gradientsOf(node, dy))
      : this.#gradientsOf(node, dy);
    const { inputs } = node;
    for (let i = 0; i < inputs.length; i++) if (inputs[i].requiresGrad) this.#hand(op.name, given[i], inputs[i]);
  }

  #gradientsOf(node: GraphNode, dy: Tensor | readonly Gradient[]): readonly Given[] {
    const { op } = node;
    if (this.#createGraph) return op.gradients(node, dy, true);
    return scoped(() => observed(op.name, "backward", () => op.gradients(node, dy, false)));
  }

  #hand(op: string, given: Given, x: Tensor): void {
    if (given === undefined) return;
    if (!sameShape(given.shape, x.shape)) {
      throw new Error(
        `${op}: its gradient rule gives ${formatShape(given.shape)} for an input ${formatShape(x.shape)}`,
      );
    }
    if (x.node === undefined) this.#leaves.add(x);
    if (given instanceof PartialGradient) {
      observed(op, "backward", () => this.#pending.addPart(targetOf(x), given));
    } else this.#pending.add(targetOf(x), given);
  }

  #deliver(leaf: Tensor): void {
    const gradient = this.#pending.take(leaf);
    if (gradient === undefined) return;
    const shown = this.#pending.show(gradient, leaf.hooks);
    if (this.#wanted !== undefined) {
      this.#found.set(leaf, shown);
      return;
    }
    this.#accumulate(leaf, shown);
    this.#pending.done(shown);
  }

  #accumulate(leaf: Tensor, gradient: Tensor): void {
    const before = leaf.grad;
    before?.assertAlive("backward");
    if (before === undefined) {
      const own = this.#pending.isExclusive(gradient) && gradient.isContiguous();
      leaf.grad = keep(own || gradient.node !== undefined ? gradient : recordingAs(false, () => gradient.clone()));
    } else if (this.#createGraph || before.node !== undefined || !before.isContiguous()) {
      leaf.grad = keep(before.add(gradient));
    } else {
      before.storage.version++;
      leaf.device.binary("add", before, before, gradient);
    }
  }
}

function watchedRule(name: string, dy: Tensor | readonly Gradient[], rule: () => readonly Given[]): readonly Given[] {
  const inputs = [dy].flat().filter((gradient) => gradient !== undefined);
  const tensorsOf = (given: readonly Given[]) =>
    given.filter((one) => one !== undefined).map((one) => (one instanceof PartialGradient ? one.part : one));
  return watched({ name, phase: "backward", inputs, isIntended: false }, tensorsOf, rule);
}

function endNodes(order: readonly GraphNode[], roots: readonly Tensor[]): void {
  const spared = new Set(roots.map(({ storage }) => storage));
  const storages: Storage[] = [];
  for (const node of order) {
    for (const storage of node.end()) if (!spared.has(storage)) storages.push(storage);
  }
  endGraph(storages);
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
  run([root], [seed], { retainGraph: false, createGraph: false, ...options, captured: undefined }, "backward");
}

/**
 * A sweep, with what it needs around it: seeds, a scope, recording where the gradients are to be differentiated. Gives the
 * captured gradients.
 */
export function run(
  roots: readonly Tensor[],
  given: readonly Gradient[],
  options: SweepOptions,
  name: string,
): Gradient[] {
  const { createGraph, retainGraph, captured = [] } = options;
  const swept = (memory?: Scope) => {
    const seeds = roots.map((root, i) => seedFor(root, given[i], name));
    const sweep = new Sweep(name, options, memory);
    const order = sweep.run(roots, seeds);
    if (!retainGraph && !createGraph) endNodes(order, roots);
    return captured.map((x) => sweep.found(x));
  };
  if (createGraph) return recordingAs(true, swept);
  const memory = scope();
  try {
    return memory.keep(recordingAs(false, () => swept(memory)));
  } finally {
    memory[Symbol.dispose]();
  }
}
