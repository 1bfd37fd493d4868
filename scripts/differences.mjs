// What one build of the kernels has otherwise than another. They differ in a few thousand bytes of a hundred thousand, so a page
// loads one of them, and how the other comes of it (packages/autograd/src/devices/cpu/differences.ts puts that together).

/** As many equal bytes in a row are taken for the same place of both. */
const SAME = 6;

/** A whole number in the bytes that WebAssembly writes it in (LEB128), seven bits each, the lowest first. */
function leb128(number) {
  const bytes = [];
  for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
  return [...bytes, number];
}

/**
 * What makes one array of bytes into another: how many to keep, how many to leave out, how many new ones come there, and these;
 * and so on until nothing is left of either.
 */
export function differencesOf(base, target) {
  const found = [];
  for (let i = 0, j = 0; i < base.length || j < target.length; ) {
    const kept = agreeing(base, i, target, j);
    i += kept;
    j += kept;
    const [left, added] = nextAgreement(base, i, target, j);
    found.push(...leb128(kept), ...leb128(left), ...leb128(added), ...target.subarray(j, j + added));
    i += left;
    j += added;
  }
  return Uint8Array.from(found);
}

/** How many bytes are equal from two places on. */
function agreeing(base, i, target, j, most = Number.POSITIVE_INFINITY) {
  let count = 0;
  while (count < most && i + count < base.length && j + count < target.length && base[i + count] === target[j + count])
    count++;
  return count;
}

/** The fewest bytes that are to be passed over on both sides until they agree again, or end. */
function nextAgreement(base, i, target, j) {
  for (let total = 0; total < base.length - i + target.length - j; total++) {
    for (let added = Math.max(0, total - (base.length - i)); added <= Math.min(total, target.length - j); added++) {
      if (agreeing(base, i + total - added, target, j + added, SAME) === SAME) return [total - added, added];
    }
  }
  return [base.length - i, target.length - j];
}
