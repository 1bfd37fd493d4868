import type { TreeFigure, TreeNode } from "../figures.ts";
import { type Canvas, picture, place, plot, textWidth } from "./canvas.ts";
import { tall } from "./charts.ts";

interface Placed extends TreeNode {
  readonly depth: number;
  /** Its row: leaves stand below each other, and what they grew from between them. */
  readonly row: number;
}

/** Errors: a node names a parent that there is not. */
function placedOf(nodes: readonly TreeNode[]): Placed[] {
  const children = Map.groupBy(nodes, ({ parent }) => parent);
  const known = new Set(nodes.map(({ id }) => id));
  const orphan = nodes.find(({ parent }) => parent !== undefined && !known.has(parent));
  if (orphan !== undefined) throw new Error(`a tree's node ${orphan.id} has no parent ${orphan.parent}`);
  const placed: Placed[] = [];
  let leaves = 0;
  const put = (node: TreeNode, depth: number): number => {
    const rows = (children.get(node.id) ?? []).map((child) => put(child, depth + 1));
    const row = rows.length === 0 ? leaves++ : (rows[0] + rows[rows.length - 1]) / 2;
    placed.push({ ...node, depth, row });
    return row;
  };
  for (const root of children.get(undefined) ?? []) put(root, 0);
  return placed;
}

/** A deep tree is as wide as it has to be: the page scrolls it. */
export function drawTree(canvas: Canvas, { nodes }: TreeFigure, width: number): Element {
  const { Plot } = canvas;
  const placed = placedOf(nodes);
  const byId = new Map(placed.map((node) => [node.id, node]));
  const links = placed.flatMap((to) => (to.parent === undefined ? [] : [{ from: byId.get(to.parent)!, to }]));
  const depth = Math.max(1, ...placed.map((node) => node.depth));
  const widest = Math.max(...placed.flatMap(({ label, note = "" }) => [textWidth(label), textWidth(note)]));
  const across = Math.max(width, (depth + 1) * (widest + 26));
  const height = (1 + Math.max(...placed.map((node) => node.row))) * 38 + 10;
  const ink = (node: Placed) => (node.strong ? "var(--series-1)" : "var(--muted)");
  const chart = plot(canvas, {
    ...{ width: across, height, marginLeft: 8, marginRight: widest + 14, marginTop: 18, marginBottom: 22 },
    x: { type: "linear", domain: [0, depth], axis: null },
    y: { type: "linear", domain: [0, Math.max(1, ...placed.map((node) => node.row))], reverse: true, axis: null },
    color: { type: "identity" },
    marks: [
      Plot.link(links, {
        curve: "bump-x",
        ...{ x1: (l) => l.from.depth, y1: (l) => l.from.row, x2: (l) => l.to.depth, y2: (l) => l.to.row },
        ...{ stroke: (l) => ink(l.to), strokeWidth: (l) => (l.to.strong ? 3 : 1) },
      }),
      Plot.dot(placed, { x: "depth", y: "row", r: 3, fill: ink }),
      Plot.text(placed, {
        ...{ x: "depth", y: "row", text: "label", textAnchor: "start", dx: 6, dy: -7, fill: "currentColor" },
        ...{ stroke: "var(--paper)", strokeWidth: 3 },
      }),
      Plot.text(placed, {
        ...{
          x: "depth",
          y: "row",
          text: (node) => node.note ?? "",
          textAnchor: "start",
          dx: 6,
          dy: 8,
          fill: "var(--muted)",
        },
        ...{ stroke: "var(--paper)", strokeWidth: 3 },
      }),
    ],
  });
  const svg = picture(canvas, across, 0);
  place(svg, chart, 0, 0);
  return tall(svg, across, height);
}
