import { type Case, type Check, defineCase } from "../check.ts";

function same(got: ArrayLike<number>, want: readonly number[]): void {
  const values = Array.from(got);
  if (values.length !== want.length || values.some((value, i) => value !== want[i])) {
    throw new Error(`read [${values}] where [${want}] was written`);
  }
}

const dtypes = ["float32", "int32"] as const;

export const memoryCases: readonly Case[] = [
  defineCase("upload", "writes from any element on, and leaves the others", async ({ device }: Check) => {
    for (const dtype of dtypes) {
      const storage = device.allocate(7, dtype);
      device.upload(storage, [1, 2, 3, 4, 5, 6, 7], 0);
      device.upload(storage, Float64Array.of(-8, -9), 3);
      device.upload(storage, [], 7);
      same(await device.download(storage, 0, 7), [1, 2, 3, -8, -9, 6, 7]);
      device.release(storage);
    }
  }),
  defineCase("download", "reads any part, also of nothing", async ({ device }: Check) => {
    for (const dtype of dtypes) {
      const storage = device.allocate(6, dtype);
      device.upload(storage, [0, 10, 20, 30, 40, 50], 0);
      same(await device.download(storage, 2, 3), [20, 30, 40]);
      same(await device.download(storage, 5, 1), [50]);
      same(await device.download(storage, 6, 0), []);
      device.release(storage);
      const empty = device.allocate(0, dtype);
      same(await device.download(empty, 0, 0), []);
      device.release(empty);
    }
  }),
  defineCase("download", "gives a copy, which later writes leave alone", async ({ device }: Check) => {
    const storage = device.allocate(3, "float32");
    device.upload(storage, [1, 2, 3], 0);
    const before = await device.download(storage, 0, 3);
    device.upload(storage, [4, 5, 6], 0);
    same(before, [1, 2, 3]);
    same(await device.download(storage, 0, 3), [4, 5, 6]);
    device.release(storage);
  }),
  defineCase(
    "downloadSync",
    "reads at once where memory is on the host, and refuses elsewhere",
    ({ device }: Check) => {
      const storage = device.allocate(4, "int32");
      device.upload(storage, [1, 2, 3, 4], 0);
      if (device.hostMemory) return same(device.downloadSync(storage, 1, 3), [2, 3, 4]);
      let refused = false;
      try {
        device.downloadSync(storage, 1, 3);
      } catch {
        refused = true;
      }
      if (!refused) throw new Error("downloadSync answers although hostMemory is false");
    },
  ),
  defineCase("allocate", "gives blocks that do not overlap, and many of them", async ({ device }: Check) => {
    const storages = Array.from({ length: 100 }, (_, i) => device.allocate(i + 1, "float32"));
    storages.forEach((storage, i) => {
      device.upload(storage, new Float32Array(i + 1).fill(i), 0);
    });
    // Every third is given back and another one takes its place.
    for (let i = 0; i < 100; i += 3) {
      device.release(storages[i]);
      storages[i] = device.allocate(i + 1, "float32");
      device.upload(storages[i], new Float32Array(i + 1).fill(i), 0);
    }
    for (let i = 0; i < 100; i++) {
      same(await device.download(storages[i], 0, i + 1), new Array<number>(i + 1).fill(i));
    }
    for (const storage of storages) device.release(storage);
  }),
];
