import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { browserGraph } from "@lectern/autograd/testing/bundling";
import { describe, expect, it } from "vitest";

describe.each(["@lectern/autograd", "@lectern/nn", "@lectern/train", "@lectern/datasets"])(
  "what a page loads of %s",
  (entry) => {
    it("has no module of Node's and no terminal library", async () => {
      const { inputs, bytes } = await browserGraph(entry, new URL("..", import.meta.url));
      const files = Object.keys(inputs);
      // Seedrandom's crypto, which its package switches off for browsers, is called "(disabled):crypto" here.
      const imports = Object.values(inputs).flatMap((input) => input.imports.map(({ path }) => path));
      expect(files.length).toBeGreaterThan(20);
      expect(imports.filter((path) => isBuiltin(path))).toEqual([]);
      expect(files.filter((path) => /cli-progress|koffi|\/webgpu\/|host\/node\.ts/.test(path))).toEqual([]);
      console.log(`${entry}: ${files.length} files, ${Math.round(bytes / 1000)} KB minified`);
    });
  },
);

it("a thread of the cpu device is one file in a page, as bundlers want a worker to be", async () => {
  const worker = new URL("../../packages/autograd/src/devices/cpu/worker.mjs", import.meta.url);
  const { inputs } = await browserGraph(fileURLToPath(worker), new URL("..", import.meta.url));
  const imports = Object.values(inputs).flatMap((input) => input.imports);
  expect(imports.length).toBeGreaterThan(1);
  expect(imports.filter(({ kind }) => kind === "dynamic-import")).toEqual([]);
  expect(Object.keys(inputs).filter((path) => path.includes("library.mjs"))).toEqual([]);
});
