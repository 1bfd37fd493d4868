/** A short name for numbers: FNV-1a (Fowler, Noll & Vo, 1991), a word at a time. Other data have another one, most likely. */
export class Fingerprint {
  #hash = 0x811c9dc5;
  #length = 0;

  add(numbers: ArrayLike<number>): this {
    let hash = this.#hash;
    for (let i = 0; i < numbers.length; i++) hash = Math.imul(hash ^ numbers[i], 0x01000193);
    this.#hash = hash;
    this.#length += numbers.length;
    return this;
  }

  toString(): string {
    return `${(this.#hash >>> 0).toString(16).padStart(8, "0")}-${this.#length}`;
  }
}
