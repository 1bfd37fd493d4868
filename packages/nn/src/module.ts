import { type Device, formatShape, keep, noGrad, scope, Tensor } from "@lectern/autograd";
import { type Field, fieldsOf } from "./fields.ts";
import { type BufferOptions, buffer, bufferOptions } from "./parameter.ts";
import { summaryOf } from "./summary.ts";
import { complaint } from "./unseen.ts";

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

type Part = Tensor | Module;
/** How Node's console asks an object for its text. */
const inspect: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

const isPart = (value: unknown): value is Part => value instanceof Tensor || value instanceof Module;

/** A module that turns one tensor into one tensor. */
export interface Layer extends Module {
  forward(x: Tensor): Tensor;
}

const join = (prefix: string, name: string) => (prefix === "" ? name : `${prefix}.${name}`);

/**
 * What every layer and every model is: parameters, smaller modules, and a `forward` that uses both.
 *
 * Nothing has to be registered. A public field holds a child where it holds a Module, a parameter where it holds a tensor
 * that was declared one: by `parameter(…)`, or made with `{ requiresGrad: true }`. Arrays, maps and plain objects of
 * those are looked into, nested ones too. Names are PyTorch's: fields, indices and keys, joined by dots
 * (`blocks.0.norm.weight`). What cannot be named is refused (`parameters()` says which field); only fields whose name
 * begins with `#` are not seen at all.
 *
 * ```ts
 * import type { Tensor } from "@lectern/autograd";
 * import { Linear, Module } from "@lectern/nn";
 *
 * class TwoLayers extends Module {
 *   readonly into = new Linear(4, 16);
 *   readonly out = new Linear(16, 1);
 *
 *   forward(x: Tensor): Tensor {
 *     return this.out.forward(this.into.forward(x).relu());
 *   }
 * }
 * console.log([...new TwoLayers().stateDict().keys()]); // into.weight, into.bias, out.weight, out.bias
 * ```
 */
export abstract class Module {
  /** Whether dropout drops: changed by `train()` and `eval()`. */
  training = true;
  /** Fields that hold buffers, and whether they belong into the state dict. */
  readonly #buffers = new Map<string, boolean>();

  abstract forward(...inputs: never[]): unknown;

  // --- what the module consists of --------------------------------------------------------------

  #fields(): Field<Part>[] {
    return fieldsOf(this, isPart);
  }

  /** Whether the tensor in a field is a buffer. A field that was seen with one holds one from then on. */
  #isBuffer(name: string, tensor: Tensor): boolean {
    const options = bufferOptions(tensor);
    if (options !== undefined) this.#buffers.set(name, options.persistent);
    return this.#buffers.has(name);
  }

  /** Parameters: leaves that were declared to get gradients, also where they are frozen now. */
  *#ownParameters(): Iterable<Slot> {
    for (const { name, part, replace, hidden } of this.#fields()) {
      if (hidden !== undefined || !(part instanceof Tensor) || !part.isParameter) continue;
      if (!this.#isBuffer(name, part)) yield { name, tensor: part, replace };
    }
  }

  *#ownBuffers(): Iterable<Slot & { persistent: boolean }> {
    for (const { name, part, replace, hidden } of this.#fields()) {
      if (hidden !== undefined || !(part instanceof Tensor) || !this.#isBuffer(name, part)) continue;
      yield { name, tensor: part, replace, persistent: this.#buffers.get(name)! };
    }
  }

  /** Modules directly inside this one, by name. */
  *namedChildren(): Iterable<[string, Module]> {
    for (const { name, part, hidden } of this.#fields()) {
      if (hidden === undefined && part instanceof Module) yield [name, part];
    }
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

  /**
   * Every parameter by name. One that is used twice, as a tied head is, is listed once, under its first name.
   * Errors: a field in which modules or parameters cannot be seen, or with a tensor that was surely meant as a parameter.
   */
  namedParameters(): Map<string, Tensor> {
    const named = new Map<string, Tensor>();
    const modules = Array.from(this.namedModules());
    const seen = new Set<Part>(modules.map(([, module]) => module));
    for (const [prefix, module] of modules) {
      for (const { name, tensor } of module.#ownParameters()) {
        if (!seen.has(tensor)) named.set(join(prefix, name), tensor);
        seen.add(tensor);
      }
    }
    for (const [prefix, module] of modules) module.#assertSeen(prefix, seen);
    return named;
  }

  /** Errors: a field with something that belongs among what was seen of the model, and is not. */
  #assertSeen(prefix: string, seen: ReadonlySet<Part>): void {
    for (const field of this.#fields()) {
      const { name, part, hidden } = field;
      if (seen.has(part) || (hidden === undefined && part instanceof Tensor && this.#isBuffer(name, part))) continue;
      const problem = complaint(field, seen);
      if (problem !== undefined) {
        throw new Error(`${this.constructor.name}: the field ${join(prefix, name)} holds ${problem}`);
      }
    }
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
   * Puts `buffer(tensor)` into the field `name`, which from then on holds a buffer whatever tensor is put there.
   * Returns the tensor. Errors: a tensor that requires a gradient.
   */
  registerBuffer(name: string, tensor: Tensor, options: BufferOptions = {}): Tensor {
    this.#buffers.set(name, options.persistent ?? true);
    Object.assign(this, { [name]: buffer(tensor, options) });
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

  /** Everything that is saved, a shared module under each of its names. */
  #slots(): Map<string, Slot> {
    const slots = new Map<string, Slot>();
    // Modules that are being looked into, since one may know the one that holds it.
    const open = new Set<Module>();
    const collect = (module: Module, prefix: string) => {
      if (open.has(module)) return;
      open.add(module);
      for (const slot of module.#ownParameters()) slots.set(join(prefix, slot.name), slot);
      for (const slot of module.#ownBuffers()) if (slot.persistent) slots.set(join(prefix, slot.name), slot);
      for (const [name, child] of module.namedChildren()) collect(child, join(prefix, name));
      open.delete(module);
    };
    this.namedParameters(); // complains where something would be left out
    collect(this, "");
    return slots;
  }

  /**
   * All parameters and persistent buffers by PyTorch's names, a tied one under each of its names. The tensors are the
   * model's own memory, cut off from the graph: to keep a state while training goes on, clone them.
   */
  stateDict(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [name, { tensor }] of this.#slots()) state.set(name, tensor.detach());
    return state;
  }

  /**
   * Copies the values of a dictionary into the parameters and buffers, from whatever device they are on. Nothing is
   * changed where it does not fit. A tied parameter may be given under one of its names alone.
   * Errors: a shape or dtype that differs; with `strict` (the default) also names that only one side has.
   */
  loadStateDict(dictionary: StateDict, options: { strict?: boolean } = {}): LoadReport {
    const given = new Map(dictionary instanceof Map ? dictionary : Object.entries(dictionary));
    const { places, ...report } = this.placesFor(given, options);
    noGrad(() =>
      scope(() => {
        for (const [tensor, source] of places) tensor.copy_(source.to(tensor.device));
      }),
    );
    return report;
  }

  /**
   * The parameters and buffers that a dictionary's entries belong to, for whoever fills them: `loadStateDict` without the
   * copying, for entries of which type and shape are known. Errors as there.
   */
  placesFor<Entry extends Pick<Tensor, "dtype" | "shape">>(
    given: ReadonlyMap<string, Entry>,
    options: { strict?: boolean } = {},
  ): LoadReport & { places: [Tensor, Entry][] } {
    const slots = this.#slots();
    const places: [Tensor, Entry][] = [];
    const misfits: string[] = [];
    for (const [name, { tensor }] of slots) {
      const source = given.get(name);
      if (source === undefined) continue;
      places.push([tensor, source]);
      const [have, got] = [tensor, source].map((t) => `${t.dtype} ${formatShape(t.shape)}`);
      if (have !== got) {
        misfits.push(`${name} is ${have} in the model and ${got} in the dictionary`);
      }
    }
    const found = new Set(places.map(([tensor]) => tensor));
    const missing = [...slots].filter(([, { tensor }]) => !found.has(tensor)).map(([name]) => name);
    const unexpected = [...given.keys()].filter((name) => !slots.has(name));
    const problems = [...misfits];
    if (options.strict ?? true) {
      if (missing.length > 0) problems.push(`the dictionary lacks ${missing.join(", ")}`);
      if (unexpected.length > 0) problems.push(`the model has no ${unexpected.join(", ")}`);
    }
    if (problems.length > 0) throw new Error(`${this.constructor.name}.loadStateDict: ${problems.join("; ")}`);
    return { places, missing, unexpected };
  }

  /**
   * Moves parameters, their gradients and buffers to a device. They are new tensors there, so make the optimiser
   * afterwards; what was tied stays tied. Errors: the present device's memory is not on the host.
   */
  to(target: string | Device): this {
    this.namedParameters(); // complains where something would be left behind
    const moved = new Map<Tensor, Tensor>();
    const move = ({ tensor, replace }: Slot): Tensor => {
      const there = moved.get(tensor) ?? keep(tensor.to(target));
      if (tensor.grad !== undefined && there !== tensor) there.grad = keep(tensor.grad.to(target));
      moved.set(tensor, there);
      replace(there);
      return there;
    };
    for (const [, module] of this.namedModules()) {
      for (const slot of [...module.#ownParameters()]) move(slot);
      for (const { persistent, ...slot } of [...module.#ownBuffers()]) buffer(move(slot), { persistent });
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
  toJSON(): string {
    return this.summary();
  }
  /** Without it Vitest copies a module field by field before it prints it. */
  get [Symbol.toStringTag](): string {
    return "Module";
  }
  [inspect](depth: number): string {
    return depth < 0 ? this.constructor.name : this.summary();
  }
}
