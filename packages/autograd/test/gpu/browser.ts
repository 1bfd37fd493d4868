import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { type Bundle, bundle } from "../bundling.ts";

/** Where Chromium is usually installed; where `CHROMIUM` is set, it is there or nowhere. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium"];

export function findBrowser(): string | undefined {
  const { CHROMIUM } = process.env;
  return (CHROMIUM ? [CHROMIUM] : PLACES).find(existsSync);
}

/** WebGPU on a machine without a GPU is Chromium's own renderer, SwiftShader. Nothing may ask the network for anything. */
const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface OpenPage {
  readonly page: Page;
  close(): Promise<void>;
}

export interface OpenBrowser {
  readonly browser: BrowserContext;
  close(): Promise<void>;
}

/** Starts Chromium without a window, and with a profile of its own. */
export async function openBrowser(executablePath: string): Promise<OpenBrowser> {
  const profile = mkdtempSync(join(tmpdir(), "lectern-browser-"));
  const remove = () => rmSync(profile, { recursive: true, force: true });
  try {
    const browser = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: FLAGS });
    return { browser, close: () => browser.close().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * Opens a page that runs a script, which is bundled unless it was already; a bundle with an `/index.html` is a page itself. The
 * script sets `globalThis.ready` when it is ready. `isolated`: whether the page shuts others out, and so may have threads.
 */
export async function openPage(
  executablePath: string,
  script: URL | Bundle,
  { isolated = true } = {},
): Promise<OpenPage> {
  const server = await serve(script instanceof URL ? await bundle(script) : script, isolated);
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return visitPage(executablePath, address, () => void server.close());
}

/** Opens a page that a server has; `leave` is called when it is closed. */
export async function visitPage(
  executablePath: string,
  address: string,
  leave: () => void | Promise<void>,
): Promise<OpenPage> {
  let opened: OpenBrowser | undefined;
  const close = async () => {
    await opened?.close();
    await leave();
  };
  try {
    opened = await openBrowser(executablePath);
    const page = await opened.browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(address);
    await page.waitForFunction("globalThis.ready === true", undefined, { timeout: 30_000 }).catch(() => {
      throw new Error(`the page did not start: ${errors.join("; ")}`);
    });
    return { page, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a bundle without a page of its own is shown in. */
const PAGE = '<!doctype html><title>test</title><script type="module" src="/script.js"></script>';

function serve(bundle: Bundle, isolated: boolean): Promise<Server> {
  const { "/index.html": page = PAGE, ...scripts } = bundle;
  const server = createServer((request, response) => {
    if (isolated) {
      // Memory is shared with threads only in pages that shut others out.
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    const script = scripts[request.url ?? ""];
    response.setHeader("Content-Type", script === undefined ? "text/html; charset=utf-8" : "text/javascript");
    response.end(script ?? page);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}
