import type { GraphNode } from "./engine/graph.ts";
import type { Tensor } from "./tensor.ts";

/** The leaves that a computed tensor would send gradients to, those nearest to it first; none where its graph has ended. */
export function* leavesOf(x: Tensor): Iterable<Tensor> {
  const seen = new Set<GraphNode | Tensor>();
  let layer = x.node === undefined ? [] : [x.node];
  while (layer.length > 0) {
    const before: GraphNode[] = [];
    for (const { inputs } of layer) {
      for (const input of inputs) {
        const key = input.node ?? input;
        if (!input.requiresGrad || seen.has(key)) continue;
        seen.add(key);
        if (input.node === undefined) yield input;
        else before.push(input.node);
      }
    }
    layer = before;
  }
}
