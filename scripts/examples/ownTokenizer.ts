/**
 * A tokenizer of one's own: syllables, roughly. It is trained with, saved with the run, and read again from it.
 *
 *     npx node scripts/examples/ownTokenizer.ts [steps]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualSeed } from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import { GPT } from "@lectern/nn";
import { AdamW, generate, RunFolder, registerTokenizer, type Tokenizer, Trainer, textData } from "@lectern/train";

/** Consonants and the vowel behind them make a token; so does any other single character. */
const SYLLABLE = /[bcdfghjklmnpqrstvwxz]*[aeiouy]|./gisu;

class SyllableTokenizer implements Tokenizer {
  readonly size: number;
  readonly unit = "syllable";
  readonly special = { unknown: 0 };
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  constructor(tokens: readonly string[]) {
    this.size = tokens.length;
    this.#tokens = tokens;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
  }

  /** The most frequent syllables of a text. */
  static from(text: string, size = 500): SyllableTokenizer {
    const counts = new Map<string, number>();
    for (const [syllable] of text.matchAll(SYLLABLE)) counts.set(syllable, (counts.get(syllable) ?? 0) + 1);
    const frequent = [...counts].sort(([, a], [, b]) => b - a).map(([syllable]) => syllable);
    return new SyllableTokenizer(["?", ...frequent.filter((syllable) => syllable !== "?").slice(0, size - 1)]);
  }

  encode(text: string): Int32Array {
    return Int32Array.from(text.match(SYLLABLE) ?? [], (syllable) => this.#ids.get(syllable) ?? this.special.unknown);
  }

  decode(tokens: ArrayLike<number>): string {
    return Array.from(tokens, (id) => this.#tokens[id]).join("");
  }

  toJSON() {
    return { format: "lectern-tokenizer-1", kind: "syllables", tokens: this.#tokens } as const;
  }
}

// From here on it is saved with runs, and read from them.
registerTokenizer({
  kind: "syllables",
  name: "syllable",
  from: (texts, { size }) => SyllableTokenizer.from(texts.join("\n"), size),
  fromJSON: (json) => new SyllableTokenizer(json.tokens as string[]),
});

manualSeed(1);
const steps = Number(process.argv[2] ?? 300);
const corpus = await loadText("moby-dick");
const tokenizer = SyllableTokenizer.from(corpus.train);
const { train, validation } = textData(corpus, { context: 32, batch: 8, tokenizer });
const model = new GPT({ vocabulary: tokenizer.size, layers: 2, heads: 4, width: 64, context: 32 });

const out = await mkdtemp(join(tmpdir(), "lectern-syllables-"));
const optimizer = new AdamW(model.parameters(), { lr: 3e-3 });
await new Trainer({ model, optimizer, tokenizer, out }).fit(train, { steps, validation, evaluateBatches: 20 });

const again = await new RunFolder(out).tokenizer();
console.log(`${again.size} tokens; "Call me Ishmael" is ${again.encode("Call me Ishmael").length} of them`);
console.log(await generate(model, again, "Call me ", { tokens: 100, temperature: 0.7, seed: 1 }));
await rm(out, { recursive: true });
