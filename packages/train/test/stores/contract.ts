import { type Store, StoreError } from "../../src/store/store.ts";

/** What every store has to do. Each case gets an empty one, and throws where it is not so. */
export const contract: Readonly<Record<string, (store: Store) => Promise<void>>> = {
  async "gives back what was written, whole or in part"(store) {
    await write(store, "a/b/numbers", [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5), "ä"]);
    equal(await store.size("a/b/numbers"), 7);
    const reader = await store.reader("a/b/numbers");
    equal(reader.size, 7);
    equal([...(await reader.read(0, 7))], [1, 2, 3, 4, 5, 0xc3, 0xa4]);
    const part = await reader.read(2, 3);
    equal([...part], [3, 4, 5]);
    equal([part.byteOffset, part.buffer.byteLength], [0, 3]);
    await refused(reader.read(5, 3), "a/b/numbers: it has 7 bytes, and 3 were asked for from byte 5 on");
    await reader.close();
  },

  async "keeps what it was given, even where that memory is used again"(store) {
    const writer = await store.writer("x");
    const bytes = Uint8Array.of(1, 2);
    await writer.append(bytes);
    bytes.fill(9);
    await writer.append(bytes);
    await writer.commit();
    equal(await contentOf(store, "x"), [1, 2, 9, 9]);
  },

  async "takes other bytes in the place of some, and goes on behind the last"(store) {
    const writer = await store.writer("x");
    await writer.append("a head, ");
    await writer.append("and more");
    await writer.overwrite(2, Uint8Array.of(0x48, 0x45));
    await writer.append(".");
    await writer.commit();
    equal(await textOf(store, "x"), "a HEad, and more.");
  },

  async "shows a file once it is whole, in place of what was there"(store) {
    await write(store, "x", ["old, and long"]);
    const writer = await store.writer("x");
    await writer.append("new");
    equal(await textOf(store, "x"), "old, and long");
    await writer.commit();
    equal(await textOf(store, "x"), "new");
  },

  async "leaves everything as it was where writing is given up"(store) {
    await write(store, "x", ["old"]);
    for (const name of ["x", "y"]) {
      const writer = await store.writer(name);
      await writer.append("half");
      await writer.abort();
    }
    equal([await textOf(store, "x"), await store.size("y"), await store.list()], ["old", undefined, ["x"]]);
  },

  async "appends to a file, and begins it where there is none"(store) {
    await store.append("logs/lines", "one\n");
    await store.append("logs/lines", "two\n");
    equal(await textOf(store, "logs/lines"), "one\ntwo\n");
  },

  async "lists a folder's files and folders, and none where there is no folder"(store) {
    for (const name of ["b", "a/1", "a/2", "a/deep/3"]) await write(store, name, [name]);
    equal((await store.list()).sort(), ["a", "b"]);
    equal((await store.list("a")).sort(), ["1", "2", "deep"]);
    equal(await store.list("nowhere"), []);
  },

  async "renames files and folders, over nothing"(store) {
    for (const name of ["a/1", "a/deep/2", "c"]) await write(store, name, [name]);
    await store.rename("a", "kept/b");
    await store.rename("c", "kept/c");
    equal([await store.list("a"), (await store.list("kept")).sort()], [[], ["b", "c"]]);
    equal([await textOf(store, "kept/b/1"), await textOf(store, "kept/b/deep/2")], ["a/1", "a/deep/2"]);
    await write(store, "d", ["d"]);
    await refused(store.rename("d", "kept/c"), "kept/c: it is there already");
    await refused(store.rename("nothing", "e"), "nothing: it does not exist");
  },

  async "removes files, and folders with all they hold, and minds none that are not there"(store) {
    for (const name of ["a/1", "a/deep/2", "ab", "c"]) await write(store, name, [name]);
    for (const name of ["a", "c", "nothing", "no/where"]) await store.remove(name);
    equal([await store.list(), await store.size("a/1"), await textOf(store, "ab")], [["ab"], undefined, "ab"]);
  },

  async "says that a file is missing, by its path"(store) {
    equal(await store.size("no/where"), undefined);
    const error = await store.reader("no/where").catch((error: unknown) => error);
    if (!(error instanceof StoreError)) throw new Error(`no StoreError: ${error}`);
    equal([error.missing, error.message], [true, `${store.path}/no/where: it does not exist`]);
  },
};

async function write(store: Store, name: string, parts: (string | Uint8Array)[]): Promise<void> {
  const writer = await store.writer(name);
  for (const part of parts) await writer.append(part);
  await writer.commit();
}

async function contentOf(store: Store, name: string): Promise<number[]> {
  const reader = await store.reader(name);
  const bytes = await reader.read(0, reader.size);
  await reader.close();
  return [...bytes];
}

const textOf = async (store: Store, name: string) =>
  new TextDecoder().decode(Uint8Array.from(await contentOf(store, name)));

function equal(found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${a} instead of ${b}`);
}

async function refused(operation: Promise<unknown>, message: string): Promise<void> {
  const told = await operation.then(
    () => "nothing",
    (error: Error) => error.message,
  );
  if (!told.endsWith(message)) throw new Error(`it says ${told} instead of ${message}`);
}
