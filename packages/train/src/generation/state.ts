import type { Tensor } from "@lectern/autograd";
import type { Model } from "../model.ts";

/** A model of the next token: int32 [batch, time] -> logits [batch, time, vocabulary]. */
export interface LanguageModel extends Model {
  readonly options?: {
    /** The most tokens it can see at once; as many as there are unless given. */
    readonly context?: number;
  };
}

/**
 * What a model keeps of the texts it has read, which grow next to each other: keys and values, as `KeyValueCache`, or the
 * hidden vectors of a recurrent network.
 */
export interface GenerationState {
  /** Tokens it has read of each text. */
  readonly length: number;
  /** Forgets everything: the next tokens begin the texts. */
  clear(): void;
  /**
   * From now on text i goes on from what was text `rows[i]`: texts may change places, be left out, and be copied, and so
   * their number may change.
   */
  reorder(rows: readonly number[]): void;
}

/** One that can go on where it stopped, as `GPT` does: each further token then costs as much as one position. */
export interface CachingLanguageModel<State extends GenerationState = GenerationState> extends LanguageModel {
  /** The state of `batch` texts of which nothing has been read. */
  makeCache(batch: number): State;
  /**
   * Logits for the new tokens alone, [batch, new, vocabulary], or with `last` for the last of them if the model likes,
   * [batch, 1, vocabulary]; the state has read them all then. Records no gradients.
   */
  forwardCached(tokens: Tensor, state: State, options?: { readonly last?: boolean }): Tensor;
}

export const canCache = (model: LanguageModel): model is CachingLanguageModel => "makeCache" in model;
