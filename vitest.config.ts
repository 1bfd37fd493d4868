import { availableParallelism } from "node:os";
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { whyNotWidened } from "./packages/autograd/src/devices/cpu/widening.ts";

/** What the cpu device computes with. */
interface CpuSettings {
  readonly threads: number;
  readonly blas: boolean;
  readonly simd: "plain" | "relaxed" | "widened";
}

declare module "vitest" {
  interface ProvidedContext {
    /** What is set for a project's tests. */
    settings: CpuSettings;
  }
}

/** Sees whether the settings are in force. */
const SETTINGS_TEST = "packages/autograd/test/cpu/settings.test.ts";
/** Those that take minutes. */
const LONG = "**/*.long.test.ts";
const testTimeout = 60_000;

/** Every test, on the machine as it is. */
const everything: TestProjectInlineConfiguration = {
  test: {
    name: "all",
    include: ["packages/*/test/**/*.test.ts", "datasets/test/**/*.test.ts", "scripts/test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, SETTINGS_TEST, LONG],
    testTimeout,
    hookTimeout: testTimeout,
  },
};

/** Every test of tensors, devices and layers. */
const CORE = ["packages/autograd/test/**/*.test.ts", "packages/nn/test/**/*.test.ts"];

/** Those of them that are quick, and compute on the cpu device without choosing its settings themselves. */
const CORE_ON_CPU = [
  SETTINGS_TEST,
  "packages/autograd/test/conformance/cpu.test.ts",
  "packages/autograd/test/cpu/{attention,memory}.test.ts",
  "packages/autograd/test/ops/{cachedAttention,embedding,matmul,pytorch}.test.ts",
  "packages/autograd/test/{compositions,extending,random,secondOrder}.test.ts",
  "packages/nn/test/**/*.test.ts",
];

/** Tests with given settings of the cpu device. */
function withSettings(settings: CpuSettings, include: string[]): TestProjectInlineConfiguration {
  const { threads, blas, simd } = settings;
  return {
    test: {
      name: `threads ${threads}, BLAS ${blas ? "on" : "off"}, ${simd} SIMD`,
      include,
      exclude: [...configDefaults.exclude, "**/gpu/**", LONG],
      testTimeout,
      hookTimeout: testTimeout,
      env: { LECTERN_THREADS: String(threads), LECTERN_BLAS: blas ? "" : "off", LECTERN_SIMD: simd },
      provide: { settings },
    },
  };
}

/** The builds of the kernels that run here: `everything` takes the last one. */
const builds =
  whyNotWidened() === undefined ? (["plain", "relaxed", "widened"] as const) : (["plain", "relaxed"] as const);

/** Together with `everything`, which has threads and BLAS on a usual machine: each build without BLAS, one with one thread. */
const pairs: readonly CpuSettings[] = [
  { threads: 1, blas: true, simd: "plain" },
  ...builds.map((simd, i) => ({ threads: 1 + (i % 2), blas: false, simd })),
];

const combinations = [1, 2].flatMap((threads) =>
  [true, false].flatMap((blas) => builds.map((simd) => ({ threads, blas, simd }))),
);

/** Hostile files and command lines: seconds of them are among the tests of `everything`, ten minutes each by `--mode fuzz`. */
function fuzzing(): TestProjectInlineConfiguration {
  const { LECTERN_FUZZ_SECONDS = "600", LECTERN_FUZZ_SEED = String(Date.now() % 2 ** 31) } = process.env;
  return {
    test: {
      name: "fuzz",
      include: ["scripts/test/fuzz/*.test.ts"],
      env: { LECTERN_FUZZ_SECONDS, LECTERN_FUZZ_SEED },
      testTimeout,
    },
  };
}

/** The long tests, on the machine as it is. */
const long: TestProjectInlineConfiguration = {
  test: {
    name: "long",
    include: [`{packages,datasets,scripts}/${LONG}`],
    testTimeout: 20 * testTimeout,
    hookTimeout: 20 * testTimeout,
  },
};

/** What is tested by `vitest --mode <mode>`. */
function projectsOf(mode: string): TestProjectInlineConfiguration[] {
  if (mode === "fuzz") return [fuzzing()];
  if (mode === "full") return [long, ...combinations.map((settings) => withSettings(settings, CORE))];
  return [everything, ...pairs.map((settings) => withSettings(settings, CORE_ON_CPU))];
}

// `--mode full`: what `npm test` leaves out, all of the core's tests with every combination of settings, and the long ones.
// Vitest leaves one processor free, which of two is half; what takes hours may have that peace.
export default defineConfig(({ mode }) => ({
  test: { projects: projectsOf(mode), ...(mode === "test" && { maxWorkers: availableParallelism() }) },
}));
