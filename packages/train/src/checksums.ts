/** A flipped bit changes what a model says, and no format notices: files of a run therefore say what was written. */

/** The metadata's key, under which the sums lie as JSON. */
export const CHECKSUMS = "sha256";

/** The sum of each tensor's bytes, by its name, and of everything else that the header says. */
export interface Checksums {
  readonly header: string;
  readonly tensors: Readonly<Record<string, string>>;
}

/** So many bytes are summed at once; longer ones have the sum of their parts' sums. */
const PART_BYTES = 2 ** 26;

/** SHA-256 in hexadecimal; undefined where the system has none: a page that was not loaded over https. */
export async function checksum(bytes: Uint8Array): Promise<string | undefined> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) return undefined;
  const sums: Uint8Array[] = [];
  for (let at = 0; at < Math.max(1, bytes.length); at += PART_BYTES) {
    const part = bytes.subarray(at, at + PART_BYTES) as Uint8Array<ArrayBuffer>;
    sums.push(new Uint8Array(await subtle.digest("SHA-256", part)));
  }
  if (sums.length === 1) return Array.from(sums[0], (byte) => byte.toString(16).padStart(2, "0")).join("");
  const joined = new Uint8Array(sums.length * 32);
  for (const [i, sum] of sums.entries()) joined.set(sum, i * 32);
  return checksum(joined);
}

/** The sum of a header, as it is without the sums. */
export function headerChecksum(header: object): Promise<string | undefined> {
  return checksum(new TextEncoder().encode(JSON.stringify(header)));
}

/** What a file's metadata say. Errors: they are no sums. */
export function parseChecksums(text: string): Checksums {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    found = undefined;
  }
  const { header, tensors } = (found ?? {}) as Partial<Checksums>;
  if (typeof header !== "string" || typeof tensors !== "object" || tensors === null) {
    throw new Error("its checksums cannot be read");
  }
  return { header, tensors };
}

/** A file whose bytes are not those that were written. The message names it. */
export class DamagedFileError extends Error {
  override readonly name = "DamagedFileError";

  constructor(path: string, what: string) {
    super(`${path}: the file is damaged: ${what} is not as it was written (its checksum differs)`);
  }
}
