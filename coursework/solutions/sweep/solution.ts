export interface Value {
  gradient: number;
  readonly inputs: readonly Value[];
  readonly derivatives: readonly number[];
}

/** Every number that the loss depends on, each once and before its inputs. (Kahn, 1962) */
export function order(loss: Value): Value[] {
  const uses = new Map<Value, number>();
  const found = [loss];
  for (const value of found) {
    for (const input of value.inputs) {
      if (!uses.has(input)) found.push(input);
      uses.set(input, (uses.get(input) ?? 0) + 1);
    }
  }
  const ready = [loss];
  for (const value of ready) {
    for (const input of value.inputs) {
      const left = uses.get(input)! - 1;
      uses.set(input, left);
      if (left === 0) ready.push(input);
    }
  }
  return ready;
}

/** Fills in the gradient of every number that the loss depends on. */
export function backward(loss: Value): void {
  loss.gradient = 1;
  for (const { gradient, inputs, derivatives } of order(loss)) {
    for (const [i, input] of inputs.entries()) input.gradient += gradient * derivatives[i];
  }
}
