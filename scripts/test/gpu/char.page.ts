import { type GpuInfo, openGpu } from "@lectern/autograd";
import { type CharRun, trainChar } from "./char.ts";

/** What the test calls in the page. */
export interface CharPage {
  ready: boolean;
  trainOnWebGpu(text: { train: string; validation: string }, steps: number): Promise<CharRun & { gpu: GpuInfo }>;
}

const page = globalThis as unknown as CharPage;

page.trainOnWebGpu = async (text, steps) => {
  const device = await openGpu({ backend: "webgpu" });
  return { ...(await trainChar(device, text, steps)), gpu: device.info() };
};

page.ready = true;
