// The pages of the libraries' API, by TypeDoc, which `npm run docs` has installed beside this file.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application } from "typedoc";
import { root } from "../node.mjs";

const LIBRARIES = ["packages/autograd", "packages/nn", "packages/train", "datasets"];

const SHARED = {
  tsconfig: fileURLToPath(new URL("tsconfig.json", import.meta.url)),
  basePath: root,
  disableSources: true,
  excludePrivate: true,
  includeVersion: true,
  // A test looks for exports without docstrings: `scripts/test/docstrings.test.ts`.
  validation: false,
  logLevel: "Warn",
};

async function convert(options) {
  const app = await Application.bootstrap({ ...SHARED, ...options });
  const project = await app.convert();
  if (project === undefined || app.logger.hasErrors()) throw new Error("TypeDoc could not read the sources");
  return { app, project };
}

/** What a library exports to others, as a file of JSON. */
async function describe(library, json) {
  const folder = join(root, library);
  const { name, exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const sources = Object.entries(exports).filter(([, path]) => path.startsWith("./src/"));
  const entryPoints = sources.map(([, path]) => join(folder, path));
  const { app, project } = await convert({ name, entryPoints, readme: join(folder, "README.md") });
  // Where there are several modules, TypeDoc calls each by its file; whoever imports it has another name for it.
  for (const [key, path] of sources) {
    const file = join(library, path)
      .replaceAll("\\", "/")
      .replace(/(\/index)?\.ts$/, "");
    const module = project.children?.find((child) => child.name === file);
    if (module !== undefined) module.name = key === "." ? name : `${name}${key.slice(1)}`;
  }
  await app.generateJson(project, json);
}

/** Writes the pages into a folder. Errors: TypeDoc cannot read the sources. */
export async function buildPages(destination) {
  const parts = mkdtempSync(join(tmpdir(), "lectern-docs-"));
  try {
    const files = LIBRARIES.map((_, i) => join(parts, `${i}.json`));
    for (const [i, library] of LIBRARIES.entries()) await describe(library, files[i]);
    const merged = { entryPoints: files, entryPointStrategy: "merge", readme: join(root, "README.md") };
    const { app, project } = await convert({ name: "Lectern", ...merged });
    await app.generateDocs(project, destination);
  } finally {
    rmSync(parts, { recursive: true });
  }
}
