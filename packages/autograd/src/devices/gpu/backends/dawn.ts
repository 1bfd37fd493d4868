/** WebGPU in Node: the package `webgpu`, which is Dawn, the WebGPU of Chromium. */

// Not literals, so that bundlers for the browser do not look for the packages.
const DAWN = "webgpu";
const FOREIGN_FUNCTIONS = "koffi";

/** Errors: it cannot be had, with the reason and what to do. */
export async function loadDawn(): Promise<GPU> {
  await assertVulkan();
  let dawn: { create(options: string[]): GPU; globals: object };
  try {
    dawn = await import(/* @vite-ignore */ DAWN);
  } catch (error) {
    throw new Error(whyDawnFails(error), { cause: error });
  }
  Object.assign(globalThis, dawn.globals);
  return dawn.create([]);
}

/** What keeps the package from being loaded: it is not there, or the system is older than what it was built for. */
export function whyDawnFails(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") {
    return "the package webgpu has no build for this system, or is not installed: `npm install webgpu`, or `pnpm install` in Lectern's repository, fetches it";
  }
  const line = String(message ?? error).split("\n")[0];
  const older = /version .(GLIBC(XX)?_[\d.]+). not found/.exec(line);
  if (older === null) return `the package webgpu does not load: ${line}`;
  const library = older[2] === undefined ? "C library" : "C++ library (libstdc++6)";
  return `the system's ${library} is too old for the package webgpu, which needs ${older[1]}: update the system`;
}

interface ForeignFunctions {
  load(name: string): { func(declaration: string): (...args: unknown[]) => number; unload(): void };
}

/** VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, in a struct of 64 bytes that asks for nothing more. */
const INSTANCE_CREATE_INFO = Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? 1 : 0));

/**
 * On Linux, Dawn needs the Vulkan loader and a driver that it finds, and prints warnings of its own where one is missing.
 * Errors: one is. Whether they are there cannot be told without the optional package koffi; then Dawn is asked.
 */
async function assertVulkan(): Promise<void> {
  if (process.platform !== "linux") return;
  const koffi = await import(/* @vite-ignore */ FOREIGN_FUNCTIONS).catch(() => undefined);
  if (koffi === undefined) return;
  const { load } = (koffi.default ?? koffi) as ForeignFunctions;
  let vulkan: ReturnType<ForeignFunctions["load"]>;
  try {
    vulkan = load("libvulkan.so.1");
  } catch {
    throw new Error("libvulkan.so.1 is missing: install libvulkan1 (or vulkan-loader) and the card's driver");
  }
  const create = vulkan.func("int vkCreateInstance(const void *info, const void *allocator, _Out_ void **instance)");
  const destroy = vulkan.func("void vkDestroyInstance(void *instance, const void *allocator)");
  const instance: unknown[] = [null];
  const result = create(INSTANCE_CREATE_INFO, null, instance);
  if (result === 0) destroy(instance[0], null);
  vulkan.unload();
  if (result !== 0) {
    throw new Error(
      `Vulkan finds no driver (it reports ${result}): install the card's (such as mesa-vulkan-drivers, or NVIDIA's), ` +
        "and in a container pass the card on",
    );
  }
}
