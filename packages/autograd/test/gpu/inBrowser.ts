import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGpuDevice, type GpuOptions } from "../../src/devices/gpu/device.ts";
import type { BackendName } from "../../src/devices/gpu/gpujs.ts";
import { device } from "../../src/devices.ts";
import { cases } from "../conformance/cases/index.ts";
import { type Case, GRAPHICS } from "../conformance/check.ts";
import type { Program } from "../differential/program.ts";
import { numberCases } from "../numbers/index.ts";
import { findBrowser, type OpenPage, openPage } from "./browser.ts";
import type { ConformancePage } from "./conformance.page.ts";
import { expectSameResults, expectSteady, expectSteadyDriver } from "./expectations.ts";
import { layersToCome } from "./layersToCome.ts";
import { ownKernelResults } from "./ownKernels.ts";

const fixture = readFileSync(new URL("../fixtures/programs.json", import.meta.url), "utf8");
const { programs } = JSON.parse(fixture) as { programs: Program[] };

const sameKernels = await createGpuDevice({ backend: "webasm" });

/** What is proven: the cases of kernels that every gpu has, unless told otherwise. */
interface Options extends GpuOptions {
  readonly backend: BackendName;
  readonly concerns?: (one: Case) => boolean;
}

/** Proves a backend that only a browser has. Where there is no browser, says that this was left out. */
export function describeInBrowser(title: string, { concerns, ...options }: Options): void {
  const browser = findBrowser();
  if (browser === undefined) {
    console.log(`gpu, ${title}: left out, as no Chromium was found here (CHROMIUM can name its path)`);
    it.skip(`device gpu in a browser, ${title}`);
    return;
  }
  const chosen = concerns ?? (({ kernel }: Case) => sameKernels[kernel] !== undefined);
  describe(`device gpu in a browser, ${title}`, () => {
    let opened: OpenPage;
    beforeAll(async () => {
      opened = await openPage(browser, new URL("conformance.page.ts", import.meta.url));
      const info = await opened.page.evaluate(
        (chosen) => (globalThis as unknown as ConformancePage).open(chosen),
        options,
      );
      expect(info.backend).toBe(options.backend);
    });
    afterAll(() => opened?.close());

    // NaN is left out, of which graphics hardware promises nothing.
    cases.forEach((one, place) => {
      if (one.usesNaN || !chosen(one)) return;
      it(`${one.kernel}: ${one.name}`, async () => {
        const error = await opened.page.evaluate(
          ([place, tolerance]) => (globalThis as unknown as ConformancePage).runCase(place, tolerance),
          [place, GRAPHICS] as const,
        );
        expect(error).toBeUndefined();
      });
    });

    if (options.product !== undefined) return;

    // Before the random programs, whose tensors are given back whenever the collector likes.
    it("keeps as many blocks and kernels as after the first step, whatever the batch's length", async () => {
      const seen = await opened.page.evaluate(() => (globalThis as unknown as ConformancePage).takeSteps());
      expectSteady(seen);
      expectSteadyDriver(seen);
    });

    // Without infinities, NaN and subnormal numbers, of which it promises nothing either.
    const usual = programs.filter(({ kind }) => kind !== "extreme");
    const STRETCH = 40;
    for (let first = 0; first < usual.length; first += STRETCH) {
      it(`computes random programs ${first} to ${first + STRETCH - 1} as PyTorch does`, async () => {
        const faults = await opened.page.evaluate(
          (some) => (globalThis as unknown as ConformancePage).programFaults(some),
          usual.slice(first, first + STRETCH),
        );
        expect(faults).toEqual([]);
      });
    }

    numberCases.forEach(({ name, right, special }, place) => {
      if (special) return;
      it(`${name} gives ${right}`, async () => {
        const fault = await opened.page.evaluate(
          (place) => (globalThis as unknown as ConformancePage).numberFault(place),
          place,
        );
        expect(fault).toBeUndefined();
      });
    });

    it("runs kernels of one's own as the reference does", async () => {
      const found = await opened.page.evaluate(() => (globalThis as unknown as ConformancePage).ownKernelResults());
      expectSameResults(found, await ownKernelResults(device("reference")));
    });

    it("convolves and recurs as the reference does, with the gradients", async () => {
      const found = await opened.page.evaluate(() => (globalThis as unknown as ConformancePage).layersToCome());
      expectSameResults(found, await layersToCome(device("reference")));
    });

    it("says at the next read that the GPU's memory is full, and only there", async () => {
      const messages = await opened.page.evaluate(() => (globalThis as unknown as ConformancePage).fillMemory());
      const full = "the GPU has no memory left: make the batch or the model smaller";
      expect(messages).toEqual([expect.stringMatching(new RegExp(`^gpu \\(web.*\\): .*${full}$`)), "1,1,1"]);
    });

    if (options.backend === "webgpu") {
      it("names the op for whose result there is no memory, and does not use such a buffer again", async () => {
        const messages = await opened.page.evaluate(() => (globalThis as unknown as ConformancePage).refuseBuffer());
        expect(messages).toEqual([
          expect.stringMatching(
            /^gpu \(webgpu\): fill .*: the GPU has no memory left: make .* \(\d+ bytes were asked for\)$/,
          ),
          "91193",
          "91193",
        ]);
      });

      it("names the op whose result has more rows than the GPU can count", async () => {
        const message = await opened.page.evaluate(() => (globalThis as unknown as ConformancePage).readTooManyRows());
        expect(message).toMatch(
          /^gpu \(webgpu\): rows .*: its result takes .* groups of threads, and this GPU allows 65535/,
        );
      });
    }

    it("says that the GPU was lost, at every read, until it is opened anew", async () => {
      const { messages, backend } = await opened.page.evaluate(() =>
        (globalThis as unknown as ConformancePage).loseGpu(),
      );
      expect(messages.length).toBe(2);
      for (const message of messages)
        expect(message).toMatch(/^gpu \(web.*\): the GPU was lost \(.*open it anew with openGpu/);
      expect(backend).toBe(options.backend);
    });
  });
}
