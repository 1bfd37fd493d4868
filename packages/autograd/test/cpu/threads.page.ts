import { machine } from "../../src/devices/cpu/machine.ts";
import { cpuInfo, setThreads } from "../../src/index.ts";
import { trainSmall } from "./small.ts";

/** What the test calls in the page. */
export interface ThreadsPage {
  ready: boolean;
  train(threads: number): Promise<{ losses: number[]; threads: number; workers: number; reason: string | undefined }>;
}

const page = globalThis as unknown as ThreadsPage;

page.train = async (threads) => {
  setThreads(threads);
  trainSmall();
  // The job has called the workers, which start while the page waits.
  const started = () => (machine().pool?.ready ?? 0) >= threads - 1;
  for (let i = 0; i < 200 && !started(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  const { threads: used, threadsReason: reason } = cpuInfo();
  return { losses: trainSmall(), threads: used, workers: machine().pool?.ready ?? 0, reason };
};

page.ready = true;
