import { analyse } from "chardet";

/** How many bytes an encoding is guessed from. */
const LOOKED_AT = 100_000;

/**
 * Bytes as text, without a byte order mark. They are UTF-8, or UTF-16 where a mark says so, unless another encoding is
 * given. `what` names them in errors, which give the likeliest encoding of what is not UTF-8, or the first bad byte.
 */
export function decodeText(bytes: Uint8Array, what: string, encoding?: string): string {
  if (encoding !== undefined) return decodeAs(bytes, what, encoding);
  const marked = markedEncoding(bytes);
  if (marked !== undefined) return decodeAs(bytes, what, marked);
  if (!startsWith(bytes, 0xef, 0xbb, 0xbf)) {
    const unmarked = unmarkedUtf16(bytes);
    if (unmarked !== undefined) throw inAnother(bytes, what, unmarked);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const place = firstBadByte(bytes);
    const likeliest = likeliestEncoding(bytes);
    if (likeliest !== undefined) throw inAnother(bytes, what, likeliest, place);
    throw new Error(`${what} is not UTF-8: byte ${place} does not fit; save it as UTF-8`);
  }
}

function decodeAs(bytes: Uint8Array, what: string, encoding: string): string {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch {
    throw new Error(`there is no encoding called "${encoding}"; there are utf-8, windows-1251, koi8-r, utf-16le, …`);
  }
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new Error(`${what} is not ${encoding}: some of its bytes do not fit; give another encoding (--encoding)`, {
      cause,
    });
  }
}

/** What a file in another encoding is told, with its first words as that encoding has them. */
function inAnother(bytes: Uint8Array, what: string, encoding: string, place?: number): Error {
  const bad = place === undefined ? "" : `: byte ${place} does not fit`;
  const sample = new TextDecoder(encoding).decode(bytes.subarray(0, 200)).replace(/\s+/g, " ").trim().slice(0, 30);
  return new Error(
    `${what} is not UTF-8${bad}; it looks like ${encoding} ("${sample}…"): say so with encoding (--encoding ${encoding}), ` +
      "or save it as UTF-8",
  );
}

const startsWith = (bytes: Uint8Array, ...mark: number[]) => mark.every((byte, i) => bytes[i] === byte);

function markedEncoding(bytes: Uint8Array): string | undefined {
  if (startsWith(bytes, 0xff, 0xfe)) return "utf-16le";
  return startsWith(bytes, 0xfe, 0xff) ? "utf-16be" : undefined;
}

/**
 * UTF-16 without a mark: the upper halves of Latin, Greek and Cyrillic letters, of spaces and of line ends are below 9,
 * which no byte of a text in UTF-8 is.
 */
function unmarkedUtf16(bytes: Uint8Array): string | undefined {
  const looked = Math.min(bytes.length, LOOKED_AT);
  const low = [0, 0];
  for (let i = 0; i < looked; i++) if (bytes[i] < 9) low[i % 2]++;
  const [even, odd] = low;
  if (Math.max(even, odd) < 4 || Math.max(even, odd) < looked / 200) return undefined;
  if (odd > 20 * even) return "utf-16le";
  return even > 20 * odd ? "utf-16be" : undefined;
}

/** The likeliest encoding of a text that is not UTF-8, where there is a likely one. */
function likeliestEncoding(bytes: Uint8Array): string | undefined {
  const found = analyse(bytes.subarray(0, LOOKED_AT)).filter(({ name, confidence }) => {
    return confidence >= 15 && !/^(UTF-|ASCII)/i.test(name) && canDecode(name, bytes);
  });
  return found[0]?.name.toLowerCase() ?? cyrillicEncoding(bytes.subarray(0, LOOKED_AT));
}

/**
 * The encoding of Russian in short pieces, such as a small table's, which has too few of a language's usual letters to be
 * told by them. Its words are of bytes from 0x80 alone, where an accented Latin letter stands among others; and most letters
 * are small ones, which are the upper half of Windows-1251's and the lower half of KOI8-R's.
 */
function cyrillicEncoding(bytes: Uint8Array): string | undefined {
  const halves = [0, 0];
  let inWords = 0;
  for (const [i, byte] of bytes.entries()) {
    if (byte < 9) return undefined;
    if (byte < 0xc0) continue;
    halves[byte < 0xe0 ? 0 : 1]++;
    if (bytes[i - 1] >= 0x80 || bytes[i + 1] >= 0x80) inWords++;
  }
  const [koi8, windows] = halves;
  const letters = koi8 + windows;
  if (letters < 8 || inWords < 0.8 * letters || Math.max(koi8, windows) < 0.7 * letters) return undefined;
  return windows > koi8 ? "windows-1251" : "koi8-r";
}

function canDecode(encoding: string, bytes: Uint8Array): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, LOOKED_AT), { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Decoding puts U+FFFD where bytes are bad, so encoding again first differs there. */
function firstBadByte(bytes: Uint8Array): number {
  const again = new TextEncoder().encode(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
  let offset = 0;
  while (offset < bytes.length && bytes[offset] === again[offset]) offset++;
  return offset;
}
