import seedrandom from "seedrandom";
import type { RandomKey } from "./device.ts";

/**
 * The one source of randomness. seedrandom makes keys; on the devices, a counter-based generator makes the many numbers
 * that belong to a key. The same seed gives the same numbers, on every device to rounding.
 */

type Generator = seedrandom.StatefulPRNG<seedrandom.State.Arc4>;

let generator: Generator = seedrandom(undefined, { state: true });

/** Starts the generator anew: everything random that follows depends on this seed alone. */
export function manualSeed(seed: number | string): void {
  generator = seedrandom(String(seed), { state: true });
}

/** A number in [0, 1), for decisions on the host: shuffling, sampling. */
export function random(): number {
  return generator();
}

/** A key for a device's generator. */
export function nextKey(): RandomKey {
  return [generator.int32() >>> 0, generator.int32() >>> 0];
}

/** The generator's state, as JSON can hold it, for checkpoints. */
export function randomState(): object {
  return generator.state();
}

/** Goes on from a state that `randomState` gave. */
export function setRandomState(state: object): void {
  generator = seedrandom("", { state: state as seedrandom.State.Arc4 });
}
