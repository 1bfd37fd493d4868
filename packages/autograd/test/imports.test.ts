import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../src/", import.meta.url));

/** Which of the package's files each of them loads; imports of types alone are none. */
async function importsOf(): Promise<Map<string, string[]>> {
  const { metafile } = await build({
    ...{ entryPoints: ["index.ts"], absWorkingDir: root, bundle: true, write: false, metafile: true },
    ...{ platform: "node", format: "esm", packages: "external", outdir: "out", logLevel: "silent" },
  });
  return new Map(
    Object.entries(metafile.inputs).map(([file, { imports }]) => [
      file,
      imports.filter(({ external }) => !external).map(({ path }) => path),
    ]),
  );
}

/** The files that can be reached from one. */
function reachedFrom(start: string, graph: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set<string>();
  const stack = [start];
  while (stack.length > 0) {
    for (const next of graph.get(stack.pop()!) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      stack.push(next);
    }
  }
  return seen;
}

const graph = await importsOf();
const reached = new Map([...graph.keys()].map((file) => [file, reachedFrom(file, graph)]));
const inCircles = [...graph.keys()].filter((file) => reached.get(file)!.has(file));

describe("the package's files", () => {
  it("import each other in one circle alone, the one around Tensor", () => {
    for (const file of inCircles) {
      expect(file).toMatch(/^(tensor|op|opContext|creation)\.ts$|^(ops|methods)\//);
      expect(reached.get(file)!.has("tensor.ts"), file).toBe(true);
    }
  });

  it("have in that circle no op that is no method", () => {
    const plain = ["attention", "crossEntropy", "dropout", "embedding", "layerNorm", "linear", "optimizer", "losses"];
    for (const name of plain) {
      expect(graph.has(`ops/${name}.ts`)).toBe(true);
      expect(inCircles).not.toContain(`ops/${name}.ts`);
    }
  });

  it("go down from tensors to devices: no device and no part of the engine loads an op", () => {
    const below = [...graph.keys()].filter(
      (file) => /^(engine|devices)\//.test(file) && !file.includes("defineKernel"),
    );
    expect(below.length).toBeGreaterThan(20);
    for (const file of below) {
      const above = [...reached.get(file)!].filter((other) => /^(ops|methods)\/|^(tensor|op)\.ts$/.test(other));
      expect(above, file).toEqual([]);
    }
  });
});
