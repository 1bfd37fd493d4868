import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";

/** What a page loads, and what it may load later. */
export interface BrowserGraph {
  readonly inputs: Metafile["inputs"];
  /** Of all of it, bundled and minified. */
  readonly bytes: number;
}

/** Bundles everything that a module exports, found from a folder, for a browser. */
export async function browserGraph(entry: string, folder: URL): Promise<BrowserGraph> {
  const { metafile } = await build({
    stdin: { contents: `export * from "${entry}";`, resolveDir: fileURLToPath(folder) },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    conditions: ["browser"],
    logLevel: "silent",
  });
  const [{ bytes }] = Object.values(metafile.outputs);
  return { inputs: metafile.inputs, bytes };
}
