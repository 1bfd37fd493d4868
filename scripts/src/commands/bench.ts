import { compare, type Listener, type Outcome } from "../bench/compare.ts";
import type { Job, Settings } from "../bench/measurement.ts";
import { benchOptions, namesAmong } from "../bench/options.ts";
import { type Missing, PEERS, type Peer } from "../bench/peers.ts";
import { exitWhenStopped } from "../bench/programs.ts";
import { benchProgress, type Progress } from "../bench/progress.ts";
import { digits, rates, report } from "../bench/report.ts";
import { NAMES, STEPS, TRAINING } from "../bench/workloads.ts";
import { whyNoGpu } from "../device.ts";
import { UsageError } from "../errors.ts";
import { checkDevice, type DeviceName, type DeviceOptions } from "../options.ts";
import { type Output, output } from "../output.ts";
import { processorName } from "../processor.ts";
import { defineCommand } from "./command.ts";

export interface BenchOptions extends DeviceOptions {
  readonly workload: readonly string[];
  /** Peers, separated by commas. */
  readonly vs?: string;
  readonly rounds?: number;
  readonly steps?: number;
  readonly threads?: number;
  readonly blas: "on" | "off";
  readonly profile: boolean;
  readonly json: boolean;
}

const ROUNDS = 3;

/** What is to be measured: one workload, by ourselves and by the peers that can. */
interface Plan {
  readonly job: Job;
  readonly rounds: number;
  readonly peers: readonly Peer[];
}

export const command = defineCommand<BenchOptions>({
  options: (yargs) =>
    benchOptions(yargs).example([
      ["$0 bench", "A step of each of the four training workloads"],
      ["$0 bench char-baby --vs torch,jax-js", "The same in PyTorch and jax-js, in turn, with the ratios"],
      ["$0 bench char-mid --profile", "Where a step's time goes, by op"],
      ["$0 bench gpt2 --vs transformers,onnxruntime", "Loading and writing with GPT-2's real size (500 MB on disk)"],
      ["$0 bench scaling", "How a step's time grows with width, depth, context and batch"],
    ]),
  run: bench,
});

/**
 * `lectern bench`: how fast workloads run, beside others if asked, each in processes of their own. Exit code 1 where a peer
 * that is installed fails; a missing one is only named.
 */
export async function bench(options: BenchOptions): Promise<void> {
  const begun = performance.now();
  const out = output(options.json);
  checkDevice(options);
  const names = workloadsOf(options);
  const { present, missing } = await sortOut(peersOf(options), options.device);
  for (const [peer, { reason, install }] of missing) {
    if (!options.json) process.stderr.write(`${peer} is missing: ${reason}; install it with: ${install}\n`);
    out.event("missing", { peer, reason, install });
  }

  exitWhenStopped();
  const plans = names.map((workload) => planOf(workload, options, present, out));
  const outcomes: Outcome[] = [];
  try {
    for await (const outcome of measureAll(plans, options)) {
      outcomes.push(outcome);
      out.event("bench", eventOf(outcome, options.profile));
    }
  } finally {
    // Also what was measured before something failed.
    if (outcomes.length > 0) out.say(tablesOf(outcomes, present));
  }
  const failed = outcomes.flatMap(({ workload, peers }) =>
    Object.entries(peers).flatMap(([peer, { failure }]) =>
      failure === undefined ? [] : [{ workload, peer, reason: failure }],
    ),
  );
  if (failed.length > 0) process.exitCode = 1;
  const { device, threads } = outcomes[0].settings;
  out.event("done", {
    workloads: names,
    device,
    threads,
    processor: processorName(),
    missing: missing.map(([peer]) => peer),
    failed,
    peakMemoryMB: Math.max(...outcomes.map(({ memory }) => memory.peakMB)),
    seconds: (performance.now() - begun) / 1e3,
  });
}

/** Errors: a name that is none, a profile of what is no training step or of a device that does not compute at once. */
function workloadsOf({ workload, profile, device, vs }: BenchOptions): string[] {
  const given = namesAmong("workload", workload, [...NAMES, "all"]);
  const names = given.includes("all") ? [...NAMES] : given.length > 0 ? given : [...TRAINING];
  if (!profile) return names;
  const other = names.find((name) => !STEPS.includes(name));
  if (other !== undefined) {
    throw new UsageError(`--profile looks into a training step, and ${other} is none: take ${STEPS.join(", ")}`);
  }
  if (vs !== undefined) throw new UsageError("--profile looks into our own step alone: leave out --vs");
  if (device === "gpu") throw new UsageError("--profile needs a device that computes at once: take --device cpu");
  return names;
}

/** Errors: a name that is none, or no name. */
function peersOf({ vs }: BenchOptions): Peer[] {
  if (vs === undefined) return [];
  const known = PEERS.map(({ name }) => name);
  const names = vs.split(",").map((name) => name.trim());
  const given = names.filter((name) => name !== "");
  if (given.length === 0) throw new UsageError(`--vs needs one or several of ${known.join(", ")}, separated by commas`);
  return namesAmong("peer", given, known).map((name) => PEERS.find((peer) => peer.name === name)!);
}

async function sortOut(
  peers: readonly Peer[],
  device: DeviceName,
): Promise<{ present: Peer[]; missing: [string, Missing][] }> {
  const present: Peer[] = [];
  const missing: [string, Missing][] = [];
  for (const peer of peers) {
    const why = await peer.missing(device);
    if (why === undefined) present.push(peer);
    else missing.push([peer.name, why]);
  }
  return { present, missing };
}

function planOf(workload: string, options: BenchOptions, present: readonly Peer[], out: Output): Plan {
  const { device, gpuBackend, threads, steps, profile, json } = options;
  const job: Job = { workload, device, gpuBackend, threads, steps, profile, blas: options.blas === "on" };
  const peers = present.filter((peer) => peer.supports(job));
  for (const { name } of present.filter((peer) => !peers.includes(peer))) {
    const reason = `it has no ${workload} for the ${device} device`;
    if (!json) process.stderr.write(`${workload}: ${name} is left out, as ${reason}\n`);
    out.event("unsupported", { peer: name, workload, reason });
  }
  const several = !profile && (peers.length > 0 || STEPS.includes(workload));
  return { job, rounds: options.rounds ?? (several ? ROUNDS : 1), peers };
}

/** The workloads one after the other, with what is going on for people to see. */
async function* measureAll(plans: readonly Plan[], options: BenchOptions): AsyncGenerator<Outcome> {
  const processes = plans.reduce((sum, { rounds, peers }) => sum + rounds * (1 + peers.length), 0);
  const progress = benchProgress(processes, options.json);
  const stop = () => progress.stop();
  process.once("exit", stop);
  try {
    for (const [i, { job, rounds, peers }] of plans.entries()) {
      const outcome = await compare(job, peers, rounds, listener(job, rounds, progress));
      const told = i === 0 ? whyNoGpu(options, outcome.settings) : undefined;
      if (told !== undefined) progress.note(told);
      yield outcome;
    }
  } finally {
    process.off("exit", stop);
    stop();
  }
}

/** One line a process, or the reason why there is none of it. */
function listener({ workload }: Job, rounds: number, progress: Progress): Listener {
  return ({ round, who, measured, failure }) => {
    const what = `${workload}, round ${round} of ${rounds}: ${who}`;
    if (failure !== undefined) {
      progress.end(`${workload}: ${failure}`);
      progress.skip(rounds - round);
    } else if (measured === undefined) {
      progress.begin(what);
    } else {
      const { cases } = measured;
      progress.end(`${what} ${cases.length === 1 ? `${digits(cases[0].ms)} ms` : `${cases.length} cases`}`);
    }
  };
}

function tablesOf(outcomes: readonly Outcome[], present: readonly Peer[]): string {
  const names = present.map(({ name }) => name);
  const peers = names.flatMap((name) => {
    const { version, settings } = outcomes.find(({ peers }) => peers[name]?.version !== undefined)?.peers[name] ?? {};
    return version === undefined ? [] : [`${name} ${version}; ${describeSettings(settings)}`];
  });
  const ours = describeSettings(outcomes[0].settings);
  return [`processor: ${processorName()}`, ours, ...peers, "", report(outcomes, names)].join("\n");
}

/** A workload as programs read it. The time of one with several cases is that of all of them, each once. */
function eventOf({ workload, rounds, figures, growth, memory, settings, profile, peers }: Outcome, profiled: boolean) {
  const cases = figures.map(({ ms, peers: theirs, flops, tokens, ...rest }) => ({
    ...rest,
    ...rates({ ms, peers: theirs, flops, tokens, ...rest }),
    ms: ms.median,
    spread: [ms.min, ms.max],
    peers: Object.fromEntries(
      Object.entries(theirs).map(([peer, { ms: time, ratio }]) => [
        peer,
        { ms: time.median, spread: [time.min, time.max], ratio: ratio.median, ratioSpread: [ratio.min, ratio.max] },
      ]),
    ),
  }));
  const only = cases.length === 1 ? cases[0] : { cases };
  return {
    workload,
    ms: figures.reduce((sum, { ms }) => sum + ms.median, 0),
    ...withoutName(only),
    ...settings,
    rounds,
    peakMemoryMB: memory.peakMB,
    memoryAboveStartMB: memory.peakMB - memory.baselineMB,
    ...(growth.length > 0 ? { growth: growth.map(({ of, axis, law, last }) => ({ of, axis, ...law, last })) } : {}),
    ...(profiled ? { profile } : {}),
    ...(Object.keys(peers).length > 0 ? { peerProcesses: peers } : {}),
  };
}

function withoutName(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== "name"));
}

function describeSettings(settings: Settings = {}): string {
  const { device, threads, simd, blas, backend, adapter, attention, optimizer, compiled } = settings;
  const parts: [string, unknown][] = [
    ["device", device],
    ["threads", threads],
    ["SIMD", simd],
    ["BLAS", blas],
    ["backend", backend],
    ["adapter", adapter],
    ["attention", attention],
    ["optimizer", optimizer],
    ["compiled", compiled],
  ];
  const known = parts.filter(([, value]) => value !== undefined);
  return known.map(([name, value]) => `${name}: ${value}`).join("; ");
}
