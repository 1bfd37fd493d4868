import { type Device, formatShape, keep, noGrad, scope, Tensor } from "@lectern/autograd";
import { summaryOf } from "./summary.ts";

/** A dictionary of a model's values, by PyTorch's dotted names: `blocks.0.attention.qkv.weight`. */
export type StateDict = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** What the dictionary and the model did not have in common. */
export interface LoadReport {
  /** Names the model has and the dictionary has not. */
  missing: string[];
  /** Names the dictionary has and the model has not. */
  unexpected: string[];
}

/** A tensor in a field of a module, and how to put another one in its place. */
interface Slot {
  name: string;
  tensor: Tensor;
  replace(tensor: Tensor): void;
}

/** A module that turns one tensor into one tensor. */
export interface Layer extends Module {
  forward(x: Tensor): Tensor;
}

const join = (prefix: string, name: string) => (prefix === "" ? name : `${prefix}.${name}`);

/**
 * What every layer and every model is: parameters, smaller modules, and a `forward` that uses both.
 *
 * Nothing has to be registered. A public field that holds a tensor marked with `requiresGrad_()` is a parameter, one
 * that holds a Module is a child, and so is every element of an array of those. Names are PyTorch's: the fields' names,
 * joined by dots. Fields whose name begins with `#` are not seen.
 */
export abstract class Module {
  /** Whether dropout drops: changed by `train()` and `eval()`. */
  training = true;
  /** Names of buffers, and whether they belong into the state dict. */
  readonly #buffers = new Map<string, boolean>();

  abstract forward(...inputs: never[]): unknown;

  // --- what the module consists of --------------------------------------------------------------

  /** Public fields, elements of arrays one by one. */
  *#fields(): Iterable<{ name: string; value: unknown; replace(tensor: Tensor): void }> {
    const fields: [string, unknown][] = Object.entries(this);
    for (const [name, value] of fields) {
      if (Array.isArray(value)) {
        for (const [i, part] of value.entries()) {
          yield { name: `${name}.${i}`, value: part, replace: (tensor) => value.splice(i, 1, tensor) };
        }
      } else yield { name, value, replace: (tensor) => Object.assign(this, { [name]: tensor }) };
    }
  }

  /** Parameters: leaves that were marked to get gradients, also where they are frozen now. */
  *#ownParameters(): Iterable<Slot> {
    for (const { name, value, replace } of this.#fields()) {
      const isParameter = value instanceof Tensor && value.isLeaf && value.storage.kept && !this.#buffers.has(name);
      if (isParameter) yield { name, tensor: value, replace };
    }
  }

  *#ownBuffers(): Iterable<Slot & { persistent: boolean }> {
    for (const { name, value, replace } of this.#fields()) {
      const persistent = this.#buffers.get(name);
      if (persistent !== undefined && value instanceof Tensor) yield { name, tensor: value, replace, persistent };
    }
  }

  /** Modules directly inside this one, by name. */
  *namedChildren(): Iterable<[string, Module]> {
    for (const { name, value } of this.#fields()) if (value instanceof Module) yield [name, value];
  }

  /** Modules directly inside this one. */
  children(): Module[] {
    return Array.from(this.namedChildren(), ([, child]) => child);
  }

  /** This module (named by the prefix alone) and all inside it, each before those inside itself, each once. */
  *namedModules(prefix = "", seen = new Set<Module>()): Iterable<[string, Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this.namedChildren()) yield* child.namedModules(join(prefix, name), seen);
  }

  /** Every parameter by name. One that is used twice, as a tied head is, is listed once, under its first name. */
  namedParameters(): Map<string, Tensor> {
    const named = new Map<string, Tensor>();
    const seen = new Set<Tensor>();
    for (const [prefix, module] of this.namedModules()) {
      for (const { name, tensor } of module.#ownParameters()) {
        if (!seen.has(tensor)) named.set(join(prefix, name), tensor);
        seen.add(tensor);
      }
    }
    return named;
  }

  /** Every parameter once: what an optimiser gets. */
  parameters(): Tensor[] {
    return [...this.namedParameters().values()];
  }

  /** Every buffer by name. */
  namedBuffers(): Map<string, Tensor> {
    const named = new Map<string, Tensor>();
    for (const [prefix, module] of this.namedModules()) {
      for (const { name, tensor } of module.#ownBuffers()) named.set(join(prefix, name), tensor);
    }
    return named;
  }

  /**
   * Puts a tensor that is no parameter into the field `name`, so that it moves and is saved with the module.
   * A buffer that is not persistent stays out of the state dict. Returns the tensor.
   */
  registerBuffer(name: string, tensor: Tensor, options: { persistent?: boolean } = {}): Tensor {
    this.#buffers.set(name, options.persistent ?? true);
    Object.assign(this, { [name]: keep(tensor) });
    return tensor;
  }

  /** The parameters in this module's own fields, without those of its children; a tensor may come twice. */
  ownParameters(): [string, Tensor][] {
    return Array.from(this.#ownParameters(), ({ name, tensor }) => [name, tensor]);
  }

  /** Number of parameters' elements; shared ones count once. */
  numParameters(): number {
    return this.parameters().reduce((sum, p) => sum + p.size, 0);
  }

  // --- training ---------------------------------------------------------------------------------

  /** Switches this module and all inside it to training (dropout drops), or with `false` to evaluation. */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode;
    return this;
  }

  /** Switches to evaluation: nothing is random. */
  eval(): this {
    return this.train(false);
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.zeroGrad();
  }

  // --- saving, loading, moving ------------------------------------------------------------------

  #slots(prefix: string, slots: Map<string, Slot>): Map<string, Slot> {
    for (const slot of this.#ownParameters()) slots.set(join(prefix, slot.name), slot);
    for (const slot of this.#ownBuffers()) if (slot.persistent) slots.set(join(prefix, slot.name), slot);
    for (const [name, child] of this.namedChildren()) child.#slots(join(prefix, name), slots);
    return slots;
  }

  /**
   * All parameters and persistent buffers by PyTorch's names, a tied one under each of its names. The tensors are the
   * model's own memory, cut off from the graph: to keep a state while training goes on, clone them.
   */
  stateDict(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [name, { tensor }] of this.#slots("", new Map())) state.set(name, tensor.detach());
    return state;
  }

  /**
   * Copies the values of a dictionary into the parameters and buffers, from whatever device they are on. Nothing is
   * changed where it does not fit. A tied parameter may be given under one of its names alone.
   * Errors: a shape or dtype that differs; with `strict` (the default) also names that only one side has.
   */
  loadStateDict(dictionary: StateDict, options: { strict?: boolean } = {}): LoadReport {
    const given = new Map(dictionary instanceof Map ? dictionary : Object.entries(dictionary));
    const slots = this.#slots("", new Map());
    const found = new Set<Tensor>();
    const misfits: string[] = [];
    for (const [name, { tensor }] of slots) {
      const source = given.get(name);
      if (source === undefined) continue;
      found.add(tensor);
      const [have, got] = [tensor, source].map((t) => `${t.dtype} ${formatShape(t.shape)}`);
      if (have !== got) {
        misfits.push(`${name} is ${have} in the model and ${got} in the dictionary`);
      }
    }
    const missing = [...slots].filter(([, { tensor }]) => !found.has(tensor)).map(([name]) => name);
    const unexpected = [...given.keys()].filter((name) => !slots.has(name));
    const problems = [...misfits];
    if (options.strict ?? true) {
      if (missing.length > 0) problems.push(`the dictionary lacks ${missing.join(", ")}`);
      if (unexpected.length > 0) problems.push(`the model has no ${unexpected.join(", ")}`);
    }
    if (problems.length > 0) throw new Error(`${this.constructor.name}.loadStateDict: ${problems.join("; ")}`);
    noGrad(() =>
      scope(() => {
        for (const [name, { tensor }] of slots) {
          const source = given.get(name);
          if (source !== undefined) tensor.copy_(source.to(tensor.device));
        }
      }),
    );
    return { missing, unexpected };
  }

  /**
   * Moves parameters, their gradients and buffers to a device. They are new tensors there, so make the optimiser
   * afterwards; what was tied stays tied. Errors: the present device's memory is not on the host.
   */
  to(target: string | Device): this {
    const moved = new Map<Tensor, Tensor>();
    for (const [, module] of this.namedModules()) {
      for (const { tensor, replace } of [...module.#ownParameters(), ...module.#ownBuffers()]) {
        const there = moved.get(tensor) ?? keep(tensor.to(target));
        if (tensor.grad !== undefined && there !== tensor) there.grad = keep(tensor.grad.to(target));
        moved.set(tensor, there);
        replace(there);
      }
    }
    return this;
  }

  // --- looking at it ----------------------------------------------------------------------------

  /** A table to print: the tree of modules, with the shapes and the number of their parameters. */
  summary(): string {
    return summaryOf(this);
  }

  toString(): string {
    return this.summary();
  }
}
