type Student = typeof import("./starter.ts");

export const closed = ["generate", "generateTokens", "multinomial"];

export const exercises = {
  nucleus: (
    { nucleus }: Student,
    { logits, p, temperature }: { logits: number[]; p: number; temperature: number },
  ): number[] => nucleus(logits, { p, temperature }),

  /** A token for each of the uniform numbers. */
  draws: ({ draw }: Student, { probabilities, uniform }: { probabilities: number[]; uniform: number[] }): number[] =>
    uniform.map((u) => draw(probabilities, u)),
};
