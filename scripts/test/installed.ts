import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Bundle } from "@lectern/autograd/testing/bundling";
import { nodePackages } from "../node.mjs";
import { packAll } from "../pack.mjs";
import { LIBRARIES } from "./consumer.ts";
import { npm } from "./npm.ts";

/** The releases of Node, and of Vite, that the packages are tried with. */
const NODES = { 22: "22.23.3", 24: "24.21.0", 26: "26.10.0" } as const;
const VITES = { 6: "6.4.6", 8: "8.3.8" } as const;

export type NodeRelease = keyof typeof NODES;
export type ViteRelease = keyof typeof VITES;

export interface Installed {
  readonly folder: string;
  /** The program of a Node. */
  node(release: NodeRelease): string;
  /** The folder of a Vite. */
  vite(release: ViteRelease): string;
  remove(): void;
}

/**
 * An empty folder outside of the workspace, into which plain npm has installed our tarballs, the libraries' unless others are named,
 * and what they are tried with.
 */
export function install(packages: readonly string[] | "all" = LIBRARIES): Installed {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "lectern-installed-"));
  const tarballs = packAll(join(folder, "tarballs"), packages === "all" ? undefined : packages);
  const system = nodePackages.find((name) => name.endsWith(`${process.platform}-${process.arch}`));
  const tools = [
    ...Object.entries(NODES).map(([release, version]) => `node${release}@npm:${system}@${version}`),
    ...Object.entries(VITES).map(([release, version]) => `vite${release}@npm:vite@${version}`),
  ];
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "outside", private: true, type: "module" }));
  npm(["install", "--ignore-scripts", "--no-audit", "--no-fund", ...tarballs, ...tools], folder);
  return {
    folder,
    node: (release) => {
      const home = join(folder, "node_modules", `node${release}`);
      return join(home, JSON.parse(readFileSync(join(home, "package.json"), "utf8")).bin.node);
    },
    vite: (release) => join(folder, "node_modules", `vite${release}`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A project of a page: its folder has the given scripts, and its page begins with them. Vite finds it as it does everybody's. */
export function makePage(folder: string, scripts: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, "src"), { recursive: true });
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(folder, "src", name), text);
  const tags = Object.keys(scripts).map((name) => `<script type="module" src="/src/${name}"></script>`);
  writeFileSync(join(folder, "index.html"), `<!doctype html><title>a page of one's own</title>${tags.join("")}`);
}

/** The headers for threads, as `vite` sends them while one writes a page. */
const HEADERS = {
  server: {
    port: 0,
    host: "127.0.0.1",
    headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
  },
};

/** What a Vite has to be told besides, as `packages/autograd/README.md` says. */
export const SETTINGS: Readonly<Record<ViteRelease, object>> = {
  6: { optimizeDeps: { exclude: ["@lectern/autograd"], include: ["@lectern/autograd > seedrandom"] } },
  8: {},
};

interface ViteServer {
  listen(): Promise<unknown>;
  close(): Promise<void>;
  readonly resolvedUrls: { readonly local: readonly string[] };
}

/** Serves the page of a folder as `vite` does, without building it. */
export async function servePage({ folder, vite }: Installed, release: ViteRelease, settings = SETTINGS[release]) {
  const { href } = pathToFileURL(join(vite(release), "dist/node/index.js"));
  const { createServer } = (await import(href)) as { createServer(options: object): Promise<ViteServer> };
  const cacheDir = mkdtempSync(join(folder, "served-"));
  const own = { root: folder, configFile: false, logLevel: "silent", cacheDir };
  const server = await createServer({ ...own, ...HEADERS, ...settings });
  await server.listen();
  return { address: server.resolvedUrls.local[0], close: () => server.close() };
}

/** Builds the page of a folder as `vite build` does, without any settings. */
export function buildPage({ folder, node, vite }: Installed, release: ViteRelease): Bundle {
  const out = join(folder, `built${release}`);
  const program = join(vite(release), "bin/vite.js");
  execFileSync(node(26), [program, "build", "--outDir", out], { cwd: folder, stdio: "pipe" });
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name));
  return Object.fromEntries(
    paths.map((path) => [`/${relative(out, path).split(sep).join("/")}`, readFileSync(path, "utf8")]),
  );
}
