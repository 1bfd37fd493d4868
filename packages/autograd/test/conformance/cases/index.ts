import type { Device } from "../../../src/device.ts";
import type { Case } from "../check.ts";
import { attentionCases } from "./attention.ts";
import { crossEntropyCases } from "./crossEntropy.ts";
import { elementwiseCases } from "./elementwise.ts";
import { fusedCases } from "./fused.ts";
import { indexingCases } from "./indexing.ts";
import { matmulCases } from "./matmul.ts";
import { memoryCases } from "./memory.ts";
import { networkCases } from "./networks.ts";
import { optimCases } from "./optim.ts";
import { randomCases } from "./random.ts";
import { reductionCases } from "./reductions.ts";
import { rowCases } from "./rows.ts";

/** Every case there is. Neither they nor anything they import needs Node or a test runner: a page can run them too. */
export const cases: readonly Case[] = [
  ...memoryCases,
  ...elementwiseCases,
  ...reductionCases,
  ...matmulCases,
  ...indexingCases,
  ...randomCases,
  ...rowCases,
  ...crossEntropyCases,
  ...optimCases,
  ...attentionCases,
  ...fusedCases,
  ...networkCases,
];

/** The cases that concern a device: all but those for optional kernels which it does not have. */
export function casesFor(device: Device): Case[] {
  return cases.filter(({ kernel }) => device[kernel] !== undefined);
}
