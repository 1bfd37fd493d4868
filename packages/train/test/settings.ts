import { GPT, TransformerClassifier } from "@lectern/nn";
import {
  type BatchSequence,
  type BatchSource,
  DataLoader,
  type Model,
  SortedExamples,
  textData,
} from "../src/index.ts";

/** A model with its data. */
export interface Setting {
  model: Model;
  train: BatchSource;
  validation: BatchSequence;
}

/** With dropout, so that the random generator's state counts too. */
export function language(): Setting {
  const { train, validation, tokenizer } = textData("the whale, the white whale! ".repeat(20), {
    context: 8,
    batch: 3,
  });
  const options = { vocabulary: tokenizer.size, layers: 1, heads: 2, width: 8, context: 8, dropout: 0.2 };
  return { model: new GPT(options), train, validation };
}

/** The same, large enough that the work is shared out among threads. */
export function wide(): Setting {
  const { train, validation, tokenizer } = textData("the whale, the white whale! ".repeat(60), {
    context: 32,
    batch: 16,
  });
  const options = { vocabulary: tokenizer.size, layers: 1, heads: 4, width: 64, context: 32, dropout: 0.1 };
  return { model: new GPT(options), train, validation };
}

export function classification(): Setting {
  const examples = Array.from({ length: 30 }, (_, i) => ({
    tokens: Int32Array.from({ length: 1 + (i % 7) }, (_, j) => 1 + ((i * (j + 3)) % 9)),
    label: i % 2,
  }));
  const options = { vocabulary: 10, classes: 2, layers: 1, heads: 2, width: 8, context: 8, dropout: 0.2 };
  const model = new TransformerClassifier(options);
  const data = { batch: 4, maxLength: 8 };
  return { model, train: new DataLoader(examples, data), validation: new SortedExamples(examples, data) };
}
