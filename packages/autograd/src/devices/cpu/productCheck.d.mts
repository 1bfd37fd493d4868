/** c = alpha a b + beta c on addresses, steps in floats; see library.mjs. */
export type Multiply = (
  transposeA: boolean,
  transposeB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: number,
  aStep: number,
  b: number,
  bStep: number,
  beta: number,
  c: number,
  cStep: number,
) => void;

export declare function checked(
  multiply: Multiply,
  memory: { readonly buffer: ArrayBufferLike },
  fault: number,
): Multiply;
