/** The builds of the kernels as text; the plain one as what it has otherwise than the relaxed one (scripts/differences.mjs). */

/** Bytes from two hexadecimal digits each: compressed, as pages are sent, that is a fifth shorter than base64. */
export function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  // Engines have it from 2025 on.
  const { fromHex } = Uint8Array as { fromHex?(this: typeof Uint8Array, hex: string): Uint8Array<ArrayBuffer> };
  return fromHex?.call(Uint8Array, hex) ?? bytesByDigits(hex);
}

/** The same where the engine cannot. */
export function bytesByDigits(hex: string): Uint8Array<ArrayBuffer> {
  const digit = (place: number) => {
    const code = hex.charCodeAt(place);
    return code < 58 ? code - 48 : code - 87;
  };
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digit(2 * i) + digit(2 * i + 1);
  return bytes;
}

/**
 * Another array of bytes than `base`: so many to keep, to leave out and to add, and those that are added, again and again until the
 * end. The numbers are written as WebAssembly writes them, seven bits in a byte, the lowest first.
 */
export function withDifferences(base: Uint8Array, differences: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(base.length + differences.length);
  let [from, to, at] = [0, 0, 0];
  const copy = (source: Uint8Array, start: number, count: number) => {
    result.set(source.subarray(start, start + count), to);
    to += count;
    return start + count;
  };
  const number = () => {
    let [value, bits] = [0, 0];
    for (; differences[at] > 127; bits += 7) value |= (differences[at++] & 127) << bits;
    return value | (differences[at++] << bits);
  };
  while (at < differences.length) {
    const [kept, left, added] = [number(), number(), number()];
    from = copy(base, from, kept) + left;
    at = copy(differences, at, added);
  }
  return result.slice(0, to);
}
