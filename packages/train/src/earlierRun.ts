import { CONTENT, type RunFolder } from "./run.ts";

/**
 * Makes a folder ready for a new run. What an earlier one left is moved into `previous/1`, `previous/2`, …, or with `overwrite`
 * deleted; `tell` hears of either, of the latter before it is done. Errors: the folder holds other files and no run.
 */
export async function makeRoom(run: RunFolder, overwrite: boolean, tell: (message: string) => void): Promise<void> {
  const names = new Set(await run.store.list());
  const left = CONTENT.filter((name) => names.has(name));
  assertOwn(run, names);
  if (left.length === 0) return;
  if (overwrite) {
    const checkpoints = (await run.checkpoints()).length;
    const list = left.map((name) => (name === "checkpoints" ? `checkpoints (${checkpoints})` : name)).join(", ");
    tell(`deleting an earlier run in ${run.path}: ${list}`);
    for (const name of left) await run.store.remove(name);
    return;
  }
  const folder = await placeFor(run, left);
  for (const name of left) await run.store.rename(name, `${folder}/${name}`);
  tell(`an earlier run was moved to ${run.store.pathOf(folder)}`);
}

/** Errors: what lies in a folder is somebody else's. A run with other files beside it is one all the same. */
function assertOwn({ path }: RunFolder, names: ReadonlySet<string>): void {
  if (names.has("metrics.jsonl") || names.has("checkpoints")) return;
  const own = new Set<string>([...CONTENT, "previous"]);
  const others = [...names].filter(
    (name) => !own.has(name) && !name.startsWith(".") && !name.includes("training.lock"),
  );
  if (others.length === 0) return;
  const [some, more] = [others.sort().slice(0, 3).join(", "), others.length > 3 ? ", …" : ""];
  throw new Error(
    `${path} holds other files (${some}${more}) and no run: give the run a folder of its own (out, --out), such as ${path}/run`,
  );
}

/** A new place in `previous`; the last one where a move into it was broken off, so that the run is not torn in two. */
async function placeFor({ store }: RunFolder, left: readonly string[]): Promise<string> {
  const last = Math.max(0, ...(await store.list("previous")).map(Number).filter(Number.isInteger));
  const there = await store.list(`previous/${last}`);
  const isBroken =
    there.includes(CONTENT[0]) && !left.includes(CONTENT[0]) && !there.some((name) => isOneOf(name, left));
  return `previous/${isBroken ? last : last + 1}`;
}

const isOneOf = (name: string, names: readonly string[]) => names.includes(name);
