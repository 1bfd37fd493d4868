import type { named } from "../ops/pointwise.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Functions of one tensor that are methods of every tensor under their own name, `x.exp()` for `exp(x)`: `ops/pointwise.ts`
 * adds them where it defines them. Nothing that runs is imported here, so it does not matter which file is loaded first.
 */
type Named = { readonly [Name in keyof typeof named]: (this: Tensor) => Tensor };

class Methods {}

export const NamedMethods = Methods as unknown as abstract new () => Named;

export function addMethods(functions: Readonly<Record<string, (x: Tensor) => Tensor>>): void {
  for (const [name, of] of Object.entries(functions)) {
    const value = function (this: Tensor): Tensor {
      return of(this);
    };
    Object.defineProperty(Methods.prototype, name, { value, configurable: true, writable: true });
  }
}
