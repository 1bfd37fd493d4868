import { formatShape, isFloat, NUMBER_TYPES, noGrad } from "@lectern/autograd";
import { type GPT, type GPTOptions, shown } from "@lectern/nn";
import { jsonIn } from "../json.ts";
import { readSafetensors } from "../safetensors.ts";
import { type Store, StoredFile } from "../store/store.ts";
import type { StoredTensor, StoredTensors } from "../storedTensor.ts";
import { readTorch } from "../torch/file.ts";
import { isBuffer, type NamePair, parameterNames, withoutPrefix } from "./names.ts";

/** Opens a file of weights for as long as `use` takes. */
type ReadFile = <T>(file: StoredFile, use: (tensors: StoredTensors) => Promise<T>) => Promise<T>;

/** The weights of a checkpoint, of which so far only the headers were read. */
export class Weights {
  readonly #store: Store;
  readonly #files: readonly StoredFile[];
  readonly #read: ReadFile;

  private constructor(store: Store, files: readonly StoredFile[], read: ReadFile) {
    this.#store = store;
    this.#files = files;
    this.#read = read;
  }

  /** Errors: there are none, or an index that names files elsewhere. */
  static async in(store: Store): Promise<Weights> {
    for (const [name, read] of [
      ["model.safetensors", readSafetensors],
      ["pytorch_model.bin", readTorch],
    ] as const) {
      const whole = new StoredFile(store, name);
      if (await whole.exists()) return new Weights(store, [whole], read);
      const index = new StoredFile(store, `${name}.index.json`);
      if (await index.exists()) return new Weights(store, await filesOf(index, name), read);
    }
    throw new Error(`${store.path}: there is no model.safetensors, and no pytorch_model.bin`);
  }

  /** Errors: they are not those of such a model; says which tensor, what was expected and what was found. */
  async check(options: GPTOptions): Promise<void> {
    const missing = new Set(parameterNames(options).map(({ theirs }) => theirs));
    await this.#each(options, async (name, stored, { theirs, shape }) => {
      const [found, wanted] = [stored.shape, shape].map(formatShape);
      if (found !== wanted) throw new Error(`${name} is ${found}, and ${wanted} was expected`);
      if (!isFloat(NUMBER_TYPES[stored.dtype].heldAs)) throw new Error(`${name} holds whole numbers`);
      missing.delete(theirs);
    });
    const [first, ...more] = missing;
    if (first === undefined) return;
    const others = more.length > 0 ? `, and ${more.length} more` : "";
    throw new Error(`${this.#store.path}: the tensor ${first} is missing${others}`);
  }

  /** Puts them into a model that they were checked for. */
  async loadInto(model: GPT): Promise<void> {
    const parameters = model.stateDict();
    await this.#each(model.options, async (_, stored, { ours, transposed }) => {
      const parameter = parameters.get(ours)!;
      await stored.eachPart((part, axis, start) =>
        noGrad(() => {
          const place = parameter.narrow(transposed ? 1 - axis : axis, start, part.shape[axis]);
          place.copy_(transposed ? part.T : part);
        }),
      );
    });
  }

  /** Every tensor that is a parameter. Errors: one that a model of these options does not have. */
  async #each(
    options: GPTOptions,
    use: (name: string, stored: StoredTensor, pair: NamePair) => Promise<void>,
  ): Promise<void> {
    const wanted = new Map(parameterNames(options).map((pair) => [pair.theirs, pair]));
    const tied = options.tiedHead ?? true;
    for (const file of this.#files) {
      await this.#read(file, async (tensors) => {
        for (const [fullName, stored] of tensors) {
          const name = withoutPrefix(fullName);
          if (isBuffer(name) || (tied && name === "lm_head.weight")) continue;
          const pair = wanted.get(name);
          if (pair === undefined)
            throw new Error(`${file}: the tensor ${shortened(fullName)} is none of this architecture's`);
          await use(`${file}: ${shortened(fullName)}`, stored, pair);
        }
      });
    }
  }
}

/** A name in a message. */
const shortened = (name: string) => (/^[\w.]{1,100}$/.test(name) ? name : shown(name));

/** The files that an index names. Errors: it is damaged, or names files elsewhere. */
async function filesOf(index: StoredFile, name: string): Promise<StoredFile[]> {
  const json = await jsonIn(index, "index");
  const map = typeof json === "object" && json !== null && "weight_map" in json ? json.weight_map : undefined;
  if (typeof map !== "object" || map === null) throw new Error(`${index}: it has no weight_map`);
  const ending = name.replace(/^.*\./, ".");
  return Array.from(new Set<unknown>(Object.values(map)), (part) => {
    if (typeof part !== "string" || !/^[\w-][\w.-]*$/.test(part) || !part.endsWith(ending)) {
      throw new Error(`${index}: it names ${shown(part)}, which is no file beside it`);
    }
    return new StoredFile(index.store, part);
  });
}
