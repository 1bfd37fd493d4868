import { type Identifier, type Node, parse } from "acorn";
import type { GpuJsFunction } from "./gpujs.ts";
import type { KernelSpec } from "./kernel.ts";

/** What a kernel may use without declaring it. */
const GLOBAL = new Set(["Math", "Infinity", "NaN", "undefined"]);

/** Kernels that were looked at. */
const seen = new WeakSet<KernelSpec>();

/**
 * A GPU sees nothing of what stands around a kernel. Errors: the kernel uses a variable that is neither its own nor an
 * argument nor a helper; names it, and the line of the kernel that it stands in.
 */
export function assertNoClosure(spec: KernelSpec): void {
  if (seen.has(spec)) return;
  seen.add(spec);
  const { name, source, helpers } = spec;
  const known = new Set([...GLOBAL, ...helpers.map(nameOf)]);
  const used = new Map<string, number>();
  look(parse(`(${source})`, { ecmaVersion: "latest", locations: true }), known, used);
  for (const [variable, line] of used) {
    if (known.has(variable)) continue;
    throw new Error(
      `${name}: the kernel uses "${variable}" in its line ${line}, a variable from around it, which a GPU does not see: ` +
        "give a number among the arguments, and a function of numbers among the helpers",
    );
  }
}

function nameOf({ source }: GpuJsFunction): string {
  return /^function ([\w$]+)/.exec(source)?.[1] ?? "";
}

/** Collects what a part of the text declares, and what it uses with the line of its first use. */
function look(node: Node, declared: Set<string>, used: Map<string, number>): void {
  const parts = node as Node & Record<string, unknown>;
  if (node.type === "Identifier") {
    const { name, loc } = node as Identifier;
    if (!used.has(name)) used.set(name, loc?.start.line ?? 1);
    return;
  }
  if (/Function/.test(node.type)) for (const p of parts.params as Node[]) declare(p, declared);
  if (node.type === "VariableDeclarator" || node.type === "FunctionDeclaration") declare(parts.id as Node, declared);
  if (node.type === "FunctionExpression" && parts.id) declare(parts.id as Node, declared);
  for (const [key, part] of Object.entries(parts)) {
    // The name behind a dot, and a label, are no variables.
    if ((key === "property" && !parts.computed) || key === "label") continue;
    for (const one of Array.isArray(part) ? part : [part]) if (isNode(one)) look(one, declared, used);
  }
}

function declare(pattern: Node, declared: Set<string>): void {
  const names = new Map<string, number>();
  look(pattern, new Set(), names);
  for (const name of names.keys()) declared.add(name);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
