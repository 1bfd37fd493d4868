import { list, type ReadEntry } from "tar";

/** The files in a tar archive, compressed or not, whose paths are wanted. Nothing is unpacked to disk. Errors: it is not whole. */
export async function readFromTar(archive: string, wanted: RegExp): Promise<{ path: string; bytes: Uint8Array }[]> {
  const reading: Promise<{ path: string; bytes: Uint8Array }>[] = [];
  try {
    await list({
      file: archive,
      strict: true,
      filter: (path) => wanted.test(path),
      onReadEntry: (entry: ReadEntry) => {
        reading.push(entry.concat().then((bytes) => ({ path: entry.path, bytes: Buffer.from(bytes) })));
      },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${archive} is no whole tar archive (${reason}); delete it and fetch it again`, { cause });
  }
  return Promise.all(reading);
}
