import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type Tensor, tensor, zeros } from "@lectern/autograd";
import { describe, expect, it } from "vitest";
import { fileAt } from "../src/files.ts";
import { loadSafetensors, parseSafetensors, type SafetensorsTypes, saveSafetensors } from "../src/index.ts";
import { fixturePath, temporaryFolder, useDevice } from "./helpers.ts";

/** What `fixtures/make_safetensors.py` writes. */
function pythonsTensors(): Map<string, Tensor> {
  return new Map([
    ["norm.bias", tensor([0.5, -1.25])],
    [
      "head.weight",
      tensor([
        [1, 2, 3],
        [-4, 5.5, 1e-30],
      ]),
    ],
    ["tokens", tensor(Int32Array.of(1, -2, 3, 2147483647), { shape: [2, 2] })],
    ["precise", tensor([0.1, 1 / 3], { device: "reference" })],
    ["scalar", tensor(7)],
    ["empty", zeros([0, 3])],
  ]);
}

/** A file with this header and so many bytes of data. */
function fileOf(header: unknown, bytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + bytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

function partsOf(file: Uint8Array): { header: Record<string, { data_offsets: number[] }>; data: Uint8Array } {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return {
    header: JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))),
    data: file.subarray(8 + length),
  };
}

const f32 = (start: number, end: number, shape = [(end - start) / 4]) => ({
  dtype: "F32",
  shape,
  data_offsets: [start, end],
});

describe("safetensors", () => {
  it("reads what Python's safetensors wrote", async () => {
    const expected = pythonsTensors();
    // Where double precision is not lost.
    useDevice("reference");
    const { tensors, metadata } = await loadSafetensors(fixturePath("python.safetensors"));
    expect(metadata).toEqual({ format: "pt" });
    expect([...tensors.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, t] of expected) {
      const read = tensors.get(name)!;
      expect([read.shape, read.dtype]).toEqual([t.shape, t.dtype]);
      expect([...read.dataSync()]).toEqual([...t.dataSync()]);
    }
  });

  it("writes, byte for byte, what Python's safetensors writes", async () => {
    const path = `${temporaryFolder()}/ours.safetensors`;
    await saveSafetensors(path, pythonsTensors(), { format: "pt" });
    expect(readFileSync(path).equals(readFileSync(fixturePath("python.safetensors")))).toBe(true);
  });

  it("reads and writes the types that only files hold, byte for byte as Python's safetensors does", async () => {
    const { tensors } = await loadSafetensors(fixturePath("types.safetensors"));
    const floats = [0, -0, 1, -2.5, 2 ** -14, 2 ** -24, 65504, Infinity, -Infinity];
    expect([...tensors.get("half")!.dataSync()]).toEqual(floats);
    // bfloat16 has no 65504.
    expect([...tensors.get("brain")!.dataSync()]).toEqual(floats.with(6, 65536));
    expect(tensors.get("long")!.arraySync()).toEqual([
      [0, -1],
      [2 ** 31 - 1, -(2 ** 31)],
    ]);
    expect(tensors.get("byte")!.arraySync()).toEqual([0, 1, 255]);
    expect(tensors.get("flag")!.arraySync()).toEqual([1, 0, 1]);
    expect([...tensors.values()].map((t) => t.dtype)).toEqual(
      [...tensors.keys()].map((name) => (["long", "byte", "flag", "word"].includes(name) ? "int32" : "float32")),
    );

    // Each alone, as the types are chosen for a whole file.
    const theirs = readFileSync(fixturePath("types.safetensors"));
    const path = `${temporaryFolder()}/ours.safetensors`;
    const types = { half: "float16", brain: "bfloat16", single: "float32", long: "int64", byte: "uint8", flag: "bool" };
    for (const [name, type] of Object.entries(types)) {
      const options = (
        tensors.get(name)!.dtype === "float32" ? { float: type } : { integer: type }
      ) as SafetensorsTypes;
      await saveSafetensors(path, new Map([[name, tensors.get(name)!]]), {}, options);
      const ours = readFileSync(path);
      const { header, data } = partsOf(theirs);
      const [start, end] = header[name].data_offsets;
      expect(partsOf(ours).header[name]).toEqual({ ...header[name], data_offsets: [0, end - start] });
      expect([...partsOf(ours).data]).toEqual([...data.subarray(start, end)]);
    }
  });

  it("names the tensor whose numbers do not fit", async () => {
    const path = `${temporaryFolder()}/ours.safetensors`;
    const tokens = new Map([["tokens", tensor(Int32Array.of(3, 300))]]);
    await expect(saveSafetensors(path, tokens, {}, { integer: "uint8" })).rejects.toThrow(
      'tensor "tokens" holds 300, and uint8 is from 0 to 255',
    );
    const long = { dtype: "I64", shape: [1], data_offsets: [0, 8] };
    const file = fileOf({ "ids.weight": long }, 8).fill(0x7f, -8);
    expect(() => parseSafetensors(file)).toThrow('tensor "ids.weight" holds 9187201950435737471, which does not fit');
  });

  it("keeps names in any script, and tensors that are views", async () => {
    const path = `${temporaryFolder()}/views.safetensors`;
    const matrix = tensor([
      [1, 2],
      [3, 4],
    ]);
    await saveSafetensors(path, new Map([["вес.ß", matrix.T]]));
    const { tensors } = await loadSafetensors(path);
    expect(tensors.get("вес.ß")!.arraySync()).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  it("reads a Buffer's bytes where they lie, and keeps nothing of them", () => {
    const file = fileOf({ w: f32(0, 8) }, 8);
    const around = Buffer.alloc(file.length + 3);
    around.set(file, 3);
    const buffer = around.subarray(3);
    buffer.writeFloatLE(1.5, buffer.length - 8);
    buffer.writeFloatLE(-2, buffer.length - 4);
    const { tensors } = parseSafetensors(buffer);
    around.fill(0xff);
    expect(tensors.get("w")!.arraySync()).toEqual([1.5, -2]);
  });

  it("keeps a tensor whatever its name, but for the one that the format needs", async () => {
    const path = `${temporaryFolder()}/names.safetensors`;
    const names = ["__proto__", "constructor", "toString", "", "0"];
    await saveSafetensors(path, new Map(names.map((name, i) => [name, tensor([i])])));
    const { tensors } = await loadSafetensors(path);
    expect(names.map((name) => tensors.get(name)?.itemSync())).toEqual([0, 1, 2, 3, 4]);
    const reserved = saveSafetensors(path, new Map([["__metadata__", tensor([1])]]));
    await expect(reserved).rejects.toThrow("saveSafetensors: a tensor cannot be called __metadata__");
  });

  it("leaves the file that was there, and no other, when writing fails half-way", async () => {
    const folder = temporaryFolder();
    const path = `${folder}/model.safetensors`;
    writeFileSync(path, "what was there");
    const failing = fileAt(path).write(async (append) => {
      await append("the first half");
      expect(readdirSync(folder)).toHaveLength(2);
      throw new Error("the disk is full");
    });
    await expect(failing).rejects.toThrow("the disk is full");
    expect(readFileSync(path, "utf8")).toBe("what was there");
    expect(readdirSync(folder)).toEqual(["model.safetensors"]);
  });

  it("does not show a file under its name before it is whole", async () => {
    const path = `${temporaryFolder()}/model.safetensors`;
    await fileAt(path).write(async (append) => {
      await append("half");
      expect(existsSync(path)).toBe(false);
      await append("whole");
    });
    expect(readFileSync(path, "utf8")).toBe("halfwhole");
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(0), /shorter than the 8 bytes/],
    ["text", new TextEncoder().encode("This is no tensor at all."), /header is not whole/],
    ["a header that is no JSON", fileOf("{{{", 0), /header is no JSON/],
    ["a header that is a list", fileOf([], 0), /no JSON object/],
    ["an entry without a type", fileOf({ w: { shape: [1] } }, 4), /does not describe tensor "w"/],
    ["a negative size", fileOf({ w: { ...f32(0, 4), shape: [-1] } }, 4), /does not describe tensor "w"/],
    [
      "an unknown type",
      fileOf({ w: { ...f32(0, 4), dtype: "F8_E4M3" } }, 4),
      /"w" is "F8_E4M3", and only I64, F64, F32, I32, BF16/,
    ],
    ["bytes that do not fit the shape", fileOf({ w: f32(0, 8, [3]) }, 8), /"w" has 8 bytes/],
    ["tensors that overlap", fileOf({ v: f32(0, 8), w: f32(4, 12) }, 12), /gap or an overlap before tensor "w"/],
    ["a gap", fileOf({ v: f32(0, 4), w: f32(8, 12) }, 12), /gap or an overlap before tensor "w"/],
    ["too few bytes", fileOf({ w: f32(0, 8) }, 7), /ends in the middle of tensor "w"/],
    ["too many bytes", fileOf({ w: f32(0, 8) }, 9), /1 bytes behind the last tensor/],
    ["metadata that are no strings", fileOf({ __metadata__: { step: 1 } }, 0), /metadata are not strings/],
  ])("refuses a file with %s", async (_, bytes, message) => {
    expect(() => parseSafetensors(bytes)).toThrow(message);
    const path = `${temporaryFolder()}/damaged.safetensors`;
    writeFileSync(path, bytes);
    await expect(loadSafetensors(path)).rejects.toThrow(`no safetensors file: ${path}: `);
  });

  describe("with checksums", () => {
    /** A tensor of several of the parts that are written at once, one with gaps, and one without elements. */
    const tensors = new Map([
      ["long", tensor(Float32Array.from({ length: 2 ** 22 + 5 }, (_, i) => i))],
      ["turned", tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] }).T],
      ["none", zeros([0, 2])],
    ]);
    async function saved(): Promise<string> {
      const path = `${temporaryFolder()}/sums.safetensors`;
      await saveSafetensors(path, tensors, { format: "pt" }, { checksums: true });
      return path;
    }

    it("reads what it wrote, and notices a bit in any part of a tensor", async () => {
      const path = await saved();
      const read = (await loadSafetensors(path)).tensors;
      for (const [name, t] of tensors) expect(read.get(name)!.dataSync()).toEqual(t.dataSync());
      const bytes = readFileSync(path);
      const data = 8 + Number(bytes.readBigUInt64LE(0));
      for (const at of [data, data + 2 ** 22, data + 2 ** 24 + 3]) {
        const flipped = Buffer.from(bytes);
        flipped[at] ^= 1;
        writeFileSync(path, flipped);
        await expect(loadSafetensors(path)).rejects.toThrow(`${path}: the file is damaged: tensor "long" is not as`);
      }
    });

    it("reads files of old, which do not say into what parts their sums are cut", async () => {
      const path = await saved();
      const bytes = readFileSync(path);
      const text = bytes.toString("latin1");
      // The long one's sum is that of other parts there; the sums of short ones are the same.
      writeFileSync(path, Buffer.from(text.replace('\\"part\\":4194304,', "".padEnd(17, " ")), "latin1"));
      await expect(loadSafetensors(path)).rejects.toThrow('tensor "long" is not as it was written');
      const short = new Map([...tensors].filter(([name]) => name !== "long"));
      await saveSafetensors(path, short, { format: "pt" }, { checksums: true });
      const old = readFileSync(path).toString("latin1").replace('\\"part\\":4194304,', "".padEnd(17, " "));
      writeFileSync(path, Buffer.from(old, "latin1"));
      expect((await loadSafetensors(path)).tensors.get("turned")!.arraySync()).toEqual(
        tensors.get("turned")!.arraySync(),
      );
    });
  });

  it("names a file that is not there", async () => {
    await expect(loadSafetensors("nowhere/x.safetensors")).rejects.toThrow(
      "no safetensors file: nowhere/x.safetensors: it does not exist",
    );
  });
});
