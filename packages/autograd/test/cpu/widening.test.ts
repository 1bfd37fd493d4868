import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Kernels } from "../../src/devices/cpu/generated/interface.mjs";
import { cpuInfo } from "../../src/devices/cpu/info.ts";
import { machine, setThreads } from "../../src/devices/cpu/machine.ts";
import { compileKernels, instantiate, type Simd } from "../../src/devices/cpu/module.ts";
import { compileProven, hasLongVectors, whyNotWidened } from "../../src/devices/cpu/widening.ts";
import { multiHeadAttention, randn } from "../../src/index.ts";
import { CALLS, SCRATCH, START } from "./widenedCalls.ts";

const canWiden = whyNotWidened() === undefined;

/** The builds' kernels, each in a memory of its own that holds the same numbers. */
function kernelsOf(build: Simd) {
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 256, shared: true });
  const kernels = instantiate(compileKernels(build).module, memory);
  const numbers = new Float32Array(memory.buffer);
  for (let i = START / 4; i < numbers.length; i++) numbers[i] = Math.sin(i) * 3;
  kernels.setScratch(SCRATCH);
  return { kernels, numbers };
}

describe.runIf(canWiden)("widened kernels", () => {
  it.each(Object.entries(CALLS))("give %s to the bit as those that are not", (_name, call) => {
    const builds = [kernelsOf("relaxed"), kernelsOf("widened")];
    // Often enough for the engine to optimise, and so widen, them.
    for (const n of [5, 8, 31, 64, 200])
      for (const { kernels, numbers } of builds) for (let i = 0; i < 30; i++) call({ kernels, numbers }, n);
    const [narrow, wide] = builds.map(({ numbers }) =>
      new Int32Array(numbers.buffer).subarray(START / 4, 5 * (START / 4)),
    );
    expect(wide).toEqual(narrow);
  });

  // The engine tells what it widened, by the number of each function.
  it("are widened by the engine", () => {
    const program = fileURLToPath(new URL("./widenedCalls.ts", import.meta.url));
    const text = execFileSync(process.execPath, ["--trace-wasm-revectorize", program], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    const functions = new Map<string, { seeds: number; failures: number }>();
    for (const [, name, body] of text.matchAll(/Begin revec function (\S+)\n([\s\S]*?)Finished revec function/g)) {
      const seeds = body.match(/^\{$/gm)?.length ?? 0;
      functions.set(name, { seeds, failures: body.match(/SLP tree failed/g)?.length ?? 0 });
    }
    const wide = [...functions.values()].filter(({ seeds, failures }) => seeds > 0 && failures === 0);
    // Two blocks of the product, six rows with two pairs of stores each; eight rows of attention's products; sixteen columns
    // of four rows of its gradient's; then bias and GELU, its gradient, and AdamW.
    expect(wide.filter(({ seeds }) => seeds === 12)).toHaveLength(2);
    expect(wide.filter(({ seeds }) => seeds === 8).length).toBeGreaterThanOrEqual(2);
    // And four sums of a layer of one row.
    expect(wide.some(({ seeds }) => seeds === 4)).toBe(true);
    expect(wide.length).toBeGreaterThanOrEqual(8);
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
