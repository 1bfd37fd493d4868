import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { device } from "@lectern/autograd";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { summarize } from "../src/bench/compare.ts";
import type { Measurement } from "../src/bench/measurement.ts";
import { measureRoofline, place } from "../src/bench/profile.ts";
import { benchProgress } from "../src/bench/progress.ts";
import { digits, report, withSpread } from "../src/bench/report.ts";
import { fitPowerLaw, median, ratio } from "../src/bench/statistics.ts";
import { time } from "../src/bench/timing.ts";
import { workloads } from "../src/bench/workloads.ts";
import { charPresets, classifyPresets } from "../src/presets.ts";
import { eventsOf, lectern, start } from "./command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern bench "));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

const QUICK = ["--rounds", "1", "--steps", "1"];

describe("statistics", () => {
  it("finds the exponent of a power law exactly where every point lies on it", () => {
    const law = fitPowerLaw([1, 2, 5, 17].map((x) => [x, 3 * x ** 1.7]));
    expect(law.exponent).toBeCloseTo(1.7, 10);
    expect(law.factor).toBeCloseTo(3, 10);
    expect(law.r2).toBeCloseTo(1, 10);
  });

  it("draws the line of least squares through the logarithms where they do not", () => {
    // In logarithms to base 2: (0, 0), (1, 3), (2, 3). Slope 3 / 2, mean (1, 2), so the line meets x = 0 at 1 / 2.
    const law = fitPowerLaw([
      [1, 1],
      [2, 8],
      [4, 8],
    ]);
    expect(law.exponent).toBeCloseTo(1.5, 10);
    expect(law.factor).toBeCloseTo(Math.SQRT2, 10);
    expect(law.r2).toBeCloseTo(0.75, 10);
  });

  it("refuses points that give no line", () => {
    expect(() => fitPowerLaw([[2, 1]])).toThrow("two points with different x");
    expect(() =>
      fitPowerLaw([
        [1, 0],
        [2, 1],
      ]),
    ).toThrow("above 0");
  });

  it("takes the ratio of medians, with the rounds' own ratios as its spread", () => {
    expect(median([9, 1, 4, 2])).toBe(3);
    expect(ratio([20, 30, 40], [10, 20, 10])).toEqual({ median: 3, min: 1.5, max: 4 });
  });

  it("writes numbers to three digits, with their spread where there is one", () => {
    expect([0.1234, 1.234, 12.34, 1234.5].map(digits)).toEqual(["0.123", "1.23", "12.3", "1,235"]);
    expect(withSpread({ median: 2, min: 1, max: 3 })).toBe("2.00 (1.00–3.00)");
    expect(withSpread({ median: 2, min: 2, max: 2 })).toBe("2.00");
  });
});

describe("timing", () => {
  const wait = { warmUp: { runs: 2, ms: 20 }, timed: { runs: 3, ms: 30 } };

  it("goes on until there are enough runs, and until enough time has passed", async () => {
    let calls = 0;
    const begun = performance.now();
    const { ms, minMs } = await time(async () => {
      calls++;
      await sleep(2);
    }, wait);
    expect(calls).toBeGreaterThan(wait.warmUp.runs + wait.timed.runs);
    expect(performance.now() - begun).toBeGreaterThan(wait.warmUp.ms + wait.timed.ms);
    expect(ms).toBeGreaterThanOrEqual(minMs);

    calls = 0;
    await time(async () => {
      calls++;
      await sleep(40);
    }, wait);
    expect(calls).toBe(wait.warmUp.runs + wait.timed.runs);
  });

  it("times as many runs as are asked for, after the fewest that warm up", async () => {
    let calls = 0;
    await time(() => void calls++, wait, 4);
    expect(calls).toBe(wait.warmUp.runs + 4);
  });
});

describe("a roofline", () => {
  const roofline = { gflops: 100, gbs: 10 };
  const row = { op: "linear", kernel: "matmul", phase: "forward" as const, calls: 4, ms: 2 };

  it("bounds by arithmetic what does more operations a byte than the machine can feed", () => {
    // 10^8 operations in 2 ms are 50 GFLOP/s, half the peak; 50 operations a byte, where the roof bends at 10.
    const placed = place({ ...row, flops: 1e8, bytes: 2e6 }, 4, 2, roofline);
    expect(placed).toMatchObject({ calls: 2, ms: 1, share: 0.25, gflops: 50, gbs: 1, bound: "compute", ofRoof: 0.5 });
  });

  it("bounds by memory everything else", () => {
    const placed = place({ ...row, flops: 0, bytes: 5e6 }, 4, 2, roofline);
    expect(placed).toMatchObject({ gflops: 0, gbs: 2.5, bound: "memory", ofRoof: 0.25 });
  });
});

describe("the measured roofline", () => {
  it("waits for the copy whose bytes it counts, where a device computes behind JavaScript's back", async () => {
    const cpu = device("cpu");
    const { copy, finish } = cpu;
    const calls: string[] = [];
    cpu.copy = (out, x) => {
      calls.push("copy");
      copy.call(cpu, out, x);
    };
    cpu.finish = () => {
      calls.push("finish");
      finish?.call(cpu);
    };
    try {
      const { gflops, gbs } = await measureRoofline(cpu);
      expect(gflops).toBeGreaterThan(0);
      expect(gbs).toBeGreaterThan(0);
    } finally {
      Object.assign(cpu, { copy, finish });
    }
    const copies = calls.flatMap((call, i) => (call === "copy" ? [i] : []));
    expect(copies.length).toBeGreaterThan(3);
    expect(copies.every((i) => calls[i + 1] === "finish")).toBe(true);
  });
});

describe("a comparison", () => {
  const measured = (ms: readonly number[], tensorsMB?: number): Measurement => ({
    cases: ms.map((time, i) => {
      const x = 2 ** i;
      return { name: `width ${x}`, ms: time, minMs: time, tensorsMB, axis: "width", x };
    }),
    memory: { baselineMB: 100, peakMB: 150 },
  });

  it("pairs cases by name over the rounds, and fits how they grow", () => {
    const theirs = new Map([["torch", [measured([2, 2]), measured([4, 4])]]]);
    const { figures, growth, rounds } = summarize("scaling", [measured([1, 4]), measured([3, 12])], theirs, new Map());
    expect(rounds).toBe(2);
    expect(figures.map(({ ms }) => ms.median)).toEqual([2, 8]);
    expect(figures[0].peers.torch.ratio).toEqual({ median: 1.5, min: 4 / 3, max: 2 });
    expect(growth).toHaveLength(1);
    expect(growth[0]).toMatchObject({ of: "time", axis: "width" });
    expect(growth[0].law.exponent).toBeCloseTo(2, 10);
    expect(growth[0].last).toEqual({ from: 1, to: 2, exponent: expect.closeTo(2, 10) });
  });

  it("tells people where the machine was not idle", () => {
    const reported = (own: number[], torch: number[]) => {
      const theirs = new Map([["torch", torch.map((ms) => measured([ms]))]]);
      const outcome = summarize(
        "char-mid",
        own.map((ms) => measured([ms])),
        theirs,
        new Map(),
      );
      return report([outcome], ["torch"]);
    };
    const warning = "more than 1.5 times the quickest (char-mid): something else was using the machine";
    expect(reported([10, 14], [20, 29])).not.toContain("using the machine");
    expect(reported([10, 16], [20, 20])).toContain(warning);
    expect(reported([10, 10], [20, 31])).toContain(warning);
  });

  it("leaves out a peer that failed, and says why", () => {
    const failures = new Map([["torch", "torch failed: out of memory"]]);
    const { figures, peers } = summarize("char-mid", [measured([1])], new Map([["torch", []]]), failures);
    expect(figures[0].peers).toEqual({});
    expect(peers.torch.failure).toContain("out of memory");
  });
});

describe("progress", () => {
  /** What a terminal, or a file, is given. */
  function screen(isTTY: boolean): { stream: NodeJS.WriteStream; shown: () => string } {
    const stream = Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY, columns: 100 });
    let text = "";
    stream.on("data", (part: string) => {
      text += part;
    });
    return { stream: stream as unknown as NodeJS.WriteStream, shown: () => text };
  }

  it("shows on a terminal what is being measured, for how long and how much is left", async () => {
    const { stream, shown } = screen(true);
    const progress = benchProgress(4, false, stream);
    progress.begin("char-mid, round 1 of 2: torch");
    await vi.waitFor(() => expect(shown()).toContain("0/4  char-mid, round 1 of 2: torch, 1 s"), 5000);
    progress.end("char-mid: torch failed");
    progress.skip(1);
    progress.begin("char-mid, round 2 of 2: lectern");
    progress.stop();
    expect(shown()).toContain("char-mid: torch failed\n");
    expect(shown()).toContain("1/3  char-mid, round 2 of 2: lectern, 0 s");
  });

  it("writes what was measured, and nothing else, into a file", () => {
    const { stream, shown } = screen(false);
    const progress = benchProgress(1, false, stream);
    progress.begin("char-mid, round 1 of 1: lectern");
    progress.end("char-mid, round 1 of 1: lectern 5 ms");
    progress.stop();
    expect(shown()).toBe("char-mid, round 1 of 1: lectern 5 ms\n");
  });

  it("is silent where programs read", () => {
    const { stream, shown } = screen(true);
    const progress = benchProgress(1, true, stream);
    progress.begin("char-mid");
    progress.end("char-mid");
    progress.stop();
    expect(shown()).toBe("");
  });
});

describe("the workloads", () => {
  it("train the presets' models", () => {
    const sizes = ({ layers, heads, width, context, batch }: Record<string, unknown>) => [
      layers,
      heads,
      width,
      context,
      batch,
    ];
    const { training } = workloads;
    expect(sizes({ ...training["char-baby"] })).toEqual(sizes(charPresets.baby));
    expect(sizes({ ...training["char-mid"] })).toEqual(sizes(charPresets.mid));
    expect(sizes({ ...training["enwik8-lecture"] })).toEqual(sizes(charPresets.lecture));
    expect(sizes({ ...training["imdb-lecture"] })).toEqual(sizes(classifyPresets.lecture));
    expect(training["imdb-lecture"].vocabulary).toBe(classifyPresets.lecture.vocabulary);
  });

  it("multiply the shapes that a step really has", () => {
    for (const { name, m, n, k } of workloads.products) {
      const [size] = Object.entries(workloads.training).filter(([each]) => name.startsWith(each));
      if (size === undefined) continue;
      const [, { batch, context, width, vocabulary }] = size;
      for (const side of [m, n, k]) {
        expect([batch * context, width, 3 * width, 4 * width, vocabulary], name).toContain(side);
      }
    }
  });
});

describe("lectern bench", () => {
  it("prints one event a workload and a last one with --json, and honours --threads and --blas", async () => {
    const outcome = await lectern(
      ["bench", "char-baby", ...QUICK, "--json", "--threads", "1", "--blas", "off"],
      folder,
    );
    const events = eventsOf(outcome);
    expect(events.map(({ event }) => event)).toEqual(["bench", "done"]);
    expect(events[0]).toMatchObject({ workload: "char-baby", rounds: 1, device: "cpu", threads: 1, blas: "none" });
    for (const figure of ["ms", "tokensPerSecond", "tensorsMB", "peakMemoryMB", "memoryAboveStartMB"]) {
      expect(events[0][figure], figure).toBeGreaterThan(0);
    }
    expect(events[1]).toMatchObject({ workloads: ["char-baby"], missing: [] });
    expect(outcome.code).toBe(0);
  });

  it("measures each of the workloads that are named, and takes an option's last value", async () => {
    const words = "startup char-baby startup --rounds 1 --steps 9 --steps 1 --json --json --blas on --blas off";
    const events = eventsOf(await lectern(["bench", ...words.split(" ")], folder));
    expect(events.map(({ workload }) => workload)).toEqual(["startup", "char-baby", undefined]);
    expect(events[1].blas).toBe("none");
    expect(events[2].workloads).toEqual(["startup", "char-baby"]);
  });

  it("shows people a table, and where a step's time goes with --profile", async () => {
    const { code, stdout, stderr } = await lectern(["bench", "char-baby", ...QUICK, "--profile"], folder);
    expect(code).toBe(0);
    expect(stderr).toContain("char-baby, round 1 of 1: lectern");
    expect(stdout).toMatch(/^char-baby +\d/m);
    expect(stdout).toMatch(/^a step takes [\d.]+ ms, and [\d.]+ ms under the profiler/m);
    expect(stdout).toMatch(/^forward [\d.]+ ms \([\d.]+ %\), backward .*, other \(.*\) .*, outside kernels [\d.]+ ms/m);
    expect(stdout).toMatch(/^linear: matmul +backward +\d/m);
    expect(stdout).toMatch(/^roof: [\d.,]+ GFLOP\/s in a large product/m);
  });

  it("accounts for the whole of a profiled step", async () => {
    const events = eventsOf(await lectern(["bench", "char-baby", ...QUICK, "--profile", "--json"], folder));
    const { kernels, stepMs, outsideMs } = events[0].profile as {
      kernels: { ms: number; gflops: number; gbs: number; ofRoof: number }[];
      stepMs: number;
      outsideMs: number;
    };
    expect(kernels.reduce((sum, { ms }) => sum + ms, outsideMs)).toBeCloseTo(stepMs, 6);
    for (const { gflops, gbs, ofRoof } of kernels) {
      expect([gflops, gbs, ofRoof].every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    }
  });

  it("names a peer that is missing with the command that installs it, and goes on", async () => {
    vi.stubEnv("LECTERN_PYTHON", join(folder, "no python"));
    const args = ["bench", "char-baby", ...QUICK, "--vs", "torch"];
    const told = await lectern(args, folder);
    expect(told.stderr).toMatch(/^torch is missing: there is no .* that runs; install it with: pip install torch/m);
    expect(told.stdout).toMatch(/^char-baby +\d/m);
    expect(told.code).toBe(0);
    const events = eventsOf(await lectern([...args, "--json"], folder));
    expect(events.map(({ event }) => event)).toEqual(["missing", "bench", "done"]);
    expect(events[2].missing).toEqual(["torch"]);
  });

  it.skipIf(process.platform === "win32")("tells which Python lacks a peer, and what of it", async () => {
    const program = join(folder, "program");
    const args = ["bench", "startup", ...QUICK, "--vs"];
    // Arguments of a search for PyTorch: -c, the program, the device, and `compile` where that is asked for.
    await writeFile(program, `#!/bin/sh\n[ "$4" = compile ] && exit 5\nexit 3\n`);
    await chmod(program, 0o755);
    vi.stubEnv("LECTERN_PYTHON", program);
    const { code, stderr } = await lectern([...args, "torch,torch-compile,jax,transformers,onnxruntime"], folder);
    expect(stderr).toContain(
      `torch is missing: ${program} has no PyTorch; install it with: "${program}" -m pip install`,
    );
    expect(stderr).toContain("torch-compile is missing: torch.compile needs a C++ compiler; install it with: ");
    expect(stderr).toContain(`jax is missing: ${program} has no JAX; install it with: "${program}" -m pip install jax`);
    expect(stderr).toContain(
      `transformers is missing: ${program} has no torch, or no transformers; install it with: "${program}" -m pip install`,
    );
    expect(stderr).toMatch(/^onnxruntime is missing: .* -m pip install torch transformers onnx onnxruntime$/m);
    expect(code).toBe(0);
  });

  /** Puts a shell's words in Python's place: it has the package asked for, and runs them for its measurement. */
  async function usePython(words: string): Promise<void> {
    const python = join(folder, "python");
    await writeFile(python, `#!/bin/sh\n[ "$1" = "-c" ] && exit\n${words}\n`);
    await chmod(python, 0o755);
    vi.stubEnv("LECTERN_PYTHON", python);
  }

  it.skipIf(process.platform === "win32")("measures us and a peer in turn, and gives the ratio", async () => {
    const result = JSON.stringify({
      version: "9.9",
      cases: [{ name: "step", ms: 1e6, minMs: 1e6 }],
      memory: { baselineMB: 200, peakMB: 300 },
      settings: { device: "cpu", threads: 7 },
    });
    await usePython(`echo '${result}'`);
    const args = ["bench", "char-baby", "--rounds", "2", "--steps", "1", "--vs", "torch"];
    const { stdout, stderr } = await lectern(args, folder);
    const turns = [...stderr.matchAll(/round (\d) of 2: (\w+)/g)].map(([, round, who]) => `${round} ${who}`);
    expect(turns).toEqual(["1 lectern", "1 torch", "2 lectern", "2 torch"]);
    expect(stdout).toContain("torch / lectern");
    expect(stdout).toMatch(/^torch 9\.9; device: cpu; threads: 7$/m);
    expect(stdout).toMatch(/^char-baby .*\b300 \(100\)$/m);

    const [event] = eventsOf(await lectern([...args, "--json"], folder));
    const { torch } = event.peers as Record<string, { ms: number; ratio: number }>;
    expect(torch.ratio).toBeCloseTo(1e6 / (event.ms as number), 6);
  });

  it.skipIf(process.platform === "win32")("goes on where a peer fails, says why, and ends with code 1", async () => {
    await usePython("echo Traceback >&2; echo 'MemoryError: no memory left' >&2; exit 1");
    const args = ["bench", "char-baby", "startup", "--rounds", "2", "--steps", "1", "--vs", "torch"];
    const told = await lectern(args, folder);
    expect(told.stderr).toMatch(/^char-baby: torch failed: MemoryError: no memory left\nchar-baby, round 2/m);
    expect(told.stdout).toMatch(/^char-baby +\d/m);
    expect(told.stdout).toMatch(/^import and first product +\d/m);
    expect(told.code).toBe(1);
    const outcome = await lectern([...args, "--json"], folder);
    const reason = "torch failed: MemoryError: no memory left";
    expect(eventsOf(outcome).at(-1)).toMatchObject({
      event: "done",
      failed: ["char-baby", "startup"].map((workload) => ({ workload, peer: "torch", reason })),
    });
    expect(outcome.code).toBe(1);
  });

  it.skipIf(process.platform === "win32")("says which workloads a peer has no script for", async () => {
    await usePython("exit 1");
    const { code, stderr } = await lectern(
      ["bench", "startup", ...QUICK, "--vs", "torch", "--device", "reference"],
      folder,
    );
    expect(stderr).toMatch(/^startup: torch is left out, as it has no startup for the reference device$/m);
    expect(code).toBe(0);
  });

  it.skipIf(process.platform === "win32")("ends what it has started when it is told to stop", async () => {
    const file = join(folder, "started");
    await usePython(`echo $$ >'${file}.part'; mv '${file}.part' '${file}'; exec sleep 50`);
    const run = start(["bench", "startup", ...QUICK, "--vs", "torch"], folder);
    const pid = await vi.waitFor(async () => Number(await readFile(file, "utf8")), { timeout: 50_000, interval: 100 });
    expect(process.kill(pid, 0)).toBe(true);
    run.interrupt();
    expect((await run.ended).code).toBe(130);
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), 5000);
  });

  it.each([
    [["all", "nonsense"], 'bench: there is no workload "nonsense"; there are char-baby, char-mid'],
    [
      ["--vs", ","],
      "--vs needs one or several of torch, torch-plain, torch-naive, torch-compile, jax, jax-js, transformers, onnxruntime, separated by commas",
    ],
    [["--gpu-backend", "webasm"], "--gpu-backend needs --device gpu"],
    [["char-bay", "char-mid"], 'bench: there is no workload "char-bay"; there are char-baby, char-mid'],
    [
      ["--vs", "torhc"],
      'bench: there is no peer "torhc"; there are torch, torch-plain, torch-naive, torch-compile, jax, jax-js, transformers, onnxruntime',
    ],
    [["matmul", "--profile"], "--profile looks into a training step, and matmul is none"],
    [["--profile", "--vs", "torch"], "--profile looks into our own step alone: leave out --vs"],
    [["--profile", "--device", "gpu"], "--profile needs a device that computes at once"],
    [["--threads", "0"], "--threads has to be a whole number from 1 to 64; it is"],
    [["--blas", "maybe"], 'wrong value: --blas is "maybe", and has to be one of "on", "off"'],
  ])("refuses %j in one line, with exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await lectern(["bench", ...args], folder);
    expect(stderr).toContain(`lectern: ${message}`);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});
