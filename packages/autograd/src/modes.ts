import type { Scope } from "./lifetimes.ts";
import { nodeModule } from "./platform.ts";

/** What computes in the place of ops, by their names. */
export type Replacements = ReadonlyMap<string, (...args: never[]) => unknown>;

/**
 * What holds for a stretch of code: whether ops are recorded, which scope looks after new memory, and what replaces ops. An
 * asynchronous function keeps what it was given after each `await`, and whatever runs in between keeps its own.
 */
export class Modes {
  recording: boolean;
  /** The innermost scope that was opened here, or around. */
  scope: Scope | undefined;
  /** What holds where the function has ended, but something that it started has not. */
  readonly around: Modes | undefined;
  replaced: Replacements | undefined;
  ended = false;

  constructor(recording: boolean, scope: Scope | undefined, around?: Modes, replaced = around?.replaced) {
    this.recording = recording;
    this.scope = scope;
    this.around = around;
    this.replaced = replaced;
  }
}

interface AsyncStorage {
  run<T>(modes: Modes, fn: () => T): T;
  getStore(): Modes | undefined;
}

const outermost = new Modes(true, undefined);
/** What holds in the running stretch, as long as no asynchronous function with modes of its own is under way. */
let current = outermost;
let underWay = 0;

let storage: AsyncStorage | undefined | "unknown" = "unknown";

/** Node's own way of telling which asynchronous function is running; browsers have none. */
function asyncStorage(): AsyncStorage | undefined {
  if (storage === "unknown") {
    const hooks = nodeModule<{ AsyncLocalStorage: new () => AsyncStorage }>("node:async_hooks");
    storage = hooks && new hooks.AsyncLocalStorage();
  }
  return storage;
}

/** What holds now. Each op asks, so it costs a comparison where nothing asynchronous is under way. */
export function modes(): Modes {
  if (underWay === 0) return current;
  let found = (storage as AsyncStorage).getStore() ?? outermost;
  while (found.ended) found = found.around!;
  return found;
}

const isPromise = (x: unknown): x is Promise<unknown> => x instanceof Promise;

const isAsync = (fn: object) => (fn as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === "AsyncFunction";

/**
 * Runs `fn`, synchronous or not, with modes that hold for it and for nothing beside it. A scope of its own gives away what
 * `fn` returns, and ends with it. Errors: it is asynchronous, and this is a browser.
 */
export function holding<T>(name: string, held: Modes, fn: () => T, own?: Scope): T {
  const end = () => {
    held.ended = true;
    own?.[Symbol.dispose]();
  };
  let pending = false;
  try {
    const result = runWith(name, held, fn);
    if (!isPromise(result)) return own === undefined ? result : own.keep(result);
    pending = true;
    underWay++;
    const settled = () => {
      underWay--;
      end();
    };
    return (own === undefined ? result : result.then((value) => own.keep(value))).finally(settled) as T;
  } finally {
    if (!pending) end();
  }
}

function runWith<T>(name: string, held: Modes, fn: () => T): T {
  const node = asyncStorage();
  if (node === undefined && isAsync(fn)) throw refusal(name);
  const before = current;
  current = held;
  try {
    if (node !== undefined) return node.run(held, fn);
    const result = fn();
    if (!isPromise(result)) return result;
    // It goes on all the same, and nobody waits for it.
    result.catch(() => {});
    throw refusal(name);
  } finally {
    current = before;
  }
}

function refusal(name: string): Error {
  return new Error(
    `${name}: this browser cannot tell an asynchronous function from what runs while it waits: call ${name} around each ` +
      `stretch without an await, as in "const y = ${name}(() => model.forward(x)); await y.data();"`,
  );
}
