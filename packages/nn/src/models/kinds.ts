import type { Module } from "../module.ts";
import { withoutInitialising } from "../space.ts";
import { classifierOptions, TransformerClassifier } from "./classifier.ts";
import { GPT, gptOptions } from "./gpt.ts";
import { checked, type Schema, shown } from "./schema.ts";

/** A kind of model that can be made again from what a file says, and that `lectern train --model` knows by name. */
export interface ModelKind<O extends object> {
  readonly name: string;
  /** What comes out: the next tokens, [batch, time, vocabulary], or classes, [batch, classes]. It decides what it can be trained for. */
  readonly predicts: "tokens" | "classes" | (string & {});
  /** The class; `options` of a model are what it was made with. */
  readonly model: new (
    options: O,
  ) => Module & { readonly options: Readonly<O> };
  readonly options: Schema<O>;
}

/** A kind that is known by its name alone. */
export interface RegisteredModel {
  readonly name: string;
  readonly predicts: string;
  /** What a model of this kind was made with; undefined for a model of another. */
  optionsOf(model: Module): object | undefined;
  /** Makes a model. Errors: options that its schema refuses. */
  make(options: unknown): Promise<Module>;
  /** The same, with room for weights that come from elsewhere, so many numbers at most (`withoutInitialising`). */
  makeRoom(options: unknown, most: number): Promise<Module>;
  /** Makes a model from those of the offered options that it has: tasks offer sizes to models of any kind. */
  makeFrom(offered: Readonly<Record<string, unknown>>): Promise<Module>;
}

const kinds = new Map<string, RegisteredModel>();

/** Makes a kind of model known, for runs to be opened again and for `lectern train --model`. Errors: its name is taken. */
export function registerModel<O extends object>({ name, predicts, model: Kind, options }: ModelKind<O>): void {
  if (kinds.has(name)) throw new Error(`registerModel: there is a kind "${name}" already`);
  const schema = async () => options((await import("zod")).z);
  const checkedOptions = async (given: unknown) => checked(`model ${name}`, await schema(), given);
  const make = async (given: unknown) => new Kind(await checkedOptions(given));
  kinds.set(name, {
    name,
    predicts,
    // A subclass may have other layers: it is a kind of its own.
    optionsOf: (model) => (model.constructor === Kind ? (model as InstanceType<typeof Kind>).options : undefined),
    make,
    async makeRoom(given, most) {
      const its = await checkedOptions(given);
      return withoutInitialising(() => new Kind(its), { most });
    },
    async makeFrom(offered) {
      const { shape } = await schema();
      return make(Object.fromEntries(Object.entries(offered).filter(([option]) => option in shape)));
    },
  });
}

/** The kind of a name. Errors: there is none. */
export function modelKind(name: string): RegisteredModel {
  const kind = kinds.get(name);
  if (kind !== undefined) return kind;
  throw new Error(
    `no kind of model is called ${shown(name)}: there are ${[...kinds.keys()].join(", ")}; registerModel makes another known`,
  );
}

/** Every kind, in the order of registration. */
export function modelKinds(): RegisteredModel[] {
  return [...kinds.values()];
}

/** The kind of a model, with what it was made with; undefined where its class was not registered. */
export function kindOf(model: Module): { name: string; predicts: string; options: object } | undefined {
  for (const { name, predicts, optionsOf } of kinds.values()) {
    const options = optionsOf(model);
    if (options !== undefined) return { name, predicts, options };
  }
  return undefined;
}

registerModel({ name: "gpt", predicts: "tokens", model: GPT, options: gptOptions });
registerModel({ name: "classifier", predicts: "classes", model: TransformerClassifier, options: classifierOptions });
