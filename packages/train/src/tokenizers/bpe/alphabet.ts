/**
 * A visible character for each byte, in which files write tokens: printable ones of Latin-1 stand for themselves, the others
 * follow from U+0100 on. So a space is Ġ, and a line's end Ċ.
 */
export const CHARACTERS: readonly string[] = charactersOfBytes();

/** The bytes in the order of their characters: ids 0 to 255 of GPT-2's vocabulary. */
export const BYTES: readonly number[] = [...CHARACTERS.keys()].sort((a, b) => codeOf(a) - codeOf(b));

const byteOf: ReadonlyMap<string, number> = new Map(CHARACTERS.map((character, byte) => [character, byte]));

/** The bytes that a token's characters stand for; undefined where one stands for none. */
export function bytesOf(token: string): Uint8Array | undefined {
  const bytes = Array.from(token, (character) => byteOf.get(character) ?? -1);
  return bytes.includes(-1) ? undefined : Uint8Array.from(bytes);
}

export function charactersOf(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => CHARACTERS[byte]).join("");
}

function codeOf(byte: number): number {
  return CHARACTERS[byte].codePointAt(0)!;
}

function charactersOfBytes(): string[] {
  const isPrintable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}
