type Student = typeof import("./starter.ts");

export const closed = ["BPETokenizer", "learnTokenizer"];

export const exercises = {
  learn: ({ learnMerges }: Student, { text, count }: { text: string; count: number }): string[][] =>
    learnMerges(text, count).map((merge) => [...merge]),

  encode: ({ encode }: Student, { text, merges }: { text: string; merges: [string, string][] }): string[] => [
    ...encode(text, merges),
  ],
};
