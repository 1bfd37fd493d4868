import type { ImageCorpus, ImageOptions, LabelledImage } from "../entry.ts";
import { holdOut, shuffled } from "./split.ts";

const SIZE = 28;

/**
 * The first 10,000 of MNIST's digits. The package has them digit by digit and without a split, so they are shuffled by the
 * seed before the last fifth is held out.
 */
export async function readDigits({ seed = 0, ...amount }: ImageOptions): Promise<ImageCorpus> {
  const { digits } = await import("#digits");
  if (digits === undefined)
    throw new Error("digits: the package takes 20 MB as a script, so that pages are made without it");
  const images = digits.flatMap(({ raw }, label) => picturesOf(raw, label));
  return {
    name: "digits",
    labels: digits.map((_, digit) => String(digit)),
    shape: [1, SIZE, SIZE],
    ...holdOut("digits", shuffled(images, seed), amount),
    split: { kind: "shuffled", seed },
  };
}

function picturesOf(raw: readonly number[], label: number): LabelledImage[] {
  // One array for all of a digit's pictures, which are stretches of it.
  const all = Float32Array.from(raw);
  const pixels = SIZE * SIZE;
  return Array.from({ length: all.length / pixels }, (_, i) => ({
    pixels: all.subarray(i * pixels, (i + 1) * pixels),
    label,
  }));
}
