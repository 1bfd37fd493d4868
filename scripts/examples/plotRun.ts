/**
 * A plot of one's own run, as a picture that a browser shows: the training loss, and what the evaluations said. It lies in the
 * run's folder unless another place is named.
 *
 *     npx node scripts/examples/plotRun.ts runs/moby-dick-tiny [picture.svg]
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RunFolder } from "@lectern/train";

const [path = "runs/moby-dick-tiny", file = join(path, "loss.svg")] = process.argv.slice(2);
const metrics = await new RunFolder(path).metrics();

interface Point {
  readonly step: number;
  readonly loss: number;
}

/** The losses of one kind of line. */
const losses = (event: "step" | "evaluate"): Point[] =>
  metrics.filter((line) => line.event === event).map(({ step, loss }) => ({ step, loss: Number(loss) }));

const [training, validation] = [losses("step"), losses("evaluate")];
const all = [...training, ...validation];
if (all.length === 0) throw new Error(`${path} has no metrics yet`);
const [steps, low, high] = [
  Math.max(...all.map(({ step }) => step)),
  Math.min(...all.map(({ loss }) => loss)),
  Math.max(...all.map(({ loss }) => loss)),
];
const [width, height, edge] = [640, 360, 40];
const x = (step: number) => edge + ((width - 2 * edge) * step) / steps;
const y = (loss: number) => height - edge - ((height - 2 * edge) * (loss - low)) / (high - low || 1);
const points = (line: readonly Point[]) => line.map(({ step, loss }) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`);

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="white"/>
<polyline points="${points(training).join(" ")}" fill="none" stroke="#9bb"/>
<polyline points="${points(validation).join(" ")}" fill="none" stroke="#c33" stroke-width="2"/>
${points(validation)
  .map((point) => `<circle cx="${point.split(",")[0]}" cy="${point.split(",")[1]}" r="3" fill="#c33"/>`)
  .join("\n")}
<text x="4" y="${y(high) + 4}">${high.toFixed(2)}</text><text x="4" y="${y(low) + 4}">${low.toFixed(2)}</text>
<text x="${edge}" y="${height - 12}">0</text><text x="${width - 2 * edge}" y="${height - 12}">${steps} steps</text>
<text x="${width / 2}" y="16">loss: training grey, validation red</text>
</svg>
`;
await writeFile(file, svg);
console.log(`${file}: ${training.length} steps and ${validation.length} evaluations of ${path}`);
