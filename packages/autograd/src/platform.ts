/** The little that differs between Node and a browser. */

interface NodeModules {
  getBuiltinModule?(name: string): unknown;
}

/** A module of Node's own, or undefined in a browser. */
export function nodeModule<T>(name: string): T | undefined {
  const host = (globalThis as { process?: NodeModules }).process;
  return host?.getBuiltinModule?.(name) as T | undefined;
}

/** Resolves in a new task, so that events, timers and finalizers get their turn. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(undefined);
  });
}

let collect: (() => void) | undefined;

/** Provokes a garbage collection: Node's own in Node; in a browser, by the pressure of a large short-lived buffer. */
export function collectGarbage(): void {
  collect ??= findCollector();
  collect();
}

function findCollector(): () => void {
  const exposed = (globalThis as { gc?: () => void }).gc;
  if (exposed !== undefined) return exposed;
  const v8 = nodeModule<typeof import("node:v8")>("node:v8");
  const vm = nodeModule<typeof import("node:vm")>("node:vm");
  if (v8 !== undefined && vm !== undefined) {
    v8.setFlagsFromString("--expose-gc");
    return vm.runInNewContext("gc") as () => void;
  }
  return () => {
    new ArrayBuffer(256 * 2 ** 20);
  };
}

/**
 * The numbers of those keys that are still reachable, right after a collection; undefined where the host cannot tell.
 * Node's inspector lists a WeakMap's entries, which nothing else can do within a running job.
 */
export function survivors(numbers: WeakMap<object, number>): Set<number> | undefined {
  const util = nodeModule<typeof import("node:util")>("node:util");
  if (util === undefined) return undefined;
  const text = util.inspect(numbers, { showHidden: true, depth: 0, maxArrayLength: null, breakLength: Infinity });
  return new Set([...text.matchAll(/=> (\d+)/g)].map((match) => Number(match[1])));
}
