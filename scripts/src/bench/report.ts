import { grouped, table } from "../output.ts";
import type { Figure, Growth, Outcome } from "./compare.ts";
import type { ProfiledKernel, StepProfile } from "./profile.ts";
import type { Spread } from "./statistics.ts";
import { STEPS } from "./workloads.ts";

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
  return growth.map(({ of, axis, law, last }) => {
    const [thing, kind = ""] = axis.split(", ");
    const who = kind && ` (${kind})`;
    const end = `from ${grouped(last.from)} to ${grouped(last.to)}: ^${last.exponent.toFixed(2)}`;
    return `${of}${who} grows as ${thing}^${law.exponent.toFixed(2)}  (r² ${law.r2.toFixed(3)}); ${end}`;
  });
}

/** Everything measured, as people read it. */
export function report(outcomes: readonly Outcome[], peers: readonly string[]): string {
  const training = outcomes.filter(({ workload }) => STEPS.includes(workload));
  const parts: string[] = [];
  if (training.length > 0) {
    const rows = training.map(({ workload, figures }) => [workload, figures[0]] as const);
    parts.push(figureTable("one training step", rows, peers), memoryTable(training, peers));
  }
  for (const { workload, figures, growth, profile } of outcomes) {
    if (profile !== undefined) parts.push(`${workload}\n${profileTable(profile, figures[0].ms.median)}`);
    if (STEPS.includes(workload)) continue;
    const rows = figures.map((figure) => [figure.name, figure] as const);
    parts.push([figureTable(workload, rows, peers), ...growthLines(growth)].join("\n"));
  }
  const unsteady = outcomes.filter(isUnsteady).map(({ workload }) => workload);
  if (unsteady.length > 0) {
    const what = "something else was using the machine. Try again while it is idle, or with more --rounds.";
    parts.push(`The slowest round took more than 1.5 times the quickest (${unsteady.join(", ")}): ${what}`);
  }
  return parts.join("\n\n");
}

/** Whether rounds differ by more than a ratio of medians can bear, ours or a peer's. */
function isUnsteady({ figures }: Outcome): boolean {
  const spreads = figures.flatMap(({ ms, peers }) => [ms, ...Object.values(peers).map((peer) => peer.ms)]);
  return spreads.some(({ min, max }) => max > 1.5 * min);
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Kernels that take less than this share of a step are left to the JSON. */
const LEAST_SHARE = 0.002;

/** What a kernel's pass means to people. */
const PASSES: readonly (readonly [ProfiledKernel["phase"], string])[] = [
  ["forward", "forward"],
  ["backward", "backward"],
  ["other", "other (clipping, the optimiser, sums of gradients)"],
];

function profileTable({ roofline, stepMs, outsideMs, kernels }: StepProfile, plainMs: number): string {
  const shown = kernels.filter(({ share }) => share >= LEAST_SHARE);
  const rest = kernels.filter(({ share }) => share < LEAST_SHARE);
  const sum = (some: readonly ProfiledKernel[]) => some.reduce((total, { ms }) => total + ms, 0);
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
  const passes = PASSES.map(([phase, name]) => {
    const ms = sum(kernels.filter((kernel) => kernel.phase === phase));
    return `${name} ${digits(ms)} ms (${percent(ms / stepMs)})`;
  });
  return [
    `a step takes ${digits(plainMs)} ms, and ${digits(stepMs)} ms under the profiler, which waits for each kernel:`,
    `${passes.join(", ")}, outside kernels ${digits(outsideMs)} ms (${percent(outsideMs / stepMs)})`,
    "",
    table([
      ["op: kernel", "pass", "calls", "ms", "share", "GFLOP/s", "GB/s", "roof", "of roof"],
      ...rows,
      ...(rest.length > 0 ? [plain(`${rest.length} smaller ones`, sum(rest))] : []),
      plain("outside kernels", outsideMs),
      plain("a step", stepMs),
    ]),
    "",
    ...rooflineLines(roofline),
  ].join("\n");
}

function rooflineLines({ gflops, gbs }: StepProfile["roofline"]): string[] {
  return [
    `roof: ${digits(gflops)} GFLOP/s in a large product, ${digits(gbs)} GB/s in a large copy, measured just now.`,
    `Where a kernel does more than ${digits(gflops / gbs)} operations for each byte it moves, arithmetic is the roof over it, elsewhere`,
    "memory. Only the operations of products are counted, so a kernel far below the memory's roof may be busy with others,",
    "such as exponentials, or too small. More than 100 % of the memory's roof: the operands lie in a cache.",
  ];
}
