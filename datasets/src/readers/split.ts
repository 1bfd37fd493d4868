import seedrandom from "seedrandom";

/** How much is held out for validation: a number of rows, or a share of them. */
export interface HoldOut {
  readonly validationRows?: number;
  readonly validationShare?: number;
}

/** Cuts the last rows off for validation, a fifth by default. `name` is for the errors. */
export function holdOut<T>(name: string, rows: readonly T[], options: HoldOut): { train: T[]; validation: T[] } {
  const count = validationCount(name, rows.length, options);
  if (count >= rows.length) {
    throw new Error(`${name}: ${count} of its ${rows.length} rows for validation leave none to train on`);
  }
  return { train: rows.slice(0, rows.length - count), validation: rows.slice(rows.length - count) };
}

function validationCount(name: string, total: number, { validationRows, validationShare }: HoldOut): number {
  if (validationRows !== undefined && validationShare !== undefined) {
    throw new Error(`${name}: give validationRows or validationShare, not both`);
  }
  if (validationRows === undefined) {
    const share = checkedShare(validationShare ?? 0.2);
    return share === 0 ? 0 : Math.max(1, Math.floor(total * share));
  }
  if (!Number.isInteger(validationRows) || validationRows < 0) {
    throw new Error(`validationRows is ${validationRows}; it counts rows: give a whole number from 0 up`);
  }
  return validationRows;
}

/** A share to hold out, if it is one. */
export function checkedShare(share: number): number {
  if (share >= 0 && share < 1) return share;
  throw new Error(`validationShare is ${share}; it is a share of the data: give a number from 0 up to, but not, 1`);
}

/** Cuts the last share of a text's characters off for validation, a tenth by default. */
export function splitText(name: string, text: string, share = 0.1): { train: string; validation: string } {
  let cut = Math.floor(text.length * (1 - checkedShare(share)));
  // A character outside the basic plane is two code units: leave it whole.
  if (/^[\uD800-\uDBFF][\uDC00-\uDFFF]/.test(text.slice(cut - 1, cut + 1))) cut++;
  if (cut === 0 || (share > 0 && cut === text.length)) {
    throw new Error(`${name}: a text of ${text.length} characters is too short to hold out ${share} of it`);
  }
  return { train: text.slice(0, cut), validation: text.slice(cut) };
}

/** The same rows in an order that depends on the seed alone (Fisher and Yates). */
export function shuffled<T>(rows: readonly T[], seed: number): T[] {
  const random = seedrandom(String(seed));
  const result = [...rows];
  for (let last = result.length - 1; last > 0; last--) {
    const pick = Math.floor(random() * (last + 1));
    [result[last], result[pick]] = [result[pick], result[last]];
  }
  return result;
}
