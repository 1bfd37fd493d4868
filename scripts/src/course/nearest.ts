/** The name that is meant by a mistyped one; undefined where none is near. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, far: distance(typed.toLowerCase(), name) }))
    .sort((a, b) => a.far - b.far)
    .find(({ name, far }) => far <= Math.max(2, name.length / 3));
  return near?.name ?? names.find((name) => typed.length > 2 && (name.includes(typed) || typed.includes(name)));
}

/** How many letters have to be put in, taken out or changed. (Levenshtein, 1965) */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
