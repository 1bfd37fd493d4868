import type { Storage } from "../device.ts";
import type { AnyOp, OpContext } from "../op.ts";
import type { Tensor } from "../tensor.ts";

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

/** One of several outputs of a call: its gradient, which hooks find here, goes on to the call's own node. */
export class OutputNode extends GraphNode {
  readonly call: GraphNode;
  readonly index: number;

  /** @param all a tensor that stands for all outputs: its node is the call's. */
  constructor(call: GraphNode, index: number, all: Tensor) {
    super(call.op, call.ctx, [all], [], []);
    this.call = call;
    this.index = index;
  }
}

/** Where a gradient goes: the node that made the tensor, or the tensor itself if it is a leaf. */
export type Target = GraphNode | Tensor;
export const targetOf = (x: Tensor): Target => x.node ?? x;

/** Every node that the roots depend on, each after all that it depends on. */
export function topologicalOrder(roots: readonly GraphNode[], wanted: (node: GraphNode) => boolean): GraphNode[] {
  const order: GraphNode[] = [];
  const seen = new Set<GraphNode>();
  for (const root of roots) {
    if (seen.has(root) || !wanted(root)) continue;
    seen.add(root);
    sortFrom(root, wanted, seen, order);
  }
  return order;
}

function sortFrom(
  root: GraphNode,
  wanted: (node: GraphNode) => boolean,
  seen: Set<GraphNode>,
  order: GraphNode[],
): void {
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
}

/** Whether a node lies between the root and one of the targets; every node does where there are none. */
export function reachability(wanted: ReadonlySet<Target> | undefined): (node: GraphNode) => boolean {
  if (wanted === undefined) return () => true;
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
