import { table } from "../output.ts";
import type { Figure, Growth, Outcome } from "./compare.ts";
import type { StepProfile } from "./profile.ts";
import type { Spread } from "./statistics.ts";
import { TRAINING } from "./workloads.ts";

/** A number to three digits at least, without digits that mean nothing. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** "37.1 (36.9–38.0)": median, least and most over the rounds. */
export function withSpread({ median, min, max }: Spread): string {
  return min === max ? digits(median) : `${digits(median)} (${digits(min)}–${digits(max)})`;
}

const perSecond = (count: number | undefined, ms: number) => (count === undefined ? undefined : (count / ms) * 1e3);

/** What a case's rate is measured in, for JSON and tables. */
export function rates({ flops, tokens, ms }: Figure): { gflops?: number; tokensPerSecond?: number } {
  const [gflops, tokensPerSecond] = [perSecond(flops, ms.median), perSecond(tokens, ms.median)];
  return { gflops: gflops && gflops / 1e9, tokensPerSecond };
}

type Column = readonly [heading: string, cell: (figure: Figure) => string | undefined];

function columns(figures: readonly Figure[], peers: readonly string[]): Column[] {
  const number = (value: number | undefined) => (value === undefined ? undefined : digits(value));
  const all: Column[] = [
    ["ms", ({ ms }) => withSpread(ms)],
    ["GFLOP/s", (figure) => number(rates(figure).gflops)],
    ["tokens/s", (figure) => number(rates(figure).tokensPerSecond)],
    ["tensors, MB", ({ tensorsMB }) => number(tensorsMB)],
    ...peers.flatMap((peer): Column[] => [
      [`${peer}, ms`, (figure) => figure.peers[peer] && withSpread(figure.peers[peer].ms)],
      [`${peer} / lectern`, (figure) => figure.peers[peer] && withSpread(figure.peers[peer].ratio)],
    ]),
  ];
  return all.filter(([, cell]) => figures.some((figure) => cell(figure) !== undefined));
}

function figureTable(first: string, rows: readonly (readonly [string, Figure])[], peers: readonly string[]): string {
  const shown = columns(
    rows.map(([, figure]) => figure),
    peers,
  );
  return table([
    [first, ...shown.map(([heading]) => heading)],
    ...rows.map(([name, figure]) => [name, ...shown.map(([, cell]) => cell(figure) ?? "-")]),
  ]);
}

/** Resident memory of the processes that trained: at most, and how much more than when all was imported. */
function memoryTable(outcomes: readonly Outcome[], peers: readonly string[]): string {
  const cell = (memory: Outcome["memory"] | undefined) =>
    memory === undefined ? "-" : `${digits(memory.peakMB)} (${digits(memory.peakMB - memory.baselineMB)})`;
  const held = peers.filter((peer) => outcomes.some((outcome) => outcome.peers[peer]?.memory !== undefined));
  return table([
    ["resident memory, MB (above the start's)", "lectern", ...held],
    ...outcomes.map((outcome) => [
      outcome.workload,
      cell(outcome.memory),
      ...held.map((peer) => cell(outcome.peers[peer]?.memory)),
    ]),
  ]);
}

function growthLines(growth: readonly Growth[]): string[] {
  return growth.map(({ of, axis, law }) => {
    const [thing, kind = ""] = axis.split(", ");
    const who = kind && ` (${kind})`;
    return `${of}${who} grows as ${thing}^${law.exponent.toFixed(2)}  (r² ${law.r2.toFixed(3)})`;
  });
}

/** Everything measured, as people read it. */
export function report(outcomes: readonly Outcome[], peers: readonly string[]): string {
  const training = outcomes.filter(({ workload }) => TRAINING.includes(workload));
  const parts: string[] = [];
  if (training.length > 0) {
    const rows = training.map(({ workload, figures }) => [workload, figures[0]] as const);
    parts.push(figureTable("one training step", rows, peers), memoryTable(training, peers));
  }
  for (const { workload, figures, growth, profile } of outcomes) {
    if (profile !== undefined) parts.push(`${workload}\n${profileTable(profile)}`);
    if (TRAINING.includes(workload)) continue;
    const rows = figures.map((figure) => [figure.name, figure] as const);
    parts.push([figureTable(workload, rows, peers), ...growthLines(growth)].join("\n"));
  }
  return parts.join("\n\n");
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Kernels that take less than this share of a step are left to the JSON. */
const LEAST_SHARE = 0.002;

function profileTable({ roofline, stepMs, outsideMs, kernels }: StepProfile): string {
  const shown = kernels.filter(({ share }) => share >= LEAST_SHARE);
  const rest = kernels.filter(({ share }) => share < LEAST_SHARE);
  const restMs = rest.reduce((sum, { ms }) => sum + ms, 0);
  const ridge = roofline.gflops / roofline.gbs;
  const plain = (name: string, ms: number) => [name, "", "", digits(ms), percent(ms / stepMs), "", "", "", ""];
  const rows = shown.map((row) => [
    row.op === row.kernel ? row.op : `${row.op}: ${row.kernel}`,
    row.phase,
    String(Number(row.calls.toFixed(1))),
    digits(row.ms),
    percent(row.share),
    row.gflops > 0 ? digits(row.gflops) : "-",
    digits(row.gbs),
    row.bound,
    percent(row.ofRoof),
  ]);
  return [
    `a step under the profiler: ${digits(stepMs)} ms`,
    table([
      ["op: kernel", "pass", "calls", "ms", "share", "GFLOP/s", "GB/s", "bound by", "of roof"],
      ...rows,
      ...(rest.length > 0 ? [plain(`${rest.length} smaller ones`, restMs)] : []),
      plain("outside kernels", outsideMs),
    ]),
    `roof: ${digits(roofline.gflops)} GFLOP/s in a large product, ${digits(roofline.gbs)} GB/s in a large copy. A kernel with more ` +
      `than ${digits(ridge)} operations a byte is bound by arithmetic, else by memory. More than 100 % of the memory's roof: ` +
      "its operands lie in a cache.",
  ].join("\n");
}
