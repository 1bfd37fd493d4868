import { existsSync, readFileSync } from "node:fs";

/** A module's own text: of one that was made of TypeScript, as the lecture's are in the published package, that TypeScript. */
export function sourceOf(file: string): { file: string; text: string } {
  const map = `${file}.map`;
  if (!existsSync(map)) return { file, text: readFileSync(file, "utf8") };
  const { sourcesContent } = JSON.parse(readFileSync(map, "utf8")) as { sourcesContent: readonly [string] };
  return { file: file.replace(/\.js$/, ".ts"), text: sourcesContent[0] };
}

/**
 * The lines between `// #region name` and `// #endregion`, without what they are indented by: code is shown from the file that
 * runs, so that the two cannot differ. Regions may lie within each other. Errors: there is no such region; names those there are.
 */
export function regionOf(source: string, name: string): string {
  const lines = source.split(/\r?\n/);
  const start = lines.findIndex((line) => line.trim() === `// #region ${name}`);
  if (start < 0) {
    const known = lines.flatMap((line) => /^\s*\/\/ #region (.+?)\s*$/.exec(line)?.[1] ?? []);
    throw new Error(`there is no \`// #region ${name}\` in the file; it has ${known.join(", ") || "none"}`);
  }
  const found: string[] = [];
  for (let [i, depth] = [start + 1, 1]; ; i++) {
    if (i === lines.length) throw new Error(`\`// #region ${name}\` has no \`// #endregion\``);
    const marker = /^\s*\/\/ #(end)?region\b/.exec(lines[i]);
    if (marker === null) found.push(lines[i]);
    else depth += marker[1] === undefined ? 1 : -1;
    if (depth === 0) break;
  }
  const indent = Math.min(...found.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)));
  return found.map((line) => line.slice(indent)).join("\n");
}
