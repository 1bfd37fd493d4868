import type { RegisterHooksOptions } from "node:module";
import { fileURLToPath } from "node:url";
import * as autograd from "@lectern/autograd";
import { RuleError } from "./protocol.ts";

const ROOT = new URL("../../../", import.meta.url).href;
const SCHEME = "lectern-course:";

/**
 * How a student's file finds the library wherever it lies: `@lectern/…` is this repository's. What a task is about is closed
 * to it: it may not import that, and not look for it in the library's files.
 */
export function openLibrary(student: string, closed: readonly string[]): RegisterHooksOptions {
  const folder = new URL(".", student).href;
  const isStudents = (url: string | undefined) => url === undefined || url === student || url.startsWith(folder);
  return {
    resolve(specifier, context, next) {
      const { parentURL } = context;
      if (!isStudents(parentURL) || parentURL === undefined) return next(specifier, context);
      if (/^@lectern\//.test(specifier)) {
        const real = next(specifier, { ...context, parentURL: new URL("package.json", ROOT).href });
        return closed.length === 0 ? real : { ...real, url: SCHEME + real.url, shortCircuit: true, format: "module" };
      }
      const found = next(specifier, context);
      const inside = /^file:/.test(found.url) && !found.url.startsWith(folder);
      if (inside && found.url.startsWith(new URL("packages/", ROOT).href)) {
        const message = `${specifier} is one of the library's own files: import from "@lectern/…"`;
        throw new RuleError({ kind: "inside", name: specifier }, message);
      }
      return found;
    },
    load(url, context, next) {
      // What a module is does not depend on the package.json above a student's folder.
      if (isStudents(url) && url.endsWith(".ts")) return next(url, { ...context, format: "module-typescript" });
      if (!url.startsWith(SCHEME)) return next(url, context);
      const real = url.slice(SCHEME.length);
      // A module's own exports go before those that it passes on.
      const lines = closed.map((name) => `export function ${name}() { throw closed("${name}"); }`);
      const source = [
        `import { closedError as closed } from ${JSON.stringify(import.meta.url)};`,
        `export * from ${JSON.stringify(real)};`,
        ...lines,
      ].join("\n");
      return { format: "module", source, shortCircuit: true };
    },
  };
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
