import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import seedrandom from "seedrandom";
import { expect } from "vitest";
import { loadSafetensors, RunFolder, readCheckpoint } from "../../src/index.ts";
import { temporaryFolder } from "../helpers.ts";

const PROGRAM = fileURLToPath(new URL("./program.ts", import.meta.url));

export interface Trained {
  readonly model: "gpt" | "classifier" | "wide";
  readonly device: "cpu" | "reference" | "gpu";
  readonly steps: number;
  /** Settings of the cpu device. */
  readonly env?: Readonly<Record<string, string>>;
}

/** All that a training leaves that nobody disturbs. */
export async function trainWhole(what: Trained) {
  const folder = temporaryFolder();
  expect(await lifeOf(what, folder)).toBe("ended");
  return resultOf(folder, what);
}

/**
 * Trains in processes that are killed, each at a random moment and every other one in the middle of a checkpoint's write, until one
 * comes to the end. What is left has to be, to the bit, what a training has that nobody disturbed.
 */
export async function trainThroughKills(what: Trained, kills: number, seed: string): Promise<void> {
  const whole = await trainWhole(what);
  const killed = temporaryFolder();
  const random = seedrandom(seed);
  for (let kill = 0; kill < kills; kill++) {
    const moment =
      kill % 2 === 0
        ? { write: 1 + Math.floor(random() * 60) }
        : { lines: Math.floor(random() * 8), ms: random() * 20 };
    expect(await lifeOf(what, killed, moment), `kill ${kill}, ${JSON.stringify(moment)}`).toBe("killed");
  }
  expect(await lifeOf(what, killed)).toBe("ended");
  expect(await resultOf(killed, what)).toEqual(whole);
}

/** When a process is killed: in that write of a checkpoint, or so long after so many steps. */
type Moment = { readonly write: number } | { readonly lines: number; readonly ms: number };

/** Lets one process train, until its end or the moment. */
function lifeOf({ model, device, steps, env }: Trained, folder: string, moment?: Moment): Promise<string> {
  const args = [model, device, folder, String(steps)];
  if (moment !== undefined && "write" in moment) args.push(String(moment.write));
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [told, complaints] = ["", ""];
  const isNow = () => {
    if (moment === undefined) return false;
    return "write" in moment ? told.includes("writing") : told.split("step").length > moment.lines;
  };
  const look = () => {
    if (isNow()) setTimeout(() => child.kill("SIGKILL"), moment !== undefined && "ms" in moment ? moment.ms : 0);
  };
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    told += part;
    look();
  });
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    complaints += part;
  });
  look();
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      if (signal === "SIGKILL") resolve("killed");
      else resolve(code === 0 ? "ended" : complaints);
    });
  });
}

const sumOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** All that a training leaves, but what a clock said. */
async function resultOf(folder: string, { steps }: Trained) {
  const run = new RunFolder(folder);
  const { state } = await readCheckpoint(run.checkpointFile(steps));
  const { tensors } = await loadSafetensors(run.checkpointFile(steps));
  const { seconds: _, ...progress } = state.progress;
  const metrics = (await run.metrics()).map(({ tokensPerSecond, ...figures }) => figures);
  return {
    tensors: [...tensors].map(([name, t]) => [name, sumOf(new Uint8Array(t.dataSync().buffer))]),
    state: { ...state, progress },
    best: sumOf(readFileSync(join(folder, "best.safetensors"))),
    metrics,
  };
}
