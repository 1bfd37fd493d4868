import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { manualSeed } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { BPETokenizer, saveHuggingFace } from "@lectern/train";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { ModelEntry } from "../src/models/catalog.ts";
import { models } from "../src/models/catalog.ts";
import { fetchedModel, fetchModel } from "../src/models/fetch.ts";
import { modelPath } from "../src/models/resolve.ts";
import { eventsOf, lectern } from "./command.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const REPOSITORY = "somebody/small-model";

let folder = "";
/** A model's files by their names. */
const files = new Map<string, Buffer>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern models "));
  manualSeed(1);
  const tokenizer = BPETokenizer.from(["the whale, the white whale "], { size: 270 });
  const model = new GPT({ vocabulary: tokenizer.size, layers: 1, heads: 1, width: 8, context: 16, bias: true });
  await saveHuggingFace(join(folder, "model"), model, tokenizer);
  for (const name of await readdir(join(folder, "model"))) files.set(name, await readFile(join(folder, "model", name)));
  files.set("README.md", Buffer.from("not wanted"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const gitName = (bytes: Buffer) => createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

interface Faults {
  /** What the hub says its files are. */
  readonly describe?: (siblings: Record<string, unknown>[]) => unknown;
  readonly commit?: string;
  /** What it sends in a file's place. */
  readonly send?: (name: string, content: Buffer) => Buffer;
}

/** A hub on this machine, with one model. `asked` lists what was asked for. */
async function hub({
  describe = (siblings) => siblings,
  commit = COMMIT,
  send = (_, content) => content,
}: Faults = {}) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, "http://hub").pathname);
    asked.push(request.headers.range === undefined ? path : `${path} ${request.headers.range}`);
    if (/^\/api\/models\/somebody\/small-model\/revision\/(main|[0-9a-f]{40})$/.test(path)) {
      const siblings = Array.from(files, ([rfilename, content]) => ({
        ...{ rfilename, size: content.length, blobId: gitName(content) },
        ...(rfilename.endsWith(".safetensors") ? { lfs: { sha256: sha256(content), size: content.length } } : {}),
      }));
      response.end(JSON.stringify({ sha: commit, siblings: describe(siblings) }));
      return;
    }
    const name = path.replace(`/${REPOSITORY}/resolve/${COMMIT}/`, "");
    const content = files.get(name);
    if (content === undefined) return void response.writeHead(404).end();
    const sent = send(name, content);
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const range = { "content-range": `bytes ${start}-${sent.length - 1}/${sent.length}` };
    response.writeHead(start > 0 ? 206 : 200, { "content-length": sent.length - start, ...(start > 0 ? range : {}) });
    response.end(sent.subarray(start));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}

/** A cache that nobody has used. */
async function emptyCache(): Promise<string> {
  return mkdtemp(join(folder, "cache-"));
}

const source = { repository: REPOSITORY, revision: "main" };

describe("a model is fetched from a hub", () => {
  it("as far as it is needed, with sizes and checksums compared, and told before", async () => {
    const { address, asked } = await hub();
    const cacheFolder = await emptyCache();
    const told: number[] = [];
    const path = await fetchModel(source, { hub: address, cacheFolder, announce: (bytes) => told.push(bytes) });
    expect(path).toBe(join(cacheFolder, "models", "somebody--small-model", COMMIT));
    const wanted = ["config.json", "model.safetensors", "tokenizer.json"];
    expect((await readdir(path)).sort()).toEqual([...wanted, "fetched.json"].sort());
    for (const name of wanted) expect(await readFile(join(path, name))).toEqual(files.get(name));
    expect(told).toEqual([wanted.reduce((sum, name) => sum + files.get(name)!.length, 0)]);
    // A second time nothing is downloaded, and a file that was damaged since is fetched anew.
    await writeFile(join(path, "config.json"), "{}");
    asked.length = 0;
    await fetchModel(source, { hub: address, cacheFolder });
    expect(asked.filter((url) => url.includes("resolve"))).toEqual([`/${REPOSITORY}/resolve/${COMMIT}/config.json`]);
    expect(await fetchedModel(REPOSITORY, { cacheFolder })).toBe(path);
    expect(await fetchedModel(REPOSITORY, { cacheFolder, revision: "f".repeat(40) })).toBeUndefined();
  });

  it("and goes on where it was interrupted", async () => {
    const { address, asked } = await hub();
    const cacheFolder = await emptyCache();
    const path = join(cacheFolder, "models", "somebody--small-model", COMMIT);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "model.safetensors.part"), files.get("model.safetensors")!.subarray(0, 1000));
    await fetchModel(source, { hub: address, cacheFolder });
    expect(asked).toContain(`/${REPOSITORY}/resolve/${COMMIT}/model.safetensors bytes=1000-`);
    expect(await readFile(join(path, "model.safetensors"))).toEqual(files.get("model.safetensors"));
  });

  it.each<[string, Faults, RegExp]>([
    [
      "a file that is not what the hub says",
      {
        send: (name, content) =>
          name === "config.json" ? Buffer.from(content.toString().replace("gpt2", "gpt3")) : content,
      },
      /small-model config\.json: wrong checksum, git is \w+ instead of \w+/,
    ],
    [
      "weights that are not what the hub says",
      { send: (name, content) => (name.endsWith(".safetensors") ? Buffer.alloc(content.length) : content) },
      /small-model model\.safetensors: wrong checksum, sha256 is/,
    ],
    ["a file of another size", { send: (_, content) => content.subarray(1) }, /offers \d+ bytes instead of \d+/],
    [
      "no weights",
      { describe: (all) => all.filter(({ lfs }) => lfs === undefined) },
      /holds no model in a format that/,
    ],
    ["a description that is none", { describe: () => "files" }, /describes no repository/],
    [
      "names that lead elsewhere",
      { describe: (all) => all.map((one) => ({ ...one, rfilename: `../../${one.rfilename}` })) },
      /holds no model in a format that is read here/,
    ],
  ])("which is refused where it has %s", async (_, faults, message) => {
    const { address } = await hub(faults);
    const cacheFolder = await emptyCache();
    await expect(fetchModel(source, { hub: address, cacheFolder })).rejects.toThrow(message);
    expect(await fetchedModel(REPOSITORY, { cacheFolder })).toBeUndefined();
  });

  it("which is refused where it has another commit, or other weights than are known", async () => {
    const cacheFolder = await emptyCache();
    const other = await hub({ commit: "f".repeat(40) });
    const pinned = { ...source, revision: COMMIT };
    await expect(fetchModel(pinned, { hub: other.address, cacheFolder })).rejects.toThrow(
      /describes the commit f{40}, and 0123456789\w+ was asked for/,
    );
    const { address } = await hub();
    const known = { sha256: "0".repeat(64) };
    await expect(fetchModel({ ...pinned, known }, { hub: address, cacheFolder })).rejects.toThrow(
      /the hub's weights at 0123456789ab are not those that are known/,
    );
    expect(existsSync(join(cacheFolder, "models"))).toBe(false);
  });
});

describe("a model by its name", () => {
  const entry = (): ModelEntry => ({
    ...{ name: "small", title: "A small model", licence: "MIT", repository: REPOSITORY, revision: COMMIT },
    sha256: sha256(files.get("model.safetensors")!),
  });

  it("is downloaded at its first use, which is said before, and needs no network after that", async () => {
    const { address, close } = await hub();
    const cacheFolder = await emptyCache();
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => said.mockRestore());
    const options = { catalog: [entry()], hub: address, cacheFolder };
    const path = await modelPath("small", options);
    expect(said.mock.calls.flat().join("\n")).toMatch(
      /^small \(MIT\): 0\.0 MB are downloaded from 127\.0\.0\.1:\d+ to /,
    );
    close();
    expect(await modelPath("small", options)).toBe(path);
    expect(await modelPath(REPOSITORY, options)).toBe(path);
    expect(await modelPath("nobody/knows", options)).toBe("nobody/knows");
  });

  it("has a licence, and what of it is known is known of one commit", () => {
    for (const { name, licence, repository, folder: own, revision, sha256: sum, size } of models) {
      expect([name, licence]).toEqual([name, expect.stringMatching(/\w/)]);
      expect(own === undefined).toBe(repository !== undefined);
      if (repository !== undefined) expect(revision).toMatch(/^[0-9a-f]{40}$/);
      if (sum !== undefined) expect([sum, size]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.any(Number)]);
    }
  });
});

describe("lectern model", () => {
  it("lists, fetches, and writes with what it fetched when the hub is gone", async () => {
    const { address, close } = await hub();
    vi.stubEnv("LECTERN_CACHE", await emptyCache());
    onTestFinished(() => void vi.unstubAllEnvs());
    const fetched = await lectern(["model", "fetch", REPOSITORY, "--hub", address, "--json"], folder);
    const [done] = eventsOf(fetched);
    expect(done).toMatchObject({ event: "done", repository: REPOSITORY, commit: COMMIT });
    expect(fetched.stderr).toContain(`${REPOSITORY}: 0.0 MB are downloaded from 127.0.0.1`);
    close();
    const written = await lectern(["generate", REPOSITORY, "--prompt", "the", "--tokens", "3", "--json"], folder);
    expect(eventsOf(written).at(-1)).toMatchObject({ event: "done", prompt: "the", run: REPOSITORY });
    const list = eventsOf(await lectern(["model", "list", "--json"], folder));
    expect(list.filter(({ event }) => event === "model").map(({ name }) => name)).toEqual(
      models.map(({ name }) => name),
    );
    expect(list.find(({ name }) => name === "gpt2")).toMatchObject({
      available: false,
      licence: "MIT",
      size: 548_105_171,
    });
  });

  it.each([
    [["model", "fetch", "nothing"], 'no model is called "nothing"; known are moby-small, gpt2,', 2],
    [
      ["model", "fetch", "a/b", "--hub", "ftp://x"],
      'the hub\'s address is "ftp://x"; it has to begin with https://',
      2,
    ],
    [
      ["model", "fetch", "a/b", "--hub", "http://127.0.0.1:9"],
      "a/b: 127.0.0.1:9 cannot be reached; check the network",
      1,
    ],
    [["generate", "runs/nothing"], 'there is no run "runs/nothing"', 1],
  ])("%j is refused in one line", async (args, message, expected) => {
    const { code, stderr } = await lectern(args, folder);
    expect(stderr).toContain(`lectern: ${message}`);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(expected);
  });

  it("says which files a model without a tokenizer wants", async () => {
    await cp(models[0].folder!, join(folder, "mute"), { recursive: true });
    await rm(join(folder, "mute/tokenizer.json"));
    const { code, stderr } = await lectern(["generate", "mute"], folder);
    expect([code, stderr]).toEqual([2, expect.stringContaining("put tokenizer.json, or vocab.json and merges.txt")]);
  });

  it("writes with the model that comes with Lectern", async () => {
    const own = fileURLToPath(new URL("../../models/moby-small", import.meta.url));
    expect(models[0].folder).toBe(own);
    const written = await lectern(
      ["generate", "moby-small", "--prompt", "The whale", "--strategy", "greedy", "--tokens", "20", "--json"],
      folder,
    );
    const { text, memoryMB } = eventsOf(written).at(-1)!;
    expect(text).toMatch(/^The whale[\x20-\x7e\n]{20,}$/);
    expect(memoryMB).toBeGreaterThan(10);
  });
});
