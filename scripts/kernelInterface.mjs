// Reads from the kernels' sources (AssemblyScript, packages/autograd/kernels) what the device has to know of them, so that
// nothing of it is written down twice: the functions with the types of their arguments, the numbers by which they know ops,
// and where the fields of a description lie.
import { basename } from "node:path";

/** A function that the module exports, with the comment above it. */
const FUNCTION = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*\n)?export function (\w+)\(([^)]*)\): (\w+)/g;
const ENUM = /const enum (\w+) \{([^}]*)\}/g;
/** A class whose fields the device writes into memory. */
const LAYOUT = /@unmanaged\s+(?:export )?class (\w+) \{([\s\S]*?)\n\}/g;
const FIELD = /^ {2}(\w+): (\w+);$/gm;

/** Types of AssemblyScript as TypeScript has them. Addresses are numbers; so are objects that are not managed. */
function typeOf(type, enums) {
  if (type === "bool") return "boolean";
  if (type === "void" || enums.some(({ name }) => name === type)) return type;
  return "number";
}

function functionsIn(source, file) {
  return [...source.matchAll(FUNCTION)].map(([, comment = "", name, list, result]) => {
    const parameters = list
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .map((part) => part.split(/:\s*/));
    return { name, file, comment: comment.replace(/^\s*\* ?/gm, "").trim(), parameters, result };
  });
}

/** Kernels are the exported functions that begin with `begin: i32, end: i32`. */
function isKernel({ parameters }) {
  return ["begin: i32", "end: i32"].every((start, i) => parameters[i]?.join(": ") === start);
}

function enumsIn(source) {
  return [...source.matchAll(ENUM)].map(([text, name, list]) => {
    const members = list
      .replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "")
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
    if (!members.every((member) => /^\w+$/.test(member))) throw new Error(`an enum with values of its own: ${text}`);
    return { name, members };
  });
}

const SIZES = { bool: 1, i32: 4, u32: 4, f32: 4, usize: 4, f64: 8 };

/** Where each field lies, in words of four bytes, and how many words there are. */
function layoutsIn(source) {
  return [...source.matchAll(LAYOUT)].map(([, name, body]) => {
    let end = 0;
    const fields = [...body.matchAll(FIELD)].map(([, field, type]) => {
      const size = SIZES[type];
      if (size === undefined) throw new Error(`${name}.${field}: no size is known for the type ${type}`);
      const start = Math.ceil(end / size) * size;
      end = start + size;
      return [field, start / 4];
    });
    return { name, fields: [...fields, ["words", Math.ceil(end / 4)]] };
  });
}

/**
 * sources: the files' texts by name. Gives the kernels, the functions that `index.ts` exports besides them, enums and layouts.
 * Errors: two kernels of one name, or an export of `index.ts` that is in no file.
 */
export function readInterface(sources) {
  const files = Object.entries(sources);
  const functions = files.flatMap(([file, source]) => functionsIn(source, file));
  const kernels = functions.filter(isKernel).sort((a, b) => (a.name < b.name ? -1 : 1));
  const twice = kernels.find(({ name }, i) => name === kernels[i + 1]?.name);
  if (twice) throw new Error(`two kernels are called ${twice.name}`);
  const wanted = [...sources["index.ts"].matchAll(/export \{([^}]*)\}/g)].flatMap(([, list]) => list.match(/\w+/g));
  const helpers = functions.filter(({ name, file }) => file === "index.ts" || wanted.includes(name));
  const missing = wanted.find((name) => !helpers.some((helper) => helper.name === name));
  if (missing) throw new Error(`index.ts exports ${missing}, which no file has`);
  return {
    kernels,
    helpers,
    enums: files.flatMap(([, source]) => enumsIn(source)),
    layouts: files.flatMap(([, source]) => layoutsIn(source)),
  };
}

/** What is compiled: all kernels, and what `index.ts` exports. */
export function entryOf({ kernels }) {
  const lines = kernels.map(({ name, file }) => `export { ${name} } from "./${basename(file, ".ts")}";`);
  return `export * from "./index";\n${lines.join("\n")}\n`;
}

const MADE_BY = "// Made from packages/autograd/kernels by scripts/build-kernels.mjs.\n";

/** The module that the device and its workers read names and numbers from. */
export function valuesOf({ kernels, enums, layouts }) {
  const object = (entries) => `{ ${entries.map(([name, value]) => `${name}: ${value}`).join(", ")} }`;
  return [
    MADE_BY,
    `export const KERNELS = [${kernels.map(({ name }) => `"${name}"`).join(", ")}];`,
    ...enums.map(({ name, members }) => `export const ${name} = ${object(members.map((member, i) => [member, i]))};`),
    ...layouts.map(({ name, fields }) => `export const ${name} = ${object(fields)};`),
    "",
  ].join("\n");
}

/** Its types. */
export function typesOf({ kernels, helpers, enums, layouts }) {
  const signature = ({ name, comment, parameters, result }) => {
    const list = parameters.map(([parameter, type]) => `${parameter}: ${typeOf(type, enums)}`).join(", ");
    const above = comment ? `  /** ${comment.replaceAll("\n", "\n   * ")} */\n` : "";
    return `${above}  ${name}(${list}): ${typeOf(result, enums)};\n`;
  };
  const record = (entries) => `{ ${entries.map(([name, value]) => `readonly ${name}: ${value}`).join("; ")} }`;
  return [
    MADE_BY,
    "/** Kernels, which can be shared out: each does the units begin … end - 1. Addresses and steps are in bytes. */",
    `export interface Kernels {\n${kernels.map(signature).join("")}}\n`,
    "/** What else the module exports. */",
    `export interface Helpers {\n${helpers.map(signature).join("")}}\n`,
    "/** The kernels' names, in an order that all threads know. */",
    "export declare const KERNELS: readonly (keyof Kernels)[];\n",
    "// Numbers by which kernels know ops: no number but these, and none for another kernel, passes for one.\n",
    ...enums.map(({ name, members }) => {
      const values = record(members.map((member) => [member, name]));
      return `export type ${name} = number & { readonly code: "${name}" };\nexport declare const ${name}: ${values};`;
    }),
    "\n// Where fields lie, in words of four bytes.\n",
    ...layouts.map(({ name, fields }) => `export declare const ${name}: ${record(fields)};`),
    "",
  ].join("\n");
}
