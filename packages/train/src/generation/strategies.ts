import { beam } from "./beam.ts";
import { greedy, sample } from "./oneByOne.ts";
import type { Strategy } from "./strategy.ts";

/** Every strategy that an option can name. A new one of the library's is one more here. */
const strategies = new Map<string, Strategy>([greedy, sample, beam].map((strategy) => [strategy.name, strategy]));

/** Makes a strategy known under its name. Errors: the name is taken. */
export function registerStrategy(strategy: Strategy): void {
  const { name } = strategy;
  if ((strategies.get(name) ?? strategy) !== strategy) {
    throw new Error(`registerStrategy: there is a strategy "${name}" already`);
  }
  strategies.set(name, strategy);
}

/** The names that strategies are chosen by. */
export function strategyNames(): string[] {
  return [...strategies.keys()];
}

/** Errors: there is none of that name. */
export function strategyNamed(name: string): Strategy {
  const strategy = strategies.get(name);
  if (strategy !== undefined) return strategy;
  const names = strategyNames().map((known) => `"${known}"`);
  throw new RangeError(`generate: strategy is ${name}, it is ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`);
}
