import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import seedrandom from "seedrandom";
import { describe, expect, it } from "vitest";
import { download, type RemoteFile } from "../src/download.ts";
import type { DownloadProgress } from "../src/entry.ts";
import { randomBytes, type ServerOptions, serve, sha256, temporaryFolder } from "./support.ts";

const body = randomBytes(200_000, "body");

/** A file on a server with faults, and where to put it. */
async function scene(options: ServerOptions = {}, about: Partial<RemoteFile> = {}) {
  const { url, ranges } = await serve(body, options);
  const folder = await temporaryFolder();
  const file: RemoteFile = { name: "toy", url, size: body.length, checksum: sha256(body), ...about };
  return { file, folder, ranges, path: join(folder, "toy", "data.bin") };
}

const quick = { retryDelay: 0 };

describe("a download", () => {
  it("puts the whole file in its place and leaves nothing else", async () => {
    const { file, path, folder } = await scene();
    await download(file, path);
    expect(body.equals(await readFile(path))).toBe(true);
    expect(await readdir(join(folder, "toy"))).toEqual(["data.bin"]);
  });

  it("reports bytes that only grow, up to all of them", async () => {
    const { file, path } = await scene();
    const reports: DownloadProgress[] = [];
    await download(file, path, { onProgress: (progress) => reports.push(progress) });
    const received = reports.map((report) => report.received);
    expect(received).toEqual([...received].sort((a, b) => a - b));
    expect(reports.at(-1)).toEqual({ name: "toy", received: body.length, total: body.length });
  });

  it("checks an md5 as well as a sha256", async () => {
    const { file, path } = await scene({}, { checksum: "md5:00000000000000000000000000000000" });
    await expect(download(file, path)).rejects.toThrow(/wrong checksum, md5 is [0-9a-f]{32} instead of 0{32}/);
  });

  it("needs neither a size nor a checksum", async () => {
    const { file, path } = await scene({ length: false }, { size: undefined, checksum: undefined });
    await download(file, path);
    expect(body.equals(await readFile(path))).toBe(true);
  });
});

describe("an interrupted download", () => {
  it("equals an uninterrupted one, wherever the connection breaks, with ranges and without", async () => {
    const random = seedrandom("breaks");
    for (let round = 0; round < 20; round++) {
      const ranges = round % 4 !== 3;
      const breaks = Array.from({ length: Math.floor(random() * 4) }, () => Math.floor(random() * 60_000));
      const { file, path, folder } = await scene({ ranges, breaks, length: random() < 0.7 });
      // As a student would: the same command again until it works.
      for (let tries = 0; !existsSync(path) && tries < 10; tries++) await download(file, path, quick).catch(() => {});
      expect(body.equals(await readFile(path)), `round ${round}: ${breaks}`).toBe(true);
      expect(await readdir(join(folder, "toy"))).toEqual(["data.bin"]);
    }
  });

  it("goes on by itself from the byte where it broke", async () => {
    const { file, path, ranges } = await scene({ breaks: [70_000] });
    await download(file, path, quick);
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
    expect(body.equals(await readFile(path))).toBe(true);
  });

  it("keeps what it has when the connection brings nothing more, and goes on from there next time", async () => {
    const { file, path, ranges } = await scene({ breaks: [70_000, 0] });
    await expect(download(file, path, quick)).rejects.toThrow(
      "toy: the connection broke after 0.1 MB of 0.2 MB; start it again, it goes on from there",
    );
    expect(existsSync(path)).toBe(false);
    const { length } = await readFile(`${path}.part`);
    expect(length).toBeGreaterThan(0);
    await download(file, path, quick);
    expect(ranges.at(-1)).toBe(`bytes=${length}-`);
    expect(body.equals(await readFile(path))).toBe(true);
  });

  it("does not wait for a server that has fallen silent", async () => {
    const { file, path, ranges } = await scene({ stalls: [70_000] });
    await download(file, path, { ...quick, patience: 100 });
    expect(ranges).toHaveLength(2);
    expect(body.equals(await readFile(path))).toBe(true);
    const silent = await scene({ stalls: [0, 0] });
    await expect(download(silent.file, silent.path, { ...quick, patience: 100 })).rejects.toThrow(
      "toy: nothing came for 0.1 s after 0.0 MB; start it again, it goes on from there",
    );
  });

  it("starts over where the server knows no ranges", async () => {
    const { file, path, ranges } = await scene({ breaks: [70_000], ranges: false });
    await download(file, path, quick);
    expect(ranges).toHaveLength(2);
    expect(body.equals(await readFile(path))).toBe(true);
  });

  it("starts over when more is there than the server has", async () => {
    const { file, path, ranges } = await scene();
    await download(file, path);
    await writeFile(`${path}.part`, randomBytes(body.length + 10, "stale"));
    await download(file, path);
    expect(ranges.slice(1)).toEqual([`bytes=${body.length + 10}-`, undefined]);
    expect(body.equals(await readFile(path))).toBe(true);
  });

  it("takes an answer that ends early without a word for an interruption", async () => {
    const short = body.subarray(0, 50_000);
    const { url } = await serve(short, { length: false });
    const path = join(await temporaryFolder(), "data.bin");
    const file: RemoteFile = { name: "toy", url, size: body.length, checksum: sha256(body) };
    await expect(download(file, path, quick)).rejects.toThrow(/^toy: /);
    expect(existsSync(path)).toBe(false);
  });

  it("stops when it is told to, with the reason given, and can be gone on with", async () => {
    const { file, path } = await scene({ breaks: [70_000] });
    const controller = new AbortController();
    const stop = ({ received }: DownloadProgress) => received > 0 && controller.abort(new Error("enough"));
    await expect(download(file, path, { signal: controller.signal, onProgress: stop })).rejects.toThrow("enough");
    expect(existsSync(path)).toBe(false);
    await download(file, path, quick);
    expect(body.equals(await readFile(path))).toBe(true);
  });

  it("may run twice at the same time: both end with the whole file", async () => {
    const { file, path } = await scene();
    await Promise.all([download(file, path, quick), download(file, path, quick)]);
    expect(body.equals(await readFile(path))).toBe(true);
  });
});

it("is compared with the name that git gives a file by its content", async () => {
  // git hash-object of "what is up, doc?" (Pro Git, 10.2).
  const text = Buffer.from("what is up, doc?");
  const { url } = await serve(text);
  const path = join(await temporaryFolder(), "doc");
  await download({ name: "doc", url, checksum: "git:bd9dbf5aae1a3862dd1526723246b20206e5fc37" }, path);
  expect(existsSync(path)).toBe(true);
  await expect(download({ name: "doc", url, checksum: `git:${"0".repeat(40)}` }, path)).rejects.toThrow(
    "wrong checksum",
  );
});

describe("a download that cannot work", () => {
  it("keeps nothing of a file with the wrong checksum", async () => {
    const { file, path, folder } = await scene({}, { checksum: sha256(Buffer.from("another")) });
    await expect(download(file, path)).rejects.toThrow(/^toy: wrong checksum, sha256 is .* the download was deleted/);
    expect(await readdir(join(folder, "toy"))).toEqual([]);
  });

  it("refuses a file of another size before it writes anything", async () => {
    const { file, path, folder } = await scene({}, { size: body.length + 1 });
    await expect(download(file, path)).rejects.toThrow("offers 200000 bytes instead of 200001");
    expect(await readdir(join(folder, "toy"))).toEqual([]);
  });

  it("stops reading a server that sends more than it should", async () => {
    const { file, path } = await scene({ length: false }, { size: 1000 });
    await expect(download(file, path)).rejects.toThrow("sends more than the 1000 bytes it should");
    expect(existsSync(path)).toBe(false);
  });

  it("says what the server answers", async () => {
    const { file, path, folder } = await scene({ status: 404 });
    await expect(download(file, path)).rejects.toThrow(`toy: ${file.url} answers 404 Not Found`);
    expect(await readdir(join(folder, "toy"))).toEqual([]);
  });

  it("says how to get the file elsewhere when the server cannot be reached", async () => {
    const path = join(await temporaryFolder(), "data.bin");
    // Port 9 is "discard": nothing listens there.
    const url = "http://127.0.0.1:9/data.bin";
    await expect(download({ name: "toy", url }, path)).rejects.toThrow(
      /^toy: 127\.0\.0\.1:9 cannot be reached \(.+\); check the network, or download .* and put it at .*data\.bin$/,
    );
    expect(existsSync(`${path}.part`)).toBe(false);
  });

  it("says what is wrong with the disk", async () => {
    const folder = await temporaryFolder({ toy: "a file where the folder should be" });
    const { file } = await scene();
    await expect(download(file, join(folder, "toy", "data.bin"))).rejects.toThrow(
      /^cannot write .*data\.bin: a file is where a folder should be; .* LECTERN_CACHE/,
    );
  });
});
