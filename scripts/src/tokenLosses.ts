import { type BatchSequence, type Model, type OpenedRun, tokenLosses } from "@lectern/train";
import { tokenizerOf } from "./corpora.ts";
import { UsageError } from "./errors.ts";
import type { Output } from "./output.ts";
import { shownToken } from "./tokenizers.ts";

/** Tells each token's loss, in the data's order. Errors: data with classes, which have no tokens to predict. */
export async function tellTokens(
  run: OpenedRun,
  data: BatchSequence,
  labels: readonly string[] | undefined,
  out: Output,
): Promise<void> {
  if (labels !== undefined) throw new UsageError("--per-token is for language models: this run is a classifier");
  const tokenizer = tokenizerOf(run);
  out.say("loss in nats, and the token");
  for await (const { token, loss } of tokenLosses(run.model as Model, data)) {
    out.say(`${loss.toFixed(3).padStart(7)}  ${shownToken(tokenizer, token)}`);
    out.event("token", { token, text: tokenizer.decode([token]), loss });
  }
  out.say("");
}
