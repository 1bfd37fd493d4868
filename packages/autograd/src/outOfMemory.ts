/** What a device could not give memory for. */
export interface Shortage {
  /** The device's name. */
  readonly device: string;
  /** Asked for, in bytes. */
  readonly bytes: number;
  readonly inUse: number;
  /** What the device can hold at most. */
  readonly most: number;
}

/** What asked for memory, and the largest of what is in use, as text. */
export interface Circumstances {
  /** With the shape that it makes: `add [3, 4]`. */
  readonly op: string;
  readonly largest: string;
}

/** A device has no memory left. It throws this without circumstances, which it does not know; `lifetimes.ts` adds them. */
export class OutOfMemory extends RangeError {
  readonly shortage: Shortage;

  constructor(shortage: Shortage, circumstances?: Circumstances) {
    super(messageOf(shortage, circumstances));
    this.shortage = shortage;
  }
}

const WHAT_TO_DO = "take a smaller batch, context or model";

function messageOf({ device, bytes, inUse, most }: Shortage, circumstances: Circumstances | undefined): string {
  const start = `${circumstances === undefined ? "" : `${circumstances.op}: `}${device}: out of memory`;
  if (bytes > most) {
    return `${start}: ${inUnits(bytes)} at once are more than this device can hold (${inUnits(most)}): ${WHAT_TO_DO}`;
  }
  const largest = circumstances?.largest ? ` (${circumstances.largest})` : "";
  return (
    `${start}: ${inUnits(bytes)} do not fit beside the ${inUnits(inUse)} in use${largest}, of ${inUnits(most)} that there ` +
    `can be: ${WHAT_TO_DO}, or give back what is no longer needed with scope()`
  );
}

/** Bytes as people read them: `640.0 MiB`. */
export function inUnits(bytes: number): string {
  return bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** Blocks of memory that are alike: made by one op, of one size. */
interface Alike {
  readonly origin: string;
  readonly bytes: number;
  readonly count: number;
}

/** The most of what is in use, by who made it: `3 x 64.0 MiB of randn, 1.0 MiB of matmul`. */
export function largestOf(blocks: Iterable<{ readonly origin: string; readonly bytes: number }>, kinds = 3): string {
  const found = new Map<string, Alike>();
  for (const { origin, bytes } of blocks) {
    const key = `${bytes} of ${origin}`;
    found.set(key, { origin, bytes, count: (found.get(key)?.count ?? 0) + 1 });
  }
  const sorted = [...found.values()].sort((a, b) => b.count * b.bytes - a.count * a.bytes);
  return sorted
    .slice(0, kinds)
    .map(({ origin, bytes, count }) => `${count > 1 ? `${count} x ` : ""}${inUnits(bytes)} of ${origin}`)
    .join(", ");
}
