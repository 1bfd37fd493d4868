import { execFileSync } from "node:child_process";
import { setFlagsFromString } from "node:v8";
import { describe, expect, it } from "vitest";
import type { Kernels } from "../../src/devices/cpu/generated/interface.mjs";
import { cpuInfo } from "../../src/devices/cpu/info.ts";
import { machine, setThreads } from "../../src/devices/cpu/machine.ts";
import { compileKernels, instantiate, type Simd } from "../../src/devices/cpu/module.ts";
import { compileProven, hasLongVectors, whyNotWidened } from "../../src/devices/cpu/widening.ts";
import { multiHeadAttention, randn } from "../../src/index.ts";
import { CALLS, SCRATCH, START } from "./widenedCalls.ts";

const canWiden = whyNotWidened() === undefined;

const modules = new Map<Simd, WebAssembly.Module>();

function moduleOf(build: Simd): WebAssembly.Module {
  const module = modules.get(build) ?? compileKernels(build).module;
  modules.set(build, module);
  return module;
}

/** What the calls work on. */
const some = Float32Array.from({ length: START }, (_, i) => Math.sin(i) * 3);

/** The builds' kernels, each in a memory of its own that holds the same numbers. */
function kernelsOf(build: Simd) {
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 256, shared: true });
  const kernels = instantiate(moduleOf(build), memory);
  const numbers = new Float32Array(memory.buffer);
  numbers.set(some, START / 4);
  kernels.setScratch(SCRATCH);
  return { kernels, numbers };
}

/**
 * Where loops lie that a step of training or a token spends its time in, and how many of the pairs of stores that end them have to
 * be joined. (Of the functions of one element, Node 24 leaves two alone.)
 */
const HOT: Readonly<Record<string, number>> = {
  "blocks/put6x16": 12,
  "blocks/add6x16": 12,
  "thin/along": 4,
  "thin/thinAcross": 4,
  "attention/product8": 8,
  "attention/product4": 4,
  "attention/weigh": 4,
  "attentionGrad/outer16": 8,
  "attendOne/mixValues": 4,
  "fused/geluRow": 1,
  "fused/geluRowAndSlope": 2,
  "fused/biasGeluGrad": 2,
  "fused/swiglu": 1,
  "fused/swigluGrad": 2,
  "layerNorm/layerNorm": 1,
  "layerNorm/spreadOf": 2,
  "layerNorm/normalizeRow": 1,
  "layerNorm/meansOfRow": 2,
  "layerNorm/layerNormGradRow": 1,
  "layerNorm/addWeightsRow": 2,
  "rows/expRow": 1,
  "rows/softmax": 1,
  "rows/softmaxGrad": 1,
  "rows/logSoftmax": 1,
  "rows/logSoftmaxGrad": 1,
  "crossEntropy/crossEntropyGrad": 1,
  "elementwise/unary": 18,
  "elementwise/binaryRow": 12,
  "optimizer/adamW": 3,
};

/** Has the engine optimise every function of the module, and tell what it widened of each: pairs of stores, and failures. */
function traceOfEngine(): Map<string, { pairs: number; failures: number }> {
  const kernels = new URL("../../src/devices/cpu/module.ts", import.meta.url).href;
  const program = `import { compileKernels } from ${JSON.stringify(kernels)}; compileKernels("widened");`;
  const flags = ["--no-liftoff", "--no-wasm-lazy-compilation", "--no-wasm-dynamic-tiering", "--trace-wasm-revectorize"];
  // One function after the other, so that what is told of several does not get mixed up.
  const args = [...flags, "--wasm-num-compilation-tasks=1", "--input-type=module", "--eval", program];
  const text = execFileSync(process.execPath, args, { encoding: "utf8", maxBuffer: 2 ** 28 });
  const functions = new Map<string, { pairs: number; failures: number }>();
  for (const [, name, body] of text.matchAll(/Begin revec function (\S+)\n([\s\S]*?)Finished revec function/g)) {
    const pairs = body.match(/^\{$/gm)?.length ?? 0;
    functions.set(name, { pairs, failures: body.match(/tree failed!/g)?.length ?? 0 });
  }
  return functions;
}

describe.runIf(canWiden)("widened kernels", () => {
  it.each(Object.entries(CALLS))("give %s to the bit as those that are not", (_name, call) => {
    const builds = [kernelsOf("relaxed"), kernelsOf("widened")];
    // The engine optimises, and so widens, a function when it has been called before.
    setFlagsFromString("--wasm-sync-tier-up");
    for (const n of [5, 8, 31, 64, 150]) for (const build of builds) for (let i = 0; i < 3; i++) call(build, n);
    setFlagsFromString("--no-wasm-sync-tier-up");
    const [narrow, wide] = builds.map(({ numbers }) => Buffer.from(numbers.buffer, START, 4 * START));
    expect(wide.equals(narrow)).toBe(true);
  });

  it("are all widened by the engine, and none of them is too much for it", () => {
    const functions = traceOfEngine();
    const left = Object.keys(HOT).filter((name) => {
      const { pairs, failures } = functions.get(name) ?? { pairs: 0, failures: 0 };
      return pairs - failures < HOT[name];
    });
    expect(left).toEqual([]);
  });
});

it("does not accept a product that is wrong", () => {
  const compile = () => compileKernels("relaxed").module;
  const wrong: typeof instantiate = (module, memory) => {
    const kernels = instantiate(module, memory);
    const matmul: Kernels["matmul"] = (...args) => {
      kernels.matmul(...args);
      new Float32Array(memory.buffer)[args[8] / 4 + 3] += 1;
    };
    return { ...kernels, matmul };
  };
  expect(compileProven(compile, wrong)).toBeUndefined();
  expect(compileProven(compile, instantiate)).toBeDefined();
});

it.runIf(canWiden)("leaves neither attention nor small products to a library whose vectors are no wider", () => {
  // Opens the library, on the main thread alone, which is the only one whose calls can be seen.
  setThreads(1);
  const { blas } = cpuInfo();
  const calls: string[] = [];
  const { kernels } = machine();
  const { blasAttention, blasMatmul } = kernels;
  kernels.blasAttention = (...args) => {
    calls.push("attention");
    blasAttention(...args);
  };
  kernels.blasMatmul = (...args) => {
    calls.push(`product ${args[2]}`);
    blasMatmul(...args);
  };
  multiHeadAttention(randn([1, 256, 3 * 32]), 2, { causal: true }).dataSync();
  randn([300, 500])
    .matmul(randn([500, 400]))
    .dataSync();
  // Large enough to be worth a call.
  randn([1000, 1000])
    .matmul(randn([1000, 1000]))
    .dataSync();
  if (blas === undefined) expect(calls).toEqual([]);
  else if (hasLongVectors()) expect(new Set(calls)).toEqual(new Set(["attention", "product 300", "product 1000"]));
  else expect(new Set(calls)).toEqual(new Set(["product 1000"]));
});
