import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll } from "vitest";
import { fetchModel } from "../../src/models/fetch.ts";
import { doneOrRefused, fuzz } from "./fuzz.ts";
import { changedJsonFile } from "./mutations.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const description = {
  sha: COMMIT,
  siblings: ["config.json", "model.safetensors", "vocab.json", "merges.txt"].map((rfilename) => ({
    ...{ rfilename, size: 3, blobId: "a".repeat(40) },
    ...(rfilename.endsWith(".safetensors") ? { lfs: { sha256: "b".repeat(64), size: 3 } } : {}),
  })),
};

let answer: Buffer = Buffer.alloc(0);
const server = createServer((request, response) => response.end(request.url?.startsWith("/api/") ? answer : "abc"));
beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

fuzz("a hub's description of a model", changedJsonFile(description), async (bytes, folder) => {
  answer = bytes;
  const hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const source = { repository: "somebody/model", revision: COMMIT };
  // What the folder gets is below its own name, and never has the right checksum here.
  await doneOrRefused("somebody/model", () => fetchModel(source, { hub, cacheFolder: folder }));
});
