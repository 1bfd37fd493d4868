import { type Tokenizer, type TokenizerJSON, type TokenizerKind, tokenAt, utf8 } from "./tokenizer.ts";

/**
 * One token for each byte of UTF-8: 256 in all, and no text that it does not know. A character outside ASCII is two to four
 * tokens.
 */
export class ByteTokenizer implements Tokenizer {
  readonly size: number;
  readonly unit = "byte";
  readonly #bytes: Uint8Array;
  /** The token of each byte, -1 for none. */
  readonly #ids = new Int32Array(256).fill(-1);

  /** @param bytes the byte of each token, all 256 in their order unless given. Errors: a byte twice, or none. */
  constructor(bytes: ArrayLike<number> = Array.from({ length: 256 }, (_, byte) => byte)) {
    this.#bytes = Uint8Array.from(bytes);
    this.size = bytes.length;
    for (const [id, byte] of this.#bytes.entries()) this.#ids[byte] = id;
    if (bytes.length === 0 || this.#ids.filter((id) => id >= 0).length !== bytes.length) {
      throw new Error("ByteTokenizer: the bytes have to be different numbers from 0 to 255");
    }
  }

  static fromJSON({ bytes }: Readonly<Record<string, unknown>>): ByteTokenizer {
    if (bytes === undefined) return new ByteTokenizer();
    const isByte = (byte: unknown) => Number.isInteger(byte) && Number(byte) >= 0 && Number(byte) < 256;
    if (!Array.isArray(bytes) || !bytes.every(isByte)) {
      throw new Error('tokenizer: "bytes" has to be a list of numbers from 0 to 255: the file is damaged');
    }
    return new ByteTokenizer(bytes as number[]);
  }

  encode(text: string): Int32Array {
    return this.encodeBytes(new TextEncoder().encode(text));
  }

  encodeBytes(bytes: Uint8Array): Int32Array {
    const ids = new Int32Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) {
      ids[i] = this.#ids[bytes[i]];
      if (ids[i] < 0) {
        const place = `byte ${i + 1} of the text`;
        throw new Error(`ByteTokenizer: ${bytes[i]}, ${place}, is not among the ${this.size} it was made from`);
      }
    }
    return ids;
  }

  /** As UTF-8; what is none becomes U+FFFD. */
  decode(tokens: ArrayLike<number>): string {
    return utf8(this.decodeBytes(tokens));
  }

  decodeBytes(tokens: ArrayLike<number>): Uint8Array {
    return Uint8Array.from(tokens, (id) => tokenAt(this.#bytes, id));
  }

  toJSON(): TokenizerJSON {
    const all = this.size === 256 && this.#bytes.every((byte, id) => byte === id);
    return { format: "lectern-tokenizer-1", kind: "bytes", ...(all ? {} : { bytes: [...this.#bytes] }) };
  }
}

export const bytes: TokenizerKind = {
  kind: "bytes",
  name: "byte",
  fixed: true,
  from: () => new ByteTokenizer(),
  fromJSON: ByteTokenizer.fromJSON,
};
