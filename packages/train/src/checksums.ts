/** A flipped bit changes what a model says, and no format notices: files of a run therefore say what was written. */

import { FormatError } from "./safetensorsHeader.ts";

/** The metadata's key, under which the sums lie as JSON. */
export const CHECKSUMS = "sha256";

/** So many bytes are summed at once, and are in memory; longer ones have the sum of their parts' sums. */
export const SUMMED_BYTES = 2 ** 22;

/** What files of old were cut into, which do not say it; and so the most that is read at once. */
const LARGEST_PART = 2 ** 26;

/** The sum of each tensor's bytes, by its name, and of everything else that the header says. */
export interface Checksums {
  readonly header: string;
  readonly part: number;
  readonly tensors: Readonly<Record<string, string>>;
}

/** SHA-256; undefined where the system has none: a page that was not loaded over https. */
async function sha256(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return digest && new Uint8Array(digest);
}

const hexadecimal = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The sum of bytes that come in parts, each but the last of the same length. Only where the system has SHA-256. */
export class RunningChecksum {
  readonly #parts: Uint8Array[] = [];

  async add(part: Uint8Array): Promise<void> {
    this.#parts.push((await sha256(part))!);
  }

  /** In hexadecimal. */
  async value(): Promise<string> {
    if (this.#parts.length === 0) await this.add(new Uint8Array(0));
    if (this.#parts.length === 1) return hexadecimal(this.#parts[0]);
    const joined = new Uint8Array(this.#parts.length * 32);
    for (const [i, sum] of this.#parts.entries()) joined.set(sum, i * 32);
    return hexadecimal((await sha256(joined))!);
  }
}

/** The sum of a header, as it is without the sums; undefined where the system cannot make any. */
export async function headerChecksum(header: object): Promise<string | undefined> {
  const sum = await sha256(new TextEncoder().encode(JSON.stringify(header)));
  return sum && hexadecimal(sum);
}

/** What the metadata say. */
export function describeChecksums(header: string, tensors: Checksums["tensors"]): string {
  return JSON.stringify({ header, part: SUMMED_BYTES, tensors });
}

/** What a file's metadata say. Errors: they are no sums. */
export function parseChecksums(text: string): Checksums {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    found = undefined;
  }
  const { header, part = LARGEST_PART, tensors } = (found ?? {}) as Partial<Checksums>;
  const isPart = Number.isInteger(part) && part >= 2 ** 16 && part <= LARGEST_PART && part % 8 === 0;
  if (typeof header !== "string" || typeof tensors !== "object" || tensors === null || !isPart) {
    throw new FormatError("its checksums cannot be read");
  }
  return { header, part, tensors };
}

/** A file that cannot be what was written: cut off, changed, or with contents that nothing here writes. The message names it. */
export class DamagedFileError extends Error {
  override readonly name = "DamagedFileError";

  static of(path: string, what: string): DamagedFileError {
    return new DamagedFileError(
      `${path}: the file is damaged: ${what} is not as it was written (its checksum differs)`,
    );
  }
}
