import type { Module } from "./module.ts";

/**
 * Gives a function that runs others with a model in evaluation: nothing is random meanwhile, and afterwards every module
 * inside is in the mode it was in, each in its own.
 *
 *     const evaluating = evaluation(model);
 *     const logits = evaluating(() => noGrad(() => model.forward(tokens)));
 *
 * Only a stretch that does not await can be run so: while one program waits, another may train the same model. A loop
 * that awaits puts each of its stretches into one call, which costs next to nothing: the modules are collected once.
 * Errors: an asynchronous function; the modes are put back before it goes on.
 */
export function evaluation(model: Module): <T>(stretch: () => T) => T {
  const modules = Array.from(model.namedModules(), ([, module]) => module);
  return (stretch) => {
    const modes = modules.map(({ training }) => training);
    for (const module of modules) module.training = false;
    try {
      const result = stretch();
      if (result instanceof Promise) {
        throw new TypeError(
          "evaluation: the function is asynchronous, and would go on in whatever mode the model is then: " +
            "wrap each stretch between two awaits",
        );
      }
      return result;
    } finally {
      for (const [i, module] of modules.entries()) module.training = modes[i];
    }
  };
}
