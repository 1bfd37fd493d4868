/** A number, and how it was computed: what an engine knows of a graph. */
export interface Value {
  /** 0 before the sweep; after it the derivative of the loss by this number. */
  gradient: number;
  /** The numbers that this one was computed from; none for a parameter. One may stand here twice: x * x. */
  readonly inputs: readonly Value[];
  /** The derivative of this number by each of its inputs, in their order. */
  readonly derivatives: readonly number[];
}

/**
 * The order of the sweep: every number that the loss depends on, the loss itself included, each once, and each before its
 * own inputs. (Where several orders are right, any will do.)
 */
export function order(loss: Value): Value[] {
  throw new Error(`TODO: put the numbers in order; the loss has ${loss.inputs.length} inputs`);
}

/** The sweep: fills in `gradient` of every number that the loss depends on. That of the loss is 1. */
export function backward(loss: Value): void {
  throw new Error(`TODO: go through order(loss); the loss has ${loss.inputs.length} inputs`);
}
