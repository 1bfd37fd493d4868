import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { build as viteBuild } from "vite";

const FOR_BROWSERS = { bundle: true, format: "esm", platform: "browser", logLevel: "silent" } as const;

/** What a page loads, and what it may load later. */
export interface BrowserGraph {
  readonly inputs: Metafile["inputs"];
  /** Of all of it, bundled and minified. */
  readonly bytes: number;
}

/** Bundles everything that a module exports, found from a folder, for a browser. */
export async function browserGraph(entry: string, folder: URL): Promise<BrowserGraph> {
  const { metafile } = await build({
    ...FOR_BROWSERS,
    stdin: { contents: `export * from "${entry}";`, resolveDir: fileURLToPath(folder) },
    minify: true,
    write: false,
    metafile: true,
  });
  const [{ bytes }] = Object.values(metafile.outputs);
  return { inputs: metafile.inputs, bytes };
}

/** What a page is served: a script's files by their names; `/script.js` is where it begins. */
export type Bundle = Readonly<Record<string, string>>;

/** A thread of the cpu device, which a script looks for beside itself where the bundler has not seen to it. */
const WORKER = new URL("../src/devices/cpu/worker.mjs", import.meta.url);

/** The gpu device as it is written, with functions for kernels; a bundle for browsers has their texts in their place. */
export const KERNELS_AS_FUNCTIONS = {
  "#gpu": fileURLToPath(new URL("../src/devices/gpu/device.ts", import.meta.url)),
};

/** esbuild, which is also what Vite 6 minifies with. */
export async function bundle(script: URL, options: Pick<BuildOptions, "minify" | "alias"> = {}): Promise<Bundle> {
  const one = async (file: URL) => {
    const entryPoints = [fileURLToPath(file)];
    const { outputFiles } = await build({ ...FOR_BROWSERS, ...options, entryPoints, write: false, target: "es2022" });
    return outputFiles[0].text;
  };
  return { "/script.js": await one(script), "/worker.mjs": await one(WORKER) };
}

/** Vite as it comes, which minifies, and finds workers itself. */
export async function bundleWithVite(script: URL, alias: Record<string, string> = {}): Promise<Bundle> {
  const input = fileURLToPath(script);
  const built = await viteBuild({
    root: dirname(input),
    configFile: false,
    resolve: { alias },
    logLevel: "silent",
    build: { write: false, rollupOptions: { input, output: { entryFileNames: "script.js" } } },
  });
  if (!("output" in built)) throw new Error("vite: one build gives one output");
  const text = (content: string | Uint8Array) =>
    typeof content === "string" ? content : new TextDecoder().decode(content);
  const entries = built.output.map((file) => [
    `/${file.fileName}`,
    file.type === "chunk" ? file.code : text(file.source),
  ]);
  return Object.fromEntries(entries);
}
