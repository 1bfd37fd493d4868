import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGpuDevice } from "../../src/devices/gpu/device.ts";
import type { BackendName } from "../../src/devices/gpu/gpujs.ts";
import { casesFor } from "../conformance/cases/index.ts";
import { GRAPHICS } from "../conformance/check.ts";
import { findBrowser, type OpenPage, openPage } from "./browser.ts";
import type { ConformancePage } from "./conformance.page.ts";

const browser = findBrowser();
const sameKernels = await createGpuDevice({ backend: "webasm" });

function describeInBrowser(executablePath: string, backend: BackendName): void {
  describe(`device gpu on ${backend} in a browser`, () => {
    let opened: OpenPage;
    beforeAll(async () => {
      opened = await openPage(executablePath, "conformance.page.ts");
      const info = await opened.page.evaluate((name) => (globalThis as unknown as ConformancePage).open(name), backend);
      expect(info.backend).toBe(backend);
    });
    afterAll(() => opened?.close());

    casesFor(sameKernels).forEach(({ kernel, name, usesNaN }, place) => {
      if (usesNaN) return;
      it(`${kernel}: ${name}`, async () => {
        const error = await opened.page.evaluate(
          ([place, tolerance]) => (globalThis as unknown as ConformancePage).runCase(place, tolerance),
          [place, GRAPHICS] as const,
        );
        expect(error).toBeUndefined();
      });
    });
  });
}

if (browser === undefined) {
  console.log("gpu in a browser: left out, as no Chromium was found (set CHROMIUM to its path)");
  it("runs on WebAssembly where there is no browser", () => expect(sameKernels.info().backend).toBe("webasm"));
} else {
  for (const backend of ["webgpu", "webgl2"] as const) describeInBrowser(browser, backend);
}
