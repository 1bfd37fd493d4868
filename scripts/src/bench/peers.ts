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

/** A path as one word of a command line. */
const word = (path: string) => (/\s/.test(path) ? JSON.stringify(path) : path);

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
  const install = `${word(python())} -m pip install torch`;
  if (code === NO_TORCH) return { reason: `${python()} has no PyTorch`, install };
  if (code === NO_GPU) {
    const reason = `the PyTorch of ${python()} finds no GPU, by CUDA or by Metal`;
    return { reason, install: `${install}, in a build for the card, and the card's driver` };
  }
  if (code === null) {
    const once = "once there is a Python, or LECTERN_PYTHON names one";
    return { reason: `there is no ${python()} that runs`, install: `pip install torch (${once})` };
  }
  return { reason: `${python()} says ${stderr.trimEnd().split("\n").at(-1) || "nothing"}`, install };
}

/** How a step is written in PyTorch: with its fused attention and its fused optimiser, as whoever cares for speed would. */
interface Torch {
  readonly attention?: "fused" | "naive";
  /** `plain` goes through the parameters one by one. */
  readonly optimizer?: "fused" | "plain";
}

function torch(name: string, { attention = "fused", optimizer = "fused" }: Torch = {}): Peer {
  return {
    name,
    async missing(device) {
      const { code, stderr } = await runProgram({ file: python(), args: ["-c", FIND_TORCH, device] });
      return code === 0 ? undefined : withoutTorch(code, stderr);
    },
    supports: ({ device }) => device !== "reference",
    program({ workload, threads, steps, device }) {
      const args = [`${FOLDER}torch_bench.py`, workload, "--attention", attention, "--steps", String(steps ?? 0)];
      args.push("--optimizer", optimizer, "--device", device);
      if (threads !== undefined) args.push("--threads", String(threads));
      return { file: python(), args };
    },
  };
}

const LEAST_NODE = 22;

/** npm's package that holds nothing but a Node for this machine, and needs no script to install itself. */
function nodePackage(): string {
  const { platform, arch } = process;
  const system = platform === "win32" ? "win" : platform;
  return `${system === "darwin" && arch === "arm64" ? "node-bin" : "node"}-${system}-${arch}`;
}

const isNewEnough = (version: string) => Number.parseInt(version, 10) >= LEAST_NODE;

/** A Node that jax-js runs on: LECTERN_PEER_NODE, this one, or one installed beside the scripts. */
function nodeForPeers(): string | undefined {
  if (process.env.LECTERN_PEER_NODE) return process.env.LECTERN_PEER_NODE;
  if (isNewEnough(process.versions.node)) return process.execPath;
  const installed = `${FOLDER}node_modules/${nodePackage()}/bin/node${process.platform === "win32" ? ".exe" : ""}`;
  return existsSync(installed) ? installed : undefined;
}

/** Why the Node that LECTERN_PEER_NODE names will not do. */
async function whyNotNamed(): Promise<string | undefined> {
  const file = process.env.LECTERN_PEER_NODE;
  if (!file) return undefined;
  const { code, stdout } = await runProgram({ file, args: ["--version"] });
  const version = /^v(\d\S*)/.exec(stdout)?.[1];
  if (code !== 0 || version === undefined) return `LECTERN_PEER_NODE is ${file}, and that is no Node that runs`;
  if (isNewEnough(version)) return undefined;
  return `it needs Node ${LEAST_NODE}, and LECTERN_PEER_NODE is ${file}, Node ${version}`;
}

const jaxJs: Peer = {
  name: "jax-js",
  async missing(device) {
    // It is asked for nothing there; see `supports`.
    if (device !== "cpu") return undefined;
    const packages = ["@jax-js/jax"];
    if (!isNewEnough(process.versions.node)) packages.push(`${nodePackage()}@${LEAST_NODE}`);
    const folder = word(relative(process.cwd(), FOLDER) || ".");
    const install = `npm install --no-save --no-package-lock --prefix ${folder} ${packages.join(" ")}`;
    const reason = await whyNotNamed();
    if (reason !== undefined) return { reason, install: `${install} (and unset LECTERN_PEER_NODE)` };
    if (!existsSync(`${FOLDER}node_modules/@jax-js/jax`)) return { reason: "@jax-js/jax is not installed", install };
    if (nodeForPeers() !== undefined) return undefined;
    return { reason: `it needs Node ${LEAST_NODE}, this is ${process.versions.node}`, install };
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
export const PEERS: readonly Peer[] = [
  torch("torch"),
  torch("torch-plain", { optimizer: "plain" }),
  torch("torch-naive", { attention: "naive" }),
  jaxJs,
];

/** This program's own measuring, in a process of its own. */
export function ownProgram(job: Job): Program {
  const child = fileURLToPath(new URL("./child.ts", import.meta.url));
  return { file: process.execPath, args: [child, JSON.stringify(job)] };
}
