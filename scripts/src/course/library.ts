import type { RegisterHooksOptions } from "node:module";
import { fileURLToPath } from "node:url";
import * as autograd from "@lectern/autograd";
import { RuleError } from "./protocol.ts";

const ROOT = new URL("../../../", import.meta.url).href;
const LIBRARY = new URL("packages/", ROOT).href;
const SCHEME = "lectern-course:";

/** Of Node's own modules those that reach nothing: no file, no network, no process, no way to load others. */
const HARMLESS = ["node:assert", "node:assert/strict", "node:util", "node:perf_hooks"];

// The hooks run beside the student's code, which may have replaced any method there is (`String.prototype.startsWith`) before it
// imports something. So they call none by its name.
const { bind, call } = Function.prototype;
const begins = call.bind(String.prototype.startsWith) as (text: string, start: string) => boolean;
const ends = call.bind(String.prototype.endsWith) as (text: string, end: string) => boolean;
const behind = call.bind(String.prototype.slice) as (text: string, from: number) => string;
const quoted = bind.call(JSON.stringify, JSON) as (text: string) => string;

/**
 * How a student's file finds the library wherever it lies: `@lectern/…` is this repository's. What a task is about is closed
 * to it: it may not import that, and not look for it in the library's files. What else it may import is its own folder's.
 */
export function openLibrary(student: string, closed: readonly string[]): RegisterHooksOptions {
  const folder = new URL(".", student).href;
  const here = new URL("package.json", ROOT).href;
  // A module's own exports go before those that it passes on.
  const stubs = closed.map((name) => `export function ${name}() { throw closed("${name}"); }`).join("\n");
  const head = `import { closedError as closed } from ${quoted(import.meta.url)};\n${stubs}\nexport * from `;
  /** Whether a module is ours. One of unknown origin is the student's, as text that is evaluated. */
  const isOurs = (url: string | undefined) =>
    url !== undefined && (begins(url, SCHEME) || begins(url, "node:") || (begins(url, ROOT) && !begins(url, folder)));
  return {
    resolve(specifier, context, next) {
      if (isOurs(context.parentURL)) return next(specifier, context);
      if (begins(specifier, "@lectern/")) {
        const real = next(specifier, { ...context, parentURL: here });
        if (closed.length === 0) return real;
        return { ...real, url: SCHEME + real.url, shortCircuit: true, format: "module" };
      }
      if (begins(specifier, SCHEME)) throw outside(specifier);
      const found = next(specifier, context);
      if (begins(found.url, folder)) return found;
      for (let i = 0; i < HARMLESS.length; i++) if (found.url === HARMLESS[i]) return found;
      if (begins(found.url, LIBRARY)) {
        const message = `${specifier} is one of the library's own files: import from "@lectern/…"`;
        throw new RuleError({ kind: "inside", name: specifier }, message);
      }
      throw outside(specifier);
    },
    load(url, context, next) {
      if (begins(url, SCHEME)) {
        return { format: "module", source: head + quoted(behind(url, SCHEME.length)), shortCircuit: true };
      }
      const isOwn = begins(url, folder);
      // What a module is does not depend on the package.json above a student's folder.
      const format = isOwn && ends(url, ".ts") ? "module-typescript" : context.format;
      const loaded = next(url, { ...context, format });
      // CommonJS would bring `require` and `module` along, and with these every module of Node's.
      if (isOwn && (loaded.format === "commonjs" || loaded.format === "commonjs-typescript")) {
        const message = "a solution is a module: it says `export` and `import`, not `module.exports` and `require`";
        throw new RuleError({ kind: "commonjs", name: "" }, message);
      }
      return loaded;
    },
  };
}

/** How files that lie elsewhere, such as a teacher's hidden exercises, find `@lectern/…`: those whose address begins so. */
export function findLibrary(start: string): RegisterHooksOptions {
  const here = new URL("package.json", ROOT).href;
  return {
    resolve(specifier, context, next) {
      const isTheirs = context.parentURL !== undefined && begins(context.parentURL, start);
      return next(specifier, isTheirs && begins(specifier, "@lectern/") ? { ...context, parentURL: here } : context);
    },
  };
}

function outside(specifier: string): RuleError {
  const message = `${specifier} cannot be imported here: a solution has the library ("@lectern/…") and its own folder`;
  return new RuleError({ kind: "outside", name: specifier }, message);
}

export function closedError(name: string): Error {
  const message = `${name} of the library is closed here, since it is what this task is about: write it yourself`;
  return new RuleError({ kind: "closed", name }, message);
}

/** Closes tensors' methods of these names. */
export function closeNames(closed: readonly string[]): void {
  for (const name of closed) {
    if (!(name in autograd.Tensor.prototype)) continue;
    const value = () => {
      throw closedError(name);
    };
    Object.defineProperty(autograd.Tensor.prototype, name, { value, configurable: false, writable: false });
  }
}

/** The repository's folder. */
export const rootFolder = fileURLToPath(ROOT);
