import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import seedrandom from "seedrandom";
import { onTestFinished } from "vitest";

/** A folder that is gone after the test, filled with the files given. */
export async function temporaryFolder(files: Record<string, string | Uint8Array> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lectern-datasets-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** A file of the test's own in such a folder; its path. */
export async function temporaryFile(name: string, content: string | Uint8Array): Promise<string> {
  return join(await temporaryFolder({ [name]: content }), name);
}

/** Text in an encoding of one byte a character, which JavaScript only knows how to read. */
export function inCyrillic(text: string, encoding: string): Buffer {
  const characters = new TextDecoder(encoding).decode(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  return Buffer.from(Array.from(text, (character) => characters.indexOf(character)));
}

export function randomBytes(count: number, seed: string): Buffer {
  const random = seedrandom(seed);
  return Buffer.from(Array.from({ length: count }, () => Math.floor(random() * 256)));
}

export function sha256(bytes: Uint8Array): `sha256:${string}` {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

export interface ServerOptions {
  /** Whether it answers a range with that range; otherwise with everything. */
  readonly ranges?: boolean;
  /** Whether it says how long the answer is. */
  readonly length?: boolean;
  /** How many bytes connection 0, 1, … sends before it breaks; a connection not listed sends all. */
  readonly breaks?: readonly number[];
  /** How many bytes connection 0, 1, … sends before it is silent; a connection not listed sends all. */
  readonly stalls?: readonly number[];
  readonly status?: number;
}

/** A file server on this machine with the faults asked for. `ranges` lists what each connection asked for. */
export async function serve(
  body: Uint8Array,
  options: ServerOptions = {},
): Promise<{ url: string; ranges: (string | undefined)[] }> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const limit = options.breaks?.[ranges.length] ?? options.stalls?.[ranges.length] ?? Number.POSITIVE_INFINITY;
    ranges.push(request.headers.range);
    answer(request, response, body, options, limit);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.bin`, ranges };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
  { ranges = true, length = true, status, stalls }: ServerOptions,
  limit: number,
): void {
  if (status !== undefined) {
    response.writeHead(status).end("no");
    return;
  }
  const asked = ranges ? /^bytes=(\d+)-$/.exec(request.headers.range ?? "") : null;
  const start = asked === null ? 0 : Number(asked[1]);
  if (asked !== null && start >= body.length) {
    response.writeHead(416, { "content-range": `bytes */${body.length}` }).end();
    return;
  }
  const rest = body.subarray(start);
  response.writeHead(asked === null ? 200 : 206, {
    ...(asked === null ? {} : { "content-range": `bytes ${start}-${body.length - 1}/${body.length}` }),
    ...(length ? { "content-length": rest.length } : {}),
  });
  if (limit >= rest.length) {
    response.end(rest);
    return;
  }
  response.flushHeaders();
  if (stalls !== undefined) {
    response.write(rest.subarray(0, limit));
    return;
  }
  // A client throws away what it has not read yet when the connection breaks: give it time to read.
  response.write(rest.subarray(0, limit), () => setTimeout(() => response.socket?.end(), 50));
}

/** A zip archive with one compressed file (PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16). */
export function zipOf(fileName: string, content: Uint8Array, checksum = crc32(content)): Buffer {
  const name = Buffer.from(fileName);
  const packed = deflateRawSync(content);
  // From "version needed" to "extra field length": the same in both headers.
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(checksum, 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, name, packed]);
  const central = Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), common, Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
