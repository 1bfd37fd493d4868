// Solutions of one task, sampling from the nucleus of a distribution, as students write them. They need not be right.

export const STARTER = `
/** What each token is drawn with. */
export function nucleus(logits: readonly number[], { p, temperature }: NucleusOptions): number[] {
  throw new Error(\`TODO: give \${logits.length} probabilities, for p \${p} and temperature \${temperature}\`);
}

/** Draws a token. */
export function draw(probabilities: readonly number[], u: number): number {
  throw new Error(\`TODO: draw one of \${probabilities.length} tokens with the number \${u}\`);
}
`;

export const ORIGINAL = `
export function nucleus(logits: readonly number[], { p, temperature }: NucleusOptions): number[] {
  const weights = softmax(logits.map((logit) => logit / temperature));
  const order = [...weights.keys()].sort((a, b) => weights[b] - weights[a]);
  const left = new Array<number>(logits.length).fill(0);
  let before = 0;
  for (const token of order) {
    if (before >= p) break;
    left[token] = weights[token];
    before += weights[token];
  }
  return left.map((weight) => weight / before);
}

function softmax(logits: readonly number[]): number[] {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

export function draw(probabilities: readonly number[], u: number): number {
  let total = 0;
  for (let token = 0; token < probabilities.length; token++) {
    total += probabilities[token];
    if (total > u) return token;
  }
  return probabilities.findLastIndex((weight) => weight > 0);
}
`;

/** The original with other names and comments, its functions in another order, and one statement written otherwise. */
export const COPIED = `
// My own softmax: subtract the maximum first!
function normalize(xs: readonly number[]): number[] {
  let m = xs.reduce((q, r) => Math.max(q, r));
  let e = xs.map((x) => Math.exp(x - m)); // exponentials
  let s = e.reduce((q, r) => q + r);
  return e.map((x) => x / s);
}

/* draws
   a token */
export function draw(probabilities: readonly number[], u: number): number {
  let running = 0;
  for (let i = 0; i < probabilities.length; i++) {
    running += probabilities[i];
    if (u < running) return i;
  }
  return probabilities.findLastIndex((x) => x > 0);
}

export function nucleus(logits: readonly number[], { p, temperature }: NucleusOptions): number[] {
  var probs = normalize(logits.map((z) => z / temperature));
  var indices = [...probs.keys()].sort((i, j) => probs[j] - probs[i]);

  var result = new Array<number>(logits.length).fill(0);
  var sum = 0;
  for (const i of indices) {
    if (sum >= p) break;
    result[i] = probs[i];
    sum += probs[i];
  }
  return result.map((x) => x / sum);
}
`;

/** Two that were written by themselves. */
export const OTHERS = [
  `
export function nucleus(logits: readonly number[], { p, temperature }: NucleusOptions): number[] {
  const scaled = logits.map((x) => x / temperature);
  const max = Math.max(...scaled);
  const exps = scaled.map((x) => Math.exp(x - max));
  let sum = 0;
  for (const e of exps) sum += e;
  const pairs = exps.map((e, index) => ({ index, prob: e / sum }));
  pairs.sort((a, b) => b.prob - a.prob);
  let cumulative = 0;
  let count = 0;
  while (count < pairs.length && cumulative < p) {
    cumulative += pairs[count].prob;
    count++;
  }
  const result = logits.map(() => 0);
  for (let i = 0; i < count; i++) {
    result[pairs[i].index] = pairs[i].prob / cumulative;
  }
  return result;
}

export function draw(probabilities: readonly number[], u: number): number {
  let cumulative = 0;
  let last = 0;
  for (const [i, prob] of probabilities.entries()) {
    cumulative += prob;
    if (prob > 0) last = i;
    if (cumulative > u) return i;
  }
  return last;
}
`,
  `
const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);

export function nucleus(logits: readonly number[], { p, temperature }: NucleusOptions): number[] {
  const max = Math.max(...logits) / temperature;
  const exp = logits.map((logit) => Math.exp(logit / temperature - max));
  const all = sum(exp);
  const probabilities = exp.map((value) => value / all);
  const sorted = [...probabilities].sort((a, b) => b - a);
  let k = 0;
  let mass = 0;
  do {
    mass += sorted[k];
    k += 1;
  } while (mass < p && k < sorted.length);
  const threshold = sorted[k - 1];
  const kept = probabilities.map((value) => (value >= threshold ? value : 0));
  const total = sum(kept);
  return kept.map((value) => value / total);
}

export function draw(probabilities: readonly number[], u: number): number {
  const running: number[] = [];
  for (const value of probabilities) running.push((running.at(-1) ?? 0) + value);
  const found = running.findIndex((value) => value > u);
  if (found >= 0) return found;
  for (let i = probabilities.length - 1; i >= 0; i--) {
    if (probabilities[i] > 0) return i;
  }
  return 0;
}
`,
];
