import { linearGelu, manualSeed, multiHeadAttention, noGrad, randn, scope, setDefaultDevice } from "../../src/index.ts";

const [ROWS, WIDTH, STEPS] = [256, 96, 5];

/** Some steps of a small layer on random numbers, large enough for threads to share it; the losses. */
export function trainSmall(): number[] {
  setDefaultDevice("cpu");
  manualSeed(5);
  const x = randn([2, ROWS, WIDTH]);
  const weight = randn([3 * WIDTH, WIDTH])
    .mul(0.1)
    .detach()
    .requiresGrad_();
  const bias = randn([3 * WIDTH])
    .detach()
    .requiresGrad_();
  return Array.from({ length: STEPS }, () =>
    scope(() => {
      const loss = multiHeadAttention(linearGelu(x, weight, bias), 4, { causal: true })
        .square()
        .mean();
      loss.backward();
      noGrad(() => {
        for (const p of [weight, bias]) p.sub_(p.grad!.mul(0.1));
      });
      for (const p of [weight, bias]) p.zeroGrad();
      return loss.itemSync();
    }),
  );
}
