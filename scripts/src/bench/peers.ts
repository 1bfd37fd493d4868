import { existsSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { DeviceName } from "../options.ts";
import type { Job } from "./measurement.ts";
import { type Program, runProgram } from "./programs.ts";
import { TRAINING } from "./workloads.ts";

/** Something else that runs the same workloads. */
export interface Peer {
  readonly name: string;
  /** Where it cannot be run on a device: why, and the command that changes that. */
  missing(device: DeviceName): Promise<Missing | undefined>;
  /** Whether it has a script for a job. */
  supports(job: Pick<Job, "workload" | "device">): boolean;
  program(job: Job): Program;
}

export interface Missing {
  readonly reason: string;
  readonly install: string;
}

const FOLDER = fileURLToPath(new URL("../../peers/", import.meta.url));

/** The Python that has PyTorch: LECTERN_PYTHON, or the one on the PATH. */
const python = () => process.env.LECTERN_PYTHON || (process.platform === "win32" ? "python" : "python3");

const NO_TORCH = 3;
const NO_GPU = 4;

/** A program for Python that says by its exit code whether PyTorch is there, and the GPU where that is asked for. */
const FIND_TORCH = `
import importlib.util, sys
if not importlib.util.find_spec("torch"):
    sys.exit(${NO_TORCH})
if sys.argv[1] == "gpu":
    import torch
    sys.exit(0 if torch.cuda.is_available() or torch.backends.mps.is_available() else ${NO_GPU})
`;

function withoutTorch(code: number | null, stderr: string): Missing {
  const install = "pip install torch";
  if (code === NO_TORCH) return { reason: `${python()} has no PyTorch`, install };
  if (code === NO_GPU) {
    const reason = `the PyTorch of ${python()} finds no GPU, by CUDA or by Metal`;
    return { reason, install: `${install}, in a build for the card, and the card's driver` };
  }
  const reason =
    code === null ? `there is no ${python()}` : `${python()} says ${stderr.trimEnd().split("\n").at(-1) || "nothing"}`;
  return { reason, install: `${install}, with Python installed, or LECTERN_PYTHON naming it` };
}

function torch(name: string, attention: "fused" | "naive"): Peer {
  return {
    name,
    async missing(device) {
      const { code, stderr } = await runProgram({ file: python(), args: ["-c", FIND_TORCH, device] });
      return code === 0 ? undefined : withoutTorch(code, stderr);
    },
    supports: ({ device }) => device !== "reference",
    program({ workload, threads, steps, device }) {
      const args = [`${FOLDER}torch_bench.py`, workload, "--attention", attention, "--steps", String(steps ?? 0)];
      args.push("--device", device);
      if (threads !== undefined) args.push("--threads", String(threads));
      return { file: python(), args };
    },
  };
}

const LEAST_NODE = 22;
const isNewEnough = () => Number.parseInt(process.versions.node, 10) >= LEAST_NODE;
const ownNode = `${FOLDER}node_modules/.bin/node`;

/** A Node that jax-js runs on: LECTERN_PEER_NODE, this one, or one installed beside the scripts. */
function nodeForPeers(): string | undefined {
  if (process.env.LECTERN_PEER_NODE) return process.env.LECTERN_PEER_NODE;
  if (isNewEnough()) return process.execPath;
  return existsSync(ownNode) ? ownNode : undefined;
}

const jaxJs: Peer = {
  name: "jax-js",
  async missing(device) {
    // It is asked for nothing there; see `supports`.
    if (device !== "cpu") return undefined;
    const folder = relative(process.cwd(), FOLDER) || ".";
    const install = (packages: string) =>
      `npm install --no-save --no-package-lock --prefix ${JSON.stringify(folder)} ${packages}`.replace(/"(\S+)"/, "$1");
    const withNode = isNewEnough() ? "@jax-js/jax" : `@jax-js/jax node@${LEAST_NODE}`;
    if (!existsSync(`${FOLDER}node_modules/@jax-js/jax`)) {
      return { reason: "@jax-js/jax is not installed", install: install(withNode) };
    }
    if (nodeForPeers() !== undefined) return undefined;
    const reason = `it needs Node ${LEAST_NODE}, this is ${process.versions.node}`;
    return { reason, install: `${install(withNode)} (or set LECTERN_PEER_NODE)` };
  },
  supports: ({ workload, device }) => device === "cpu" && [...TRAINING, "matmul"].includes(workload),
  program({ workload, threads, steps }) {
    const args = [`${FOLDER}jax_bench.mjs`, workload];
    if (steps !== undefined) args.push("--steps", String(steps));
    if (threads !== undefined) args.push("--threads", String(threads));
    return { file: nodeForPeers()!, args };
  },
};

/** Peers by the names that `--vs` takes. */
export const PEERS: readonly Peer[] = [torch("torch", "fused"), torch("torch-naive", "naive"), jaxJs];

/** This program's own measuring, in a process of its own. */
export function ownProgram(job: Job): Program {
  const child = fileURLToPath(new URL("./child.mjs", import.meta.url));
  return { file: process.execPath, args: [child, JSON.stringify(job)] };
}
