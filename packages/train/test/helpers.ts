import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Device,
  defaultDevice,
  device,
  registerDevice,
  Storage,
  setDefaultDevice,
  type Tensor,
} from "@lectern/autograd";
import { Embedding, Linear, Module } from "@lectern/nn";
import { expect, onTestFinished } from "vitest";

export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
}

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(fixturePath(name), "utf8")) as T;
}

/** An empty folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lectern-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** New tensors go to this device for the rest of the test. */
export function useDevice(name: string): void {
  const before = defaultDevice();
  setDefaultDevice(name);
  onTestFinished(() => setDefaultDevice(before));
}

/** The reference device, behind a door that only asynchronous reads go through: what a GPU looks like from here. */
export function queueingDevice(): Device & { reads: number } {
  const inner = device("reference");
  const counted: Device & { reads: number } = {
    ...inner,
    name: "queueing",
    hostMemory: false,
    reads: 0,
    allocate: (length, dtype) => new Storage(counted, dtype, length, inner.allocate(length, dtype).handle),
    async download(storage, start, length) {
      counted.reads++;
      return inner.download(storage, start, length);
    },
    downloadSync() {
      throw new Error("nobody may wait for this device");
    },
  };
  registerDevice(counted);
  return counted;
}

export function expectNumbers(actual: Tensor, expected: readonly number[], tolerance: number): void {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  for (const [i, wanted] of expected.entries()) {
    expect(Math.abs(values[i] - wanted), `element ${i}: ${values[i]}, should be ${wanted}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(wanted)),
    );
  }
}

/** A language model that sees only the last token: enough to train, and with nothing to wait for. */
export class Bigrams extends Module {
  readonly options: { readonly context: number };
  readonly table: Embedding;
  readonly head: Linear;

  constructor(vocabulary: number, width = 8, context = 8) {
    super();
    this.options = { context };
    this.table = new Embedding(vocabulary, width);
    this.head = new Linear(width, vocabulary);
  }

  forward(tokens: Tensor): Tensor {
    return this.head.forward(this.table.forward(tokens).tanh());
  }
}
