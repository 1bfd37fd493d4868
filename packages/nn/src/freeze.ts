import type { Module } from "./module.ts";

/**
 * Freezes the parameters whose names meet a pattern, in which `*` stands for anything: `tokens.*`, `blocks.0.*`, `*.bias`. They
 * keep their values, and gradients are not computed for them. Gives the names. Errors: a pattern that no parameter meets;
 * nothing is left to train.
 */
export function freeze(model: Module, ...patterns: readonly string[]): string[] {
  const parameters = model.namedParameters();
  const names = patterns.flatMap((pattern) => {
    const meets = new RegExp(`^${pattern.split("*").map(escaped).join(".*")}$`);
    const found = [...parameters.keys()].filter((name) => meets.test(name));
    if (found.length > 0) return found;
    const some = [...parameters.keys()].slice(0, 6).join(", ");
    throw new Error(`freeze: no parameter is called ${pattern}; there are ${some}, …`);
  });
  for (const name of names) parameters.get(name)!.requiresGrad_(false);
  if ([...parameters.values()].every((p) => !p.requiresGrad)) throw new Error("freeze: nothing is left to train");
  return [...new Set(names)];
}

const escaped = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
