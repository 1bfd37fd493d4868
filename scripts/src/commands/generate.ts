import { GPT } from "@lectern/nn";
import {
  type ExplainedBeams,
  type ExplainedChoice,
  generateScoredTexts,
  type LanguageModel,
  strategyNames,
  type Tokenizer,
} from "@lectern/train";
import { answerEnd, codeOf, firstPrompt, knows, tokenizerOf } from "../corpora.ts";
import { openDevice } from "../device.ts";
import { UsageError } from "../errors.ts";
import { explainTo, tellAttention } from "../explanation.ts";
import { openModel } from "../models/open.ts";
import { count, deviceOptions, langOption, numberOption, runPosition, seedOption, TEMPERATURE } from "../options.ts";
import { output } from "../output.ts";
import { defineCommand } from "./command.ts";

/** `lectern generate`: goes on from a prompt with a trained language model, and prints each token as it comes. */
export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("run", runPosition)
      .options({
        prompt: {
          type: "string",
          array: true,
          nargs: 1,
          describe: "What to go on from (default: a new line); given several times, all go on together",
        },
        unknown: {
          choices: ["refuse", "skip"] as const,
          default: "refuse" as "refuse" | "skip",
          requiresArg: true,
          describe: "What becomes of characters in the prompt that the model does not know",
        },
        tokens: count("tokens", "Tokens to write (default: 300)"),
        strategy: {
          choices: strategyNames(),
          default: "sample",
          requiresArg: true,
          describe: "Take the likeliest token, draw one, or look for the likeliest text among several (beam)",
        },
        temperature: numberOption(
          "temperature",
          `Below 1 likely tokens become likelier; 0 is the likeliest always, as --strategy greedy (default: ${TEMPERATURE})`,
          { min: 0 },
        ),
        "top-k": count("top-k", "Draw from so many of the likeliest only"),
        "top-p": numberOption("top-p", "Draw from the likeliest that have this probability together", {
          min: 0,
          max: 1,
          above: true,
        }),
        "min-p": numberOption("min-p", "Draw from tokens that are at least this share as likely as the likeliest", {
          min: 0,
          max: 1,
          above: true,
        }),
        "repetition-penalty": numberOption(
          "repetition-penalty",
          "Above 1, tokens that the text holds already become less likely",
          { min: 0, above: true },
        ),
        beams: count("beams", `Texts that beam search keeps next to each other (default: ${BEAMS})`),
        stop: {
          type: "string",
          array: true,
          nargs: 1,
          describe: "End the text before this; given several times, before what comes first",
        },
        samples: count("samples", "Texts from the prompt; with --strategy beam the best of the beams"),
        "length-penalty": numberOption(
          "length-penalty",
          "Beam search: above 0, long texts count for more (default: 1)",
          {
            min: -100,
          },
        ),
        "early-stopping": {
          type: "boolean",
          default: false,
          describe: "Beam search: end with as many complete texts as there are beams",
        },
        explain: { type: "boolean", default: false, describe: "Show how each token is chosen" },
        page: { type: "string", requiresArg: true, describe: "With --explain: a page (.html) of it, with pictures" },
        lang: langOption,
        seed: seedOption,
        ...deviceOptions,
      })
      .example([
        ["$0 generate runs/moby-dick-tiny --prompt 'The sea'", "Draw each character as the model weighs it"],
        ["$0 generate runs/moby-dick-tiny --temperature 0.5 --top-k 10", "Play safe"],
        ["$0 generate moby-small --prompt 'The whale'", "With a model that comes with Lectern"],
        ["$0 generate gpt2 --prompt 'The sea'", "With one that is downloaded at its first use"],
        ["$0 generate runs/moby-dick-tiny --strategy greedy", "Always the likeliest: soon repeats itself"],
        ["$0 generate runs/moby-dick-tiny --strategy beam --beams 8 --samples 3", "The three likeliest texts of eight"],
        ["$0 generate runs/moby-dick-tiny --tokens 3 --top-k 5 --explain", "What there was to choose from"],
        [
          "$0 generate runs/moby-dick-tiny --tokens 8 --strategy beam --explain --page beams.html",
          "The tree of the beams, and each head's attention, as a page",
        ],
      ]),

  async run(options) {
    const out = output(options.json);
    if (options.prompt?.includes(""))
      throw new UsageError("--prompt is empty; leave it away, or give one character at least");
    if (options.page !== undefined && !options.explain) throw new UsageError("--page needs --explain, which it shows");
    if (options.explain && options.prompt !== undefined && options.prompt.length > 1) {
      throw new UsageError("--explain is for one --prompt");
    }
    await openDevice(options);
    const { run, loadSeconds, memoryMB } = await openModel(options.run, options.json);
    if (run.predicts !== "tokens") {
      throw new UsageError(
        `${options.run} is a classifier, which writes no text; name a run of \`lectern train char\``,
      );
    }
    const tokenizer = tokenizerOf(run);
    const given = options.prompt?.map((prompt) => knownPart(tokenizer, prompt, options.unknown));
    const prompts = given ?? [firstPrompt(tokenizer)];
    const [prompt] = prompts;
    const { tokens = 300, seed, samples = 1, explain } = options;
    const stop = options.stop ?? answerEnd(run);
    // Several texts, or one between explanations, are shown when they are whole.
    const flowing = samples === 1 && prompts.length === 1 && !explain;
    const choice = choiceOf(options);
    const write = (text: string) => {
      if (!out.json && flowing) process.stdout.write(text);
    };
    if (given !== undefined) write(prompt);
    const steps: (ExplainedChoice | ExplainedBeams)[] = [];
    const tellStep = explainTo(out, tokenizer);
    const start = performance.now();
    const found = await generateScoredTexts(run.model as unknown as LanguageModel, tokenizer, prompts, {
      ...{ tokens, seed, samples, stop, ...choice },
      onExplain: explain
        ? (step) => {
            steps.push(step);
            tellStep(step);
          }
        : undefined,
      onToken: write,
    });
    const seconds = (performance.now() - start) / 1000;
    write("\n");
    for (const { text: whole, score } of flowing ? [] : found) out.say(`\n[${score.toFixed(3)}] ${whole}`);
    const [{ text, tokens: added, score }] = found;
    if (found.length > 1) for (const one of found) out.event("text", one);
    if (explain && run.model instanceof GPT) {
      await tellAttention(out, run.model, Int32Array.from([...tokenizer.encode(prompt), ...added]));
    }
    if (options.page !== undefined) {
      const { writeExplanation } = await import("../report/explainPage.ts");
      await writeExplanation(options.page, { run, tokenizer, prompt, text, added, steps }, options.lang);
      out.say(`\n${options.page}`);
    }
    out.event("done", {
      ...{ prompt, text, tokens: added.length, score },
      ...{ tokensPerSecond: (added.length * found.length) / seconds, device: options.device, run: options.run },
      ...{ loadSeconds, memoryMB },
    });
  },
});

interface Choice {
  readonly strategy: string;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly beams?: number;
  readonly lengthPenalty?: number;
  readonly earlyStopping?: boolean;
  readonly samples?: number;
}

/** Beams that are kept next to each other unless said otherwise. */
const BEAMS = 4;

/** What shapes a draw, and is nothing to those that do not draw. */
const DRAWING = { temperature: "--temperature", topK: "--top-k", topP: "--top-p", minP: "--min-p" } as const;

/** How tokens are chosen. Says on standard error what is not used. */
function choiceOf(given: Choice): Choice {
  const { strategy, temperature, topK, topP, minP, repetitionPenalty, beams, lengthPenalty, earlyStopping } = given;
  const { samples = 1 } = given;
  if (strategy === "beam" && samples > (beams ?? BEAMS)) {
    throw new UsageError(`--samples is ${samples}, and of ${beams ?? BEAMS} beams as many texts come out at most`);
  }
  const drawing = { temperature: temperature === 0 ? undefined : temperature, topK, topP, minP };
  const greedy = strategy === "greedy" || (strategy === "sample" && temperature === 0);
  if (!greedy && strategy !== "sample") {
    return { strategy, temperature, topK, topP, minP, repetitionPenalty, beams, lengthPenalty, earlyStopping };
  }
  if (beams !== undefined) throw new UsageError("--beams needs --strategy beam");
  if (greedy && samples > 1) {
    throw new UsageError(
      "--samples is for texts that are drawn, and for beams: the likeliest token always makes one text",
    );
  }
  if (!greedy) return { strategy, ...drawing, temperature: temperature ?? TEMPERATURE, repetitionPenalty };
  const unused = Object.entries(drawing).filter(([, value]) => value !== undefined);
  if (unused.length > 0) {
    const names = unused.map(([name]) => DRAWING[name as keyof typeof DRAWING]).join(" and ");
    const why = strategy === "greedy" ? "--strategy greedy" : "--temperature 0";
    console.error(`${names} is not used: ${why} takes the likeliest token always`);
  }
  return { strategy: "greedy", repetitionPenalty };
}

/** The characters of a prompt that the model knows. Errors: there are others, unless they are to be skipped; names them, and those it knows. */
function knownPart(tokenizer: Tokenizer, prompt: string, unknown: "refuse" | "skip"): string {
  const characters = [...prompt];
  const strange = new Set(characters.filter((character) => !knows(tokenizer, character)));
  if (strange.size === 0) return prompt;
  const named = [...strange].map((character) => `${JSON.stringify(character)} (${codeOf(character)})`).join(", ");
  if (unknown === "refuse") {
    throw new UsageError(
      `--prompt: the model does not know ${named}; it knows ${alphabetOf(tokenizer)}: leave it out, or give --unknown skip`,
    );
  }
  const rest = characters.filter((character) => !strange.has(character)).join("");
  if (rest === "")
    throw new UsageError(`--prompt: nothing is left of it without ${named}, which the model does not know`);
  return rest;
}

/** The characters that a tokenizer has, one behind the other. */
function alphabetOf(tokenizer: Tokenizer): string {
  const tokens = Array.from({ length: Math.min(tokenizer.size, 200) }, (_, id) => tokenizer.decode([id]));
  return JSON.stringify(tokens.join(""));
}
