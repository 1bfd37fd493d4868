import { styleText } from "node:util";
import { BPETokenizer, encodeText, type Tokenizer } from "@lectern/train";
import { readCorpus, readTextOf } from "../corpora.ts";
import { UsageError } from "../errors.ts";
import { grouped, type Output, output, table } from "../output.ts";
import { encodingOption } from "../tasks/options.ts";
import { shownToken, tokenizerFor } from "../tokenizers.ts";
import { defineCommand } from "./command.ts";

/** `lectern tokenize`: the pieces of a text under any tokenizer, and a comparison of several. */
export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("text", { type: "string", array: true, describe: "What to cut into tokens (default: --file)" })
      .options({
        tokenizer: {
          type: "string",
          default: "bpe:1000",
          requiresArg: true,
          describe:
            "char, byte, word:<n>, bpe:<n>, a run's or checkpoint's folder, or a tokenizer.json; several with commas",
        },
        data: {
          type: "string",
          default: "moby-dick",
          requiresArg: true,
          describe: "The text that tokenizers are learned from: a data set's name, or a file",
        },
        file: { type: "string", requiresArg: true, describe: "A text file to cut into tokens" },
        encoding: {
          ...encodingOption.encoding,
          describe: "The files' encoding, such as windows-1251 (default: utf-8)",
        },
        merges: { type: "boolean", default: false, describe: "Show how byte-pair encoding merges each word" },
      })
      .example([
        ["$0 tokenize 'the white whale'", "Learn byte pairs from Moby-Dick, and show the pieces"],
        ["$0 tokenize 'Вот кит' --tokenizer char,byte,bpe:2000 --data my.txt", "Compare three"],
        ["$0 tokenize 'unbelievable' --merges", "How its bytes become tokens, merge by merge"],
      ]),

  async run(options) {
    const out = output(options.json);
    const text = await textOf(options);
    const corpus = async () => {
      const { train, validation } = await readCorpus(options.data, options.json, options.encoding);
      return [train, validation];
    };
    const rows: string[][] = [["tokenizer", "size", "tokens", "tokens a character", "bytes a token"]];
    for (const choice of options.tokenizer.split(",")) {
      const tokenizer = await tokenizerFor(choice, corpus, { unknown: true });
      const tokens = encodeText(tokenizer, text);
      const [characters, bytes] = [[...text].length, Buffer.byteLength(text)];
      tellTokens(out, choice, tokenizer, tokens);
      if (options.merges) tellSteps(out, tokenizer, text);
      const [each, size] = [tokens.length / characters, bytes / tokens.length];
      rows.push([choice, grouped(tokenizer.size), grouped(tokens.length), each.toFixed(3), size.toFixed(3)]);
      out.event("tokens", {
        ...{ tokenizer: choice, size: tokenizer.size, tokens: [...tokens], characters, bytes },
        pieces: Array.from(tokens, (token) => shownToken(tokenizer, token)),
      });
    }
    out.say(table(rows));
    out.event("done", { tokenizers: rows.length - 1 });
  },
});

/** Errors: neither a text nor a file, or both; an empty one. */
async function textOf({
  text = [],
  file,
  encoding,
}: {
  text?: readonly (string | number)[];
  file?: string;
  encoding?: string;
}): Promise<string> {
  if (text.length > 0 === (file !== undefined)) {
    throw new UsageError("give a text, or --file: `lectern tokenize 'the white whale'`");
  }
  const given = file === undefined ? text.join(" ") : await readTextOf("file", file, encoding);
  if (given === "") throw new UsageError("the text is empty, it has no tokens");
  return given;
}

const COLOURS = ["bgBlue", "bgMagenta", "bgCyan", "bgYellow"] as const;

/** The pieces in colours where there are some, with lines between them where there are none, and their ids. */
function tellTokens(out: Output, choice: string, tokenizer: Tokenizer, tokens: Int32Array): void {
  const coloured = process.stdout.isTTY && process.env.NO_COLOR === undefined;
  const pieces = Array.from(tokens, (token) => shownToken(tokenizer, token));
  const shown = coloured
    ? pieces.map((piece, i) => styleText([COLOURS[i % COLOURS.length], "black"], piece)).join("")
    : pieces.join("|");
  out.say(`${choice}\n  ${shown}\n  ${tokens.join(" ")}\n`);
}

function tellSteps(out: Output, tokenizer: Tokenizer, text: string): void {
  if (!(tokenizer instanceof BPETokenizer)) return;
  for (const word of tokenizer.words(text)) {
    const steps = tokenizer.steps(word);
    out.say(`${steps.map((tokens) => `  ${tokens.join(" ")}`).join("\n")}\n`);
    out.event("steps", { word, steps });
  }
}
