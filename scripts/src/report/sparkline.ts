const BLOCKS = "▁▂▃▄▅▆▇█";

/** A curve in one line of text, averaged into at most so many characters: `▁▂▅█` from the lowest to the highest number of `among`. */
export function sparkline(values: readonly number[], among = values, most = 40): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return "";
  const size = Math.min(most, finite.length);
  const parts = Array.from({ length: size }, (_, i) => {
    const part = finite.slice(Math.floor((i * finite.length) / size), Math.floor(((i + 1) * finite.length) / size));
    return part.reduce((a, b) => a + b, 0) / part.length;
  });
  const all = among.filter(Number.isFinite);
  const [low, high] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  return parts.map((value) => BLOCKS[Math.min(7, Math.floor((8 * (value - low)) / (high - low || 1)))]).join("");
}
