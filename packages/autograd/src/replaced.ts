import { holding, Modes, modes, type Replacements } from "./modes.ts";
import { opNames } from "./names.ts";
import type { Tensor } from "./tensor.ts";

/** Functions by the names of ops: each is called with what the op is called with, and gives what it gives. */
export type OpReplacements = Readonly<Record<string, (...args: never[]) => Tensor | readonly Tensor[]>>;

/**
 * Runs `fn`, and what it awaits, with other functions in the place of ops: `withOps({ softmax: mine }, () => model.forward(x))`
 * has a whole model compute with a softmax of one's own, `(x) => …` along the last axis. Inside such a function its op is the
 * library's again. Ops that contain others have no fused kernels meanwhile, so that all go through what replaces them:
 * attention through `softmax`, cross entropy through `logSoftmax`. Slower, and for seeing what one's own function does.
 * Errors: no op has such a name; a function gives no tensor; an asynchronous `fn` in a browser.
 */
export function withOps<T>(ops: OpReplacements, fn: () => T): T {
  for (const name of Object.keys(ops)) {
    if (opNames.has(name)) continue;
    const near = [...opNames].filter((known) => known[0] === name[0]).sort();
    throw new Error(`withOps: no op is called "${name}"; beginning alike: ${near.join(", ") || "none"}`);
  }
  const around = modes();
  const replaced = new Map([...(around.replaced ?? []), ...Object.entries(ops)]);
  return holding("withOps", new Modes(around.recording, around.scope, around, replaced), fn);
}

/** What replaces an op, called in its place. */
export function callReplaced(name: string, here: Modes, args: readonly unknown[]): unknown {
  const { replaced } = here;
  here.replaced = without(replaced!, name);
  try {
    return replaced!.get(name)!(...(args as never[]));
  } finally {
    here.replaced = replaced;
  }
}

function without(replaced: Replacements, name: string): Replacements {
  const others = new Map(replaced);
  others.delete(name);
  return others;
}
