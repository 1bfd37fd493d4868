import { compare, type Outcome, type Progress } from "../bench/compare.ts";
import type { Job } from "../bench/measurement.ts";
import { namesAmong } from "../bench/options.ts";
import { type Missing, PEERS, type Peer } from "../bench/peers.ts";
import { digits, rates, report } from "../bench/report.ts";
import { NAMES, TRAINING } from "../bench/workloads.ts";
import { whyNoGpu } from "../device.ts";
import { UsageError } from "../errors.ts";
import type { DeviceName, DeviceOptions } from "../options.ts";
import { output } from "../output.ts";

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

/** `lectern bench`: how fast workloads run, beside others if asked, each in processes of their own. */
export async function bench(options: BenchOptions): Promise<void> {
  const begun = performance.now();
  const out = output(options.json);
  const names = workloadsOf(options);
  const wanted = (options.vs ?? "").split(",").map((name) => name.trim());
  const peerNames = wanted.filter((name) => name !== "");
  const known = PEERS.map(({ name }) => name);
  const asked = namesAmong("peer", peerNames, known).map((name) => PEERS.find((peer) => peer.name === name)!);
  const { present, missing } = await sortOut(asked, options.device);
  for (const [peer, { reason, install }] of missing) {
    if (!options.json) process.stderr.write(`${peer} is missing: ${reason}; install it with: ${install}\n`);
    out.event("missing", { peer, reason, install });
  }

  const outcomes: Outcome[] = [];
  for (const workload of names) {
    for (const { name } of present.filter((peer) => !peer.supports({ workload, device: options.device }))) {
      const reason = `it has no ${workload} for the ${options.device} device`;
      if (!options.json) process.stderr.write(`${workload}: ${name} is left out, as ${reason}\n`);
      out.event("missing", { peer: name, workload, reason });
    }
    const outcome = await measureOne(workload, options, present);
    if (outcomes.length === 0 && !options.json) tellWithoutGpu(options, outcome);
    outcomes.push(outcome);
    out.event("bench", eventOf(outcome, options.profile));
  }
  out.say(describeSettings(outcomes[0]));
  out.say(
    `\n${report(
      outcomes,
      present.map(({ name }) => name),
    )}`,
  );
  const { device, threads } = outcomes[0].settings;
  const seconds = (performance.now() - begun) / 1e3;
  const peakMemoryMB = Math.max(...outcomes.map(({ memory }) => memory.peakMB));
  out.event("done", {
    workloads: names,
    device,
    threads,
    missing: missing.map(([peer]) => peer),
    peakMemoryMB,
    seconds,
  });
}

/** Errors: a name that is none, a profile of what is no training step or of a device that does not compute at once. */
function workloadsOf({ workload, profile, device, vs }: BenchOptions): string[] {
  const given = workload.includes("all") ? NAMES : namesAmong("workload", workload, NAMES);
  const names = given.length > 0 ? [...given] : [...TRAINING];
  if (!profile) return names;
  const other = names.find((name) => !TRAINING.includes(name));
  if (other !== undefined) {
    throw new UsageError(`--profile looks into a training step, and ${other} is none: take ${TRAINING.join(", ")}`);
  }
  if (vs !== undefined) throw new UsageError("--profile looks into our own step alone: leave out --vs");
  if (device === "gpu") throw new UsageError("--profile needs a device that computes at once: take --device cpu");
  return names;
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

async function measureOne(workload: string, options: BenchOptions, peers: readonly Peer[]): Promise<Outcome> {
  const { device, gpuBackend, threads, steps, profile } = options;
  const job: Job = { workload, device, gpuBackend, threads, steps, profile, blas: options.blas === "on" };
  const able = peers.filter((peer) => peer.supports(job));
  const several = !profile && (able.length > 0 || TRAINING.includes(workload));
  const rounds = options.rounds ?? (several ? ROUNDS : 1);
  const outcome = await compare(job, able, rounds, progressOf(workload, rounds, options.json));
  if (!options.json) {
    for (const { failure } of Object.values(outcome.peers)) {
      if (failure !== undefined) process.stderr.write(`${workload}: ${failure}\n`);
    }
  }
  return outcome;
}

function tellWithoutGpu(options: BenchOptions, { settings }: Outcome): void {
  const told = whyNoGpu(options, settings);
  if (told !== undefined) process.stderr.write(`${told}\n`);
}

/** One line a process on standard error, for people. */
function progressOf(workload: string, rounds: number, quiet: boolean): Progress {
  return ({ round, who, measured }) => {
    if (quiet || measured === undefined) return;
    const { cases } = measured;
    const result = cases.length === 1 ? `${digits(cases[0].ms)} ms` : `${cases.length} cases`;
    process.stderr.write(`${workload}, round ${round} of ${rounds}: ${who} ${result}\n`);
  };
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
    ...(growth.length > 0 ? { growth: growth.map(({ of, axis, law }) => ({ of, axis, ...law })) } : {}),
    ...(profiled ? { profile } : {}),
    ...(Object.keys(peers).length > 0 ? { peerProcesses: peers } : {}),
  };
}

function withoutName(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== "name"));
}

function describeSettings({ settings, peers }: Outcome): string {
  const { device, threads, simd, blas, backend, adapter } = settings;
  const parts: [string, unknown][] = [
    ["threads", threads],
    ["SIMD", simd],
    ["BLAS", blas],
    ["backend", backend],
    ["adapter", adapter],
    // To be held against ours: a machine may have several GPUs.
    ...Object.entries(peers).map(([name, peer]): [string, unknown] => [
      `${name}'s`,
      device === "gpu" ? peer.settings?.device : undefined,
    ]),
  ];
  const known = parts.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}`);
  return [`device: ${device}`, ...known].join("; ");
}
