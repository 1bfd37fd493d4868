import { kindOf, type LoRAOptions, loraLayers, type Module } from "@lectern/nn";
import type { RunConfig, RunFolder } from "./run.ts";
import { tokenizerToJSON } from "./tokenizers/kinds.ts";
import type { Tokenizer } from "./tokenizers/tokenizer.ts";

/** A run cannot be gone on with, because something is not what it was trained with. */
export class ResumeError extends Error {
  override readonly name = "ResumeError";
}

/** What a model is, for `config.json`: its kind, its options and its adapters; undefined where its class was not registered. */
export function describeModel(model: Module): Record<string, unknown> | undefined {
  const kind = kindOf(model);
  return kind && { kind: kind.name, ...kind.options, lora: adaptersOf(model) };
}

/** Undefined where there are none. */
function adaptersOf(model: Module): LoRAOptions | undefined {
  const layers = loraLayers(model);
  const [first] = layers.values();
  return first && { rank: first.rank, alpha: first.alpha, on: [...layers.keys()] };
}

/** What has to be the same where a run is gone on with. */
export interface Identity {
  readonly model: Module;
  readonly tokenizer?: Tokenizer;
  /** What the data are, as their source describes them. */
  readonly data: RunConfig;
}

/** Errors: the folder holds a run of another model, tokenizer or data; says what differs. */
export async function assertSameRun(run: RunFolder, { model, tokenizer, data }: Identity): Promise<void> {
  const config = await run.config().catch((): RunConfig => ({}));
  const before = { ...config, ...((config.model as object | undefined) ?? {}) };
  const now = { ...describeModel(model), ...data };
  const differing = [...differences(before, now), ...(await tokenizerDifference(run, tokenizer))];
  if (differing.length === 0) return;
  throw new ResumeError(
    `${run.path} holds another run (${differing.join("; ")}): give what it was made with, or train into another folder`,
  );
}

/** `width 64 there, 128 here`, of what both sides know. */
function differences(there: Readonly<Record<string, unknown>>, here: Readonly<Record<string, unknown>>): string[] {
  const asText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return Object.entries(here)
    .filter(([key, value]) => there[key] !== undefined && asText(there[key]) !== asText(value))
    .map(([key, value]) => `${key} ${asText(there[key])} there, ${asText(value)} here`);
}

async function tokenizerDifference(run: RunFolder, tokenizer: Tokenizer | undefined): Promise<string[]> {
  if (tokenizer === undefined || !(await run.file("tokenizer.json").exists())) return [];
  const before = await run.tokenizer();
  if (JSON.stringify(tokenizerToJSON(before)) === JSON.stringify(tokenizerToJSON(tokenizer))) return [];
  return [`the tokenizer: ${tokensApart(before, tokenizer)}`];
}

/** Names some of the tokens that only one of two tokenizers has. */
function tokensApart(there: Tokenizer, here: Tokenizer): string {
  const [before, now] = [there, here].map((tokenizer) => {
    const { tokens } = tokenizerToJSON(tokenizer);
    return Array.isArray(tokens) ? tokens.map(String) : [];
  });
  const only = (some: readonly string[], others: readonly string[]) => {
    const rest = new Set(others);
    const list = some.filter((token) => !rest.has(token));
    const shown = list.slice(0, 5).map((token) => JSON.stringify(token));
    return list.length > shown.length ? `${shown.join(" ")} …` : shown.join(" ") || "nothing";
  };
  return `${there.size} tokens there, ${here.size} here, and only there ${only(before, now)}, only here ${only(now, before)}`;
}
