import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findBrowser } from "@lectern/autograd/testing/browser";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { eventsOf, lectern } from "../command.ts";

/** Chromium brings the Vulkan loader and a software driver, which Node's WebGPU can use as it would those of a card. */
function vulkanOfChromium(): { loader: string; driver: string } | undefined {
  const folders = ["/usr/lib/chromium", dirname(findBrowser() ?? "/")];
  for (const folder of folders) {
    const found = { loader: join(folder, "libvulkan.so.1"), driver: join(folder, "vk_swiftshader_icd.json") };
    if (Object.values(found).every(existsSync)) return found;
  }
  return undefined;
}

let folder = "";
const vulkan = process.platform === "linux" ? vulkanOfChromium() : undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern webgpu "));
  await mkdir(join(folder, "lib"));
  if (vulkan) await symlink(vulkan.loader, join(folder, "lib", "libvulkan.so.1"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

if (vulkan === undefined) console.log("WebGPU in Node: left out, as no Chromium with a Vulkan driver was found here");

it.skipIf(vulkan === undefined)("Node trains on WebGPU where there is a driver, with the cpu's losses", async () => {
  vi.stubEnv("LD_LIBRARY_PATH", join(folder, "lib"));
  vi.stubEnv("VK_ICD_FILENAMES", vulkan!.driver);
  await writeFile(join(folder, "text.txt"), "the quick brown fox jumps over the lazy dog. ".repeat(20));
  const sizes = ["--steps", "3", "--context", "8", "--batch", "2", "--sample", "0"];
  const train = (device: string, ...more: string[]) => {
    const args = [
      "train",
      "char",
      "--data",
      "text.txt",
      "--out",
      device,
      ...sizes,
      "--device",
      device,
      ...more,
      "--json",
    ];
    return lectern(args, folder);
  };
  const outcome = await train("gpu", "--gpu-backend", "webgpu");
  expect(outcome.code, outcome.stderr).toBe(0);
  const lossesOf = (events: ReturnType<typeof eventsOf>) =>
    events.filter(({ event }) => event === "step").map(({ loss }) => loss as number);
  const found = lossesOf(eventsOf(outcome));
  const expected = lossesOf(eventsOf(await train("cpu")));
  expect(found).toHaveLength(3);
  expected.forEach((loss, i) => {
    expect(Math.abs(found[i] - loss), `loss of step ${i + 1}`).toBeLessThan(1e-3);
  });
  expect(eventsOf(outcome).at(-1)).toMatchObject({ event: "done", device: "gpu" });
});

it.skipIf(vulkan === undefined)(
  "a Vulkan without a driver is told in the one line, without warnings from below",
  async () => {
    vi.stubEnv("LD_LIBRARY_PATH", join(folder, "lib"));
    vi.stubEnv("VK_ICD_FILENAMES", join(folder, "no driver.json"));
    vi.stubEnv("VK_DRIVER_FILES", join(folder, "no driver.json"));
    const { code, stdout, stderr } = await lectern(
      ["generate", "runs/nothing", "--device", "gpu", "--gpu-backend", "webgpu"],
      folder,
    );
    expect(stderr).toMatch(
      /^lectern: gpu: the backend webgpu cannot be had: Vulkan finds no driver \(it reports -9\): install the card's .*\n$/,
    );
    expect(stdout).toBe("");
    expect(code).toBe(1);
  },
);
