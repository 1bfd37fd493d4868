// gpu.js as @lectern/autograd is published with it. As a package it would bring 90 MB that nobody calls here: another WebGPU for
// Node than ours, and a WebGL that is to be compiled. So its own code lies in ours, a module for Node and one for browsers.
import { cpSync, mkdirSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const FOLDER = "./dist/gpu.js";

/** What lies in gpu.js's own code, in its module for browsers at least. */
const WITHIN = ["acorn", "gpu-mock.js"];

/** Copies the licences of what is carried, which ask for no more than that. */
function copyLicences(home, to) {
  cpSync(join(home, "LICENSE"), join(to, "LICENSE"));
  const require = createRequire(join(realpathSync(home), "package.json"));
  for (const name of WITHIN) {
    cpSync(join(dirname(require.resolve(`${name}/package.json`)), "LICENSE"), join(to, `LICENSE.${name}`));
  }
}

/** What Node's has to have to load what is Node's own. */
const REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/**
 * Puts gpu.js into a staged package, and gives its package.json without what that brings. Dawn, WebGPU for Node, has 130 MB: whoever
 * wants it installs `webgpu` beside.
 */
export function withGpuJs(folder, to, manifest) {
  const require = createRequire(join(folder, "package.json"));
  const home = join(folder, "node_modules/gpu.js");
  mkdirSync(join(to, FOLDER), { recursive: true });
  for (const [platform, banner] of [
    ["node", REQUIRE],
    ["browser", ""],
  ]) {
    require("esbuild").buildSync({
      ...{ entryPoints: ["."], bundle: true },
      ...{ platform, format: "esm", target: "es2022", external: ["acorn", "gl"], banner: { js: banner } },
      ...{ absWorkingDir: home, outfile: join(to, FOLDER, `${platform}.mjs`) },
    });
  }
  copyLicences(home, join(to, FOLDER));
  const { "gpu.js": _, ...dependencies } = manifest.dependencies;
  const { webgpu, ...optionalDependencies } = manifest.optionalDependencies;
  return {
    ...manifest,
    imports: {
      ...manifest.imports,
      "#gpujs": { browser: `${FOLDER}/browser.mjs`, default: `${FOLDER}/node.mjs` },
    },
    dependencies,
    optionalDependencies,
    peerDependencies: { webgpu },
    peerDependenciesMeta: { webgpu: { optional: true } },
  };
}
