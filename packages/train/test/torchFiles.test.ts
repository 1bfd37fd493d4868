import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Tensor } from "@lectern/autograd";
import { describe, expect, it } from "vitest";
import { readTorch } from "../src/torch/file.ts";
import { fixturePath, readFixture, temporaryFolder } from "./helpers.ts";

/** What was saved (fixtures/make_torch.py). */
const saved = readFixture<Record<string, { shape: number[]; values: number[] }>>("torch/expected.json");

/** Every tensor of a file, put together from its parts. */
function read(path: string): Promise<Record<string, { shape: readonly number[]; values: number[] }>> {
  return readTorch(path, async (tensors) => {
    const found: Record<string, { shape: readonly number[]; values: number[] }> = {};
    for (const [name, { shape, eachPart }] of tensors) {
      let whole: Tensor | undefined;
      await eachPart((part, axis, start) => {
        expect([axis, start]).toEqual([axis, 0]);
        whole = part.clone();
        found[name] = { shape: whole.shape, values: [...whole.dataSync()] };
      });
      found[name] ??= { shape, values: [] };
    }
    return found;
  });
}

const changed = (name: string, change: (bytes: Buffer) => Uint8Array): string => {
  const path = `${temporaryFolder()}/${name}`;
  writeFileSync(path, change(readFileSync(fixturePath(`torch/${name}`))));
  return path;
};

describe("a file of torch.save", () => {
  it.each(["zip.pt", "old.pt", "protocol4.pt"])("gives the tensors that were saved: %s", async (name) => {
    const found = await read(fixturePath(`torch/${name}`));
    const wanted = Object.entries(saved).map(([key, { shape, values }]) => [
      key,
      {
        shape,
        values: values.map((value) =>
          Math.abs(value) < 2 ** 31 && Number.isInteger(value) ? value : Math.fround(value),
        ),
      },
    ]);
    expect(found).toEqual(Object.fromEntries(wanted));
  });

  it("executes nothing, and says what it was asked for", async () => {
    for (const name of ["evil.pt", "evilOld.pt", "evil4.pt"]) {
      const path = fixturePath(`torch/${name}`);
      await expect(read(path)).rejects.toThrow(
        new Error(
          `no file of PyTorch's: ${path}: it asks for "posix.system", and only tensors and dictionaries are read: nothing was executed`,
        ),
      );
    }
    expect(existsSync("executed")).toBe(false);
  });

  it.each([
    ["module.pt", /it asks for "torch\.nn\.modules\.linear\.Linear", and only tensors/],
    ["training.pt", /it holds no dictionary of tensors: "epoch" is something else/],
    ["short.pt", /it asks for "torch\.ShortStorage", and only tensors/],
  ])("is refused where it is no state dict: %s", async (name, message) => {
    await expect(read(fixturePath(`torch/${name}`))).rejects.toThrow(message);
  });

  it("is refused where a number does not fit, with the tensor's name", async () => {
    await expect(read(fixturePath("torch/large.pt"))).rejects.toThrow(
      /large\.pt: tensor "large" holds 1099511627776, which does not fit into int32/,
    );
  });
});

describe("a damaged file is refused in one line:", () => {
  const refused = async (path: string, message: RegExp) => {
    const error = await read(path).then(
      () => new Error("it was read"),
      (reason: Error) => reason,
    );
    expect(error.message).toMatch(message);
    expect(error.message).toContain(path);
    expect(error.message).not.toContain("\n");
  };

  it("cut off", async () => {
    await refused(
      changed("zip.pt", (bytes) => bytes.subarray(0, 2000)),
      /its end is missing/,
    );
    await refused(
      changed("old.pt", (bytes) => bytes.subarray(0, 900)),
      /it ends in the middle of a pickle/,
    );
    await refused(
      changed("old.pt", (bytes) => bytes.subarray(0, bytes.length - 1)),
      /it ends in the middle of a storage/,
    );
    await refused(
      changed("zip.pt", () => new Uint8Array()),
      /it ends in the middle of a pickle/,
    );
  });

  it("a pickle of a single kind of thing, over and over", async () => {
    for (const opcode of ["]", "}", "(", ")"]) {
      const bomb = Buffer.alloc(4_000_000, opcode);
      bomb.set([0x80, 2]);
      await refused(
        changed("old.pt", () => bomb),
        /more lists and dictionaries than any model needs|does not begin as one/,
      );
    }
  });

  it("a directory that points behind the end, or says a name twice", async () => {
    const end = Buffer.from([0x50, 0x4b, 6, 6]);
    const far = (bytes: Buffer) => {
      bytes.writeUInt32LE(0x7ffffff0, bytes.lastIndexOf(end) + 48);
      return bytes;
    };
    await refused(changed("zip.pt", far), /its directory points behind its end/);
    const twice = (bytes: Buffer) => {
      const first = bytes.indexOf("zip/data/0", bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2])) - 1000);
      for (let at = bytes.indexOf("zip/data/1", first - 2000); at >= 0; at = bytes.indexOf("zip/data/1", at + 1)) {
        bytes.write("zip/data/0", at, "latin1");
      }
      return bytes;
    };
    await refused(changed("zip.pt", twice), /its directory has a name twice/);
  });

  it("strides that reach outside of the storage, or shapes that repeat it", async () => {
    // BININT1 5, the size of the last axis of "base", becomes 200.
    const shape = Buffer.from([0x4b, 3, 0x4b, 4, 0x4b, 5, 0x87]);
    const larger = (bytes: Buffer) => {
      bytes[bytes.indexOf(shape) + 5] = 200;
      return bytes;
    };
    await refused(changed("old.pt", larger), /a tensor lies outside of its storage/);
    const strides = Buffer.from([0x4b, 20, 0x4b, 5, 0x4b, 1, 0x87]);
    const repeated = (bytes: Buffer) => {
      const at = bytes.indexOf(shape);
      bytes.fill(255, at + 1, at + 2).fill(255, at + 3, at + 4);
      const from = bytes.indexOf(strides);
      bytes.fill(0, from + 1, from + 2).fill(0, from + 3, from + 4);
      return bytes;
    };
    await refused(changed("old.pt", repeated), /its tensors are \d+ bytes, which it cannot hold/);
  });
});
