import { existsSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { moduleFile } from "../installation.ts";
import type { DeviceName } from "../options.ts";
import { gpt2Folder } from "./gpt2Folder.ts";
import type { Job } from "./measurement.ts";
import { type Program, runProgram } from "./programs.ts";
import { STEPS, TRAINING } from "./workloads.ts";

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

const NO_PACKAGE = 3;
const NO_GPU = 4;
const NO_COMPILER = 5;

/** A program for Python that says by its exit code whether PyTorch is there, and the GPU or the compiler where that is asked for. */
const FIND_TORCH = `
import importlib.util, shutil, sys
if not importlib.util.find_spec("torch"):
    sys.exit(${NO_PACKAGE})
if "gpu" in sys.argv:
    import torch
    if not (torch.cuda.is_available() or torch.backends.mps.is_available()):
        sys.exit(${NO_GPU})
if "compile" in sys.argv:
    import torch._inductor.codecache
    sys.exit(0 if shutil.which("c++") or shutil.which("g++") or shutil.which("clang++") else ${NO_COMPILER})
`;

const FIND_GPT2 = `
import importlib.util, sys
sys.exit(0 if all(importlib.util.find_spec(name) for name in ["torch", "transformers", *sys.argv[1:]]) else ${NO_PACKAGE})
`;

/** What generates with GPT-2, from the same files. */
function gpt2(runtime: "transformers" | "onnxruntime"): Peer {
  // Its graph is written by PyTorch, which needs onnx for that.
  const others = runtime === "transformers" ? [] : ["onnx", runtime];
  const packages = ["torch", "transformers", ...others].join(" ");
  return {
    name: runtime,
    missing: (device) => missingFromPython(FIND_GPT2, packages, ...(device === "cpu" ? others : [])),
    supports: ({ workload, device }) => device === "cpu" && workload === "gpt2",
    program({ threads, steps }) {
      const args = [`${FOLDER}gpt2_bench.py`, "--folder", gpt2Folder(), "--runtime", runtime];
      args.push("--steps", String(steps ?? 0));
      if (threads !== undefined) args.push("--threads", String(threads));
      return { file: python(), args };
    },
  };
}

const FIND_JAX = `
import importlib.util, sys
sys.exit(0 if importlib.util.find_spec("jax") else ${NO_PACKAGE})
`;

/** Packages by what people call them. */
const KNOWN: Readonly<Record<string, string>> = { torch: "PyTorch", jax: "JAX" };

/** Looks for a package of Python, and says what is missing. */
async function missingFromPython(program: string, packages: string, ...args: string[]): Promise<Missing | undefined> {
  const { code, stderr } = await runProgram({ file: python(), args: ["-c", program, ...args] });
  if (code === 0) return undefined;
  const install = `${word(python())} -m pip install ${packages}`;
  if (code === NO_PACKAGE)
    return { reason: `${python()} has no ${KNOWN[packages] ?? packages.replaceAll(" ", ", or no ")}`, install };
  if (code === NO_GPU) {
    const reason = `the PyTorch of ${python()} finds no GPU, by CUDA or by Metal`;
    return { reason, install: `${install}, in a build for the card, and the card's driver` };
  }
  if (code === NO_COMPILER) {
    return {
      reason: "torch.compile needs a C++ compiler",
      install: "apt-get install g++, or what the system has for it",
    };
  }
  if (code === null) {
    const once = "once there is a Python, or LECTERN_PYTHON names one";
    return { reason: `there is no ${python()} that runs`, install: `pip install ${packages} (${once})` };
  }
  const told = stderr.trimEnd().split("\n").at(-1) || "nothing";
  const absent = /No module named '(\w+)/.exec(told)?.[1];
  return { reason: `${python()} says ${told}`, install: absent === undefined ? install : `${install} ${absent}` };
}

/** How a step is written in PyTorch: with its fused attention and its fused optimiser, as whoever cares for speed would. */
interface Torch {
  readonly attention?: "fused" | "naive";
  /** `plain` goes through the parameters one by one. */
  readonly optimizer?: "fused" | "plain";
  /** By `torch.compile`. */
  readonly compile?: boolean;
}

function torch(name: string, { attention = "fused", optimizer = "fused", compile = false }: Torch = {}): Peer {
  return {
    name,
    missing: (device) => missingFromPython(FIND_TORCH, "torch", device, ...(compile ? ["compile"] : [])),
    supports: ({ workload, device }) =>
      device !== "reference" && workload !== "gpt2" && (!compile || STEPS.includes(workload)),
    program({ workload, threads, steps, device }) {
      const args = [`${FOLDER}torch_bench.py`, workload, "--attention", attention, "--steps", String(steps ?? 0)];
      args.push("--optimizer", optimizer, "--device", device);
      if (compile) args.push("--compile");
      if (threads !== undefined) args.push("--threads", String(threads));
      return { file: python(), args };
    },
  };
}

const jax: Peer = {
  name: "jax",
  // It is asked for nothing on other devices; see `supports`.
  missing: async (device) => (device === "cpu" ? missingFromPython(FIND_JAX, "jax") : undefined),
  supports: ({ workload, device }) => device === "cpu" && [...TRAINING, "matmul"].includes(workload),
  program({ workload, threads, steps }) {
    const args = [`${FOLDER}jax_bench.py`, workload, "--steps", String(steps ?? 0)];
    if (threads !== undefined) args.push("--threads", String(threads));
    return { file: python(), args };
  },
};

const jaxJs: Peer = {
  name: "jax-js",
  async missing(device) {
    if (device !== "cpu" || existsSync(`${FOLDER}node_modules/@jax-js/jax`)) return undefined;
    const folder = word(relative(process.cwd(), FOLDER) || ".");
    const install = `npm install --no-save --no-package-lock --prefix ${folder} @jax-js/jax`;
    return { reason: "@jax-js/jax is not installed", install };
  },
  supports: ({ workload, device }) => device === "cpu" && [...TRAINING, "matmul"].includes(workload),
  program({ workload, threads, steps }) {
    const args = [`${FOLDER}jax_js_bench.mjs`, workload];
    if (steps !== undefined) args.push("--steps", String(steps));
    if (threads !== undefined) args.push("--threads", String(threads));
    return { file: process.execPath, args };
  },
};

/** Peers by the names that `--vs` takes. */
export const PEERS: readonly Peer[] = [
  torch("torch"),
  torch("torch-plain", { optimizer: "plain" }),
  torch("torch-naive", { attention: "naive" }),
  torch("torch-compile", { compile: true }),
  jax,
  jaxJs,
  gpt2("transformers"),
  gpt2("onnxruntime"),
];

/** This program's own measuring, in a process of its own. */
export function ownProgram(job: Job): Program {
  return { file: process.execPath, args: [moduleFile("./child", import.meta.url), JSON.stringify(job)] };
}
