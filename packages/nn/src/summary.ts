import { formatShape, type Tensor } from "@lectern/autograd";
import type { Module } from "./module.ts";

type Row = readonly [module: string, shapes: string, count: string];

/** One row a module, those inside it indented. `firstNames` remembers where a shared tensor was met first. */
function rowsOf(module: Module, name: string, path: string, depth: number, firstNames: Map<Tensor, string>): Row[] {
  const own = module.ownParameters();
  let count = 0;
  const shapes = own.map(([parameter, tensor]) => {
    const first = firstNames.get(tensor);
    if (first !== undefined) return `${parameter} = ${first}`;
    firstNames.set(tensor, `${path}${parameter}`);
    count += tensor.size;
    return `${parameter} ${formatShape(tensor.shape)}`;
  });
  const label = `${"  ".repeat(depth)}${name === "" ? "" : `${name}: `}${module.constructor.name}`;
  const rows: Row[] = [[label, shapes.join(", "), own.length === 0 ? "" : count.toLocaleString("en")]];
  for (const [child, inner] of module.namedChildren()) {
    rows.push(...rowsOf(inner, child, `${path}${child}.`, depth + 1, firstNames));
  }
  return rows;
}

/** See `Module.summary`. */
export function summaryOf(module: Module): string {
  const rows: Row[] = [["module", "parameters", "count"], ...rowsOf(module, "", "", 0, new Map())];
  const total: Row = ["total", "", module.numParameters().toLocaleString("en")];
  const [first, second, third] = [0, 1, 2].map((i) => Math.max(...[...rows, total].map((row) => row[i].length)));
  const lines = [...rows, total].map(([a, b, c]) =>
    `${a.padEnd(first)}  ${b.padEnd(second)}  ${c.padStart(third)}`.trimEnd(),
  );
  const rule = "-".repeat(first + second + third + 4);
  return [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1)].join("\n");
}
