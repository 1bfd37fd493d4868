import { gives, type NumberCase } from "./numberCase.ts";

const ANGLES = [
  ...[0, 0.5, ...[0.5, 1, -1, 2].map((n) => Math.fround(n * Math.PI)), 100, 100.5, -100.5, 355, 710, 8191.5, 8192.5],
  ...[12345.678, 1e5, 411775, 1e6, 16777216, 3e8, -1e8, 1e10, 1e20, 3e38].map(Math.fround),
];

/** Angles of many turns: what is left of them has to be found exactly. */
export const angleCases: readonly NumberCase[] = (["sin", "cos"] as const).flatMap((name) => [
  ...ANGLES.map((x) => {
    const right = Math[name](Math.fround(x));
    return gives(`${name}(${x})`, [0], (make) => make([x])[name]().sub(right).div(1e-6).int(), { special: x === 0 });
  }),
  gives(`${name} beyond 1 in size`, [0], (make) => {
    const x = make(Array.from({ length: 20_000 }, (_, i) => (i - 10_000) * 1.2345 + 10 ** (i / 600)));
    return x[name]().abs().gt(1).sum();
  }),
]);
