import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { temporaryFolder } from "./helpers.ts";

const PROGRAM = fileURLToPath(new URL("./largeFiles.program.ts", import.meta.url));

it("writes a checkpoint of more than 2 GiB and goes on from it, with some parts of it in memory at a time", () => {
  const file = join(temporaryFolder(), "large.safetensors");
  const told = execFileSync(process.execPath, [PROGRAM, file, "34"], { encoding: "utf8" });
  expect(statSync(file).size).toBeGreaterThan(2 ** 31);
  const { same, tensors, peaks } = JSON.parse(told) as { same: boolean; tensors: number; peaks: number[] };
  const [before, saved, restored] = peaks;
  expect(same).toBe(true);
  expect(before).toBeGreaterThan(tensors);
  expect(
    [saved - before, restored - saved].every((more) => more < 0.1 * tensors),
    told,
  ).toBe(true);
});
