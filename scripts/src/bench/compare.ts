import type { Case, Job, Measurement, ProcessMemory } from "./measurement.ts";
import { ownProgram, type Peer } from "./peers.ts";
import { runForJson } from "./programs.ts";
import { fitPowerLaw, median, type PowerLaw, ratio, type Spread, spread } from "./statistics.ts";

/** A peer's time for a case. */
export interface PeerFigure {
  readonly ms: Spread;
  /** Its time over ours: above 1 where ours is shorter. */
  readonly ratio: Spread;
}

/** A case over all rounds. */
export interface Figure extends Omit<Case, "ms"> {
  readonly ms: Spread;
  readonly peers: Readonly<Record<string, PeerFigure>>;
}

export interface Growth {
  /** `time` or `memory`. */
  readonly of: "time" | "memory";
  readonly axis: string;
  readonly law: PowerLaw;
  /** Between the two largest, where what does not grow weighs least. */
  readonly last: { readonly from: number; readonly to: number; readonly exponent: number };
}

export interface PeerState {
  readonly version: string | undefined;
  readonly memory: ProcessMemory | undefined;
  readonly settings: Measurement["settings"];
  /** Why there are no figures of it. */
  readonly failure?: string;
}

/** One workload, over all rounds, by all who were asked. */
export interface Outcome {
  readonly workload: string;
  readonly rounds: number;
  readonly figures: readonly Figure[];
  readonly growth: readonly Growth[];
  readonly memory: ProcessMemory;
  readonly settings: NonNullable<Measurement["settings"]>;
  readonly profile: Measurement["profile"];
  readonly peers: Readonly<Record<string, PeerState>>;
}

/** Told before and after each process: what it measured, or why it failed. */
export type Listener = (what: { round: number; who: string; measured?: Measurement; failure?: string }) => void;

/**
 * Measures a workload by ourselves and by the peers in turn, each time in a process of its own: A B A B. A slow moment of
 * the machine then hits both. Errors: our own measuring fails; a peer that does is left out.
 */
export async function compare(job: Job, peers: readonly Peer[], rounds: number, tell: Listener): Promise<Outcome> {
  const own: Measurement[] = [];
  const theirs = new Map(peers.map((peer) => [peer.name, [] as Measurement[]]));
  const failures = new Map<string, string>();
  for (let round = 1; round <= rounds; round++) {
    tell({ round, who: "lectern" });
    own.push(await runForJson<Measurement>(job.workload, ownProgram(job)));
    tell({ round, who: "lectern", measured: own.at(-1) });
    // Peers get as many threads as we took.
    const threads = job.threads ?? own[0].settings?.threads;
    for (const peer of peers) {
      if (failures.has(peer.name)) continue;
      tell({ round, who: peer.name });
      try {
        const measured = await runForJson<Measurement>(peer.name, peer.program({ ...job, threads }));
        theirs.get(peer.name)!.push(measured);
        tell({ round, who: peer.name, measured });
      } catch (error) {
        const failure = error instanceof Error ? error.message : String(error);
        failures.set(peer.name, failure);
        tell({ round, who: peer.name, failure });
      }
    }
  }
  return summarize(job.workload, own, theirs, failures);
}

/** Medians over the rounds, and ratios. A peer that failed in any round has no figures. */
export function summarize(
  workload: string,
  own: readonly Measurement[],
  theirs: ReadonlyMap<string, readonly Measurement[]>,
  failures: ReadonlyMap<string, string>,
): Outcome {
  const whole = new Map([...theirs].filter(([name]) => !failures.has(name)));
  const figures = own[0].cases.map((first) => figureOf(first, own, whole));
  const { settings = {}, profile } = own.at(-1)!;
  const states = [...theirs].map(([name, rounds]): [string, PeerState] => [name, stateOf(rounds, failures.get(name))]);
  const growth = [...growthOf("time", figures), ...growthOf("memory", figures)];
  const peers = Object.fromEntries(states);
  return { workload, rounds: own.length, figures, growth, memory: peakOf(own), settings, profile, peers };
}

const timesOf = (name: string, rounds: readonly Measurement[]) =>
  rounds.flatMap(({ cases }) => cases.filter((each) => each.name === name).map(({ ms }) => ms));

function figureOf(
  first: Case,
  own: readonly Measurement[],
  theirs: ReadonlyMap<string, readonly Measurement[]>,
): Figure {
  const ours = timesOf(first.name, own);
  const peers: Record<string, PeerFigure> = {};
  for (const [name, rounds] of theirs) {
    const times = timesOf(first.name, rounds);
    if (times.length === ours.length) peers[name] = { ms: spread(times), ratio: ratio(times, ours) };
  }
  const mine = own.map(({ cases }) => cases.find(({ name }) => name === first.name)!);
  const tensorsMB = first.tensorsMB && median(mine.map((each) => each.tensorsMB!));
  return { ...first, tensorsMB, minMs: Math.min(...mine.map(({ minMs }) => minMs)), ms: spread(ours), peers };
}

function stateOf(rounds: readonly Measurement[], failure: string | undefined): PeerState {
  const last = rounds.at(-1);
  const memory = rounds.length > 0 ? peakOf(rounds) : undefined;
  return { version: last?.version, memory, settings: last?.settings, failure };
}

const peakOf = (rounds: readonly Measurement[]): ProcessMemory => ({
  baselineMB: median(rounds.map(({ memory }) => memory.baselineMB)),
  peakMB: median(rounds.map(({ memory }) => memory.peakMB)),
});

/** How time or memory grows along each axis, where cases lie on one. */
function growthOf(of: Growth["of"], figures: readonly Figure[]): Growth[] {
  const axes = new Set(figures.map(({ axis }) => axis));
  return [...axes].flatMap((axis) => {
    if (axis === undefined) return [];
    const along = figures.filter((figure) => figure.axis === axis);
    const points = along
      .map((figure): [number, number] => [figure.x!, of === "time" ? figure.ms.median : (figure.tensorsMB ?? 0)])
      .sort(([x1], [x2]) => x1 - x2);
    if (points.length < 2 || points.some(([, y]) => y === 0)) return [];
    const [[from], [to]] = points.slice(-2);
    const { exponent } = fitPowerLaw(points.slice(-2));
    return [{ of, axis, law: fitPowerLaw(points), last: { from, to, exponent } }];
  });
}
