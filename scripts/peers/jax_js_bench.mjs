// Measures Lectern's workloads in jax-js (WebAssembly, jit), for `lectern bench --vs jax-js`; it also runs by itself:
//
//   npm install --no-save --no-package-lock --prefix scripts/peers @jax-js/jax
//   node scripts/peers/jax_js_bench.mjs char-baby [--threads 2] [--steps 40]        (Node 22 or newer)
//
// The workloads are the training ones and `matmul` of workloads.json. A step is what Lectern's Trainer does: the loss of a
// model on random tokens, its gradient, clipping at 1, AdamW. jax-js cannot compile the gradient of a lookup: a small
// vocabulary's embedding is a product with one-hot rows, a large one's is looked up outside of the compiled part. Prints
// one line of JSON with the median milliseconds of each case and the most memory that the process had resident.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad, vjp } from "@jax-js/jax";

const workloads = JSON.parse(readFileSync(new URL("workloads.json", import.meta.url), "utf8"));
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: "string" }, steps: { type: "string" } },
});
const [workload = "char-baby"] = positionals;
/** One-hot rows of more tokens than these take more memory than there is. */
const ONE_HOT = 4096;

// --- the models ---------------------------------------------------------------------------------

const random = (shape, scale = 0.02) => {
  const length = shape.reduce((product, n) => product * n, 1);
  return np.array(Float32Array.from({ length }, () => (Math.random() * 2 - 1) * Math.sqrt(3) * scale)).reshape(shape);
};
const tokensBelow = (n, length) =>
  np.array(
    Int32Array.from({ length }, () => Math.floor(Math.random() * n)),
    { dtype: np.int32 },
  );

function parametersOf({ task, layers, width, context, vocabulary }) {
  const parameters = { tokens: random([vocabulary, width]), positions: random([context, width]) };
  const norm = (name) => {
    parameters[`${name}.weight`] = np.ones([width]);
    parameters[`${name}.bias`] = np.zeros([width]);
  };
  for (let i = 0; i < layers; i++) {
    norm(`${i}.norm1`);
    norm(`${i}.norm2`);
    parameters[`${i}.qkv`] = random([width, 3 * width]);
    parameters[`${i}.out`] = random([width, width]);
    parameters[`${i}.up`] = random([width, 4 * width]);
    parameters[`${i}.up.bias`] = np.zeros([4 * width]);
    parameters[`${i}.down`] = random([4 * width, width]);
    parameters[`${i}.down.bias`] = np.zeros([width]);
  }
  norm("norm");
  if (task === "classify") parameters.head = random([width, 2]);
  return parameters;
}

function layerNorm(x, p, name) {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
  const normal = centred.mul(np.reciprocal(np.sqrt(variance.add(1e-5))));
  return normal.mul(p[`${name}.weight`].ref).add(p[`${name}.bias`].ref);
}

/** Mean cross entropy. h: embedded tokens [batch * time, width]; targets: int32 [batch * time] or [batch]. */
function lossOf(size, p, h, targets) {
  const { task, layers, heads, width, context, batch } = size;
  const rows = batch * context;
  h = h.reshape([batch, context, width]).add(p.positions.ref).reshape([rows, width]);
  for (let i = 0; i < layers; i++) {
    const qkv = np.matmul(layerNorm(h.ref, p, `${i}.norm1`), p[`${i}.qkv`].ref);
    const parts = qkv.reshape([batch, context, 3, heads, width / heads]);
    const [queries, keys, values] = [0, 1, 2].map((part) => parts.ref.slice([], [], part));
    parts.dispose();
    const mixed = nn.dotProductAttention(queries, keys, values, { isCausal: task === "char" });
    h = h.add(np.matmul(mixed.reshape([rows, width]), p[`${i}.out`].ref));
    const inner = np.matmul(layerNorm(h.ref, p, `${i}.norm2`), p[`${i}.up`].ref).add(p[`${i}.up.bias`].ref);
    const activated = nn.gelu(inner, { approximate: false });
    h = h.add(np.matmul(activated, p[`${i}.down`].ref).add(p[`${i}.down.bias`].ref));
  }
  h = layerNorm(h, p, "norm");
  const logits =
    task === "char"
      ? np.matmul(h, np.transpose(p.tokens.ref))
      : np.matmul(np.mean(h.reshape([batch, context, width]), 1), p.head.ref);
  const [count, classes] = logits.shape;
  return nn
    .logSoftmax(logits)
    .mul(nn.oneHot(targets, classes))
    .sum()
    .mul(-1 / count);
}

/** From parameters, tokens and targets to the loss and the gradients. */
function gradientsOf(size) {
  const { vocabulary } = size;
  if (vocabulary <= ONE_HOT) {
    const loss = (p, inputs, targets) =>
      lossOf(size, p, np.matmul(nn.oneHot(inputs, vocabulary), p.tokens.ref), targets);
    return jit(valueAndGrad(loss));
  }
  const inner = jit(valueAndGrad((p, h, targets) => lossOf(size, p, h, targets), { argnums: [0, 1] }));
  return ({ tokens, ...p }, inputs, targets) => {
    const [h, pull] = vjp((table) => np.take(table, inputs, 0), [tokens]);
    const [loss, [gradients, dh]] = inner(p, h, targets);
    const [dTokens] = pull(dh);
    pull.dispose();
    // Trees have to agree in the order of their names.
    return [loss, { tokens: dTokens, ...gradients }];
  };
}

/** Clips all gradients at 1 together, then AdamW: the new parameters and averages. */
function update(p, g, m, v, step) {
  const [lr, beta1, beta2, eps, decay] = [1e-3, 0.9, 0.999, 1e-8, 0.01];
  const squares = tree.leaves(g).map((x) => np.square(x.ref).sum());
  const norm = np.sqrt(squares.reduce((sum, x) => sum.add(x)));
  const scale = np.minimum(np.reciprocal(norm.add(1e-6)), 1);
  g = tree.map((x) => x.mul(scale.ref), g);
  scale.dispose();
  m = tree.map((old, x) => old.mul(beta1).add(x.ref.mul(1 - beta1)), m, g);
  v = tree.map((old, x) => old.mul(beta2).add(np.square(x).mul(1 - beta2)), v, g);
  const unbias = (beta) =>
    np.reciprocal(
      np
        .exp(step.ref.mul(Math.log(beta)))
        .mul(-1)
        .add(1),
    );
  const [c1, c2] = [unbias(beta1), unbias(beta2)];
  p = tree.map(
    (x, a, b) => {
      const divisor = np.sqrt(b.ref.mul(c2.ref)).add(eps);
      return x.mul(1 - lr * decay).sub(a.ref.mul(c1.ref).mul(np.reciprocal(divisor)).mul(lr));
    },
    p,
    m,
    v,
  );
  for (const x of [c1, c2, step]) x.dispose();
  return [p, m, v];
}

// --- timing -------------------------------------------------------------------------------------

const middle = (sorted) => (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;

/** Median and shortest milliseconds of many runs, by a rule of workloads.json, as Lectern's own timing does it. */
async function timed(run, { warmUp, timed: enough }) {
  const count = Number(options.steps ?? 0);
  const begun = performance.now();
  const isWarm = () => count > 0 || performance.now() - begun >= warmUp.ms;
  for (let made = 0; made < warmUp.runs || !isWarm(); made++) await run();
  const times = [];
  const isEnough = (total) => (count > 0 ? times.length >= count : times.length >= enough.runs && total >= enough.ms);
  for (let total = 0; !isEnough(total); ) {
    const start = performance.now();
    await run();
    const ms = performance.now() - start;
    times.push(ms);
    total += ms;
  }
  times.sort((a, b) => a - b);
  return { ms: middle(times), minMs: times[0] };
}

/** The most memory this process had resident, in 10^6 bytes. */
function residentPeakMB() {
  try {
    const found = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"));
    if (found) return (Number(found[1]) * 1024) / 1e6;
  } catch {
    // No Linux: below.
  }
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}

// --- the workloads ------------------------------------------------------------------------------

async function training(size) {
  const { task, batch, context, vocabulary } = size;
  const gradients = gradientsOf(size);
  const step = jit(update);
  const inputs = tokensBelow(vocabulary, batch * context);
  const targets = task === "char" ? tokensBelow(vocabulary, batch * context) : tokensBelow(2, batch);
  let p = parametersOf(size);
  let [m, v] = [0, 1].map(() => tree.map((x) => np.zeros(x.shape), p));
  let count = 0;
  const run = async () => {
    const [loss, g] = gradients(tree.ref(p), inputs.ref, targets.ref);
    [p, m, v] = step(p, g, m, v, np.array(++count, { dtype: np.float32 }));
    await loss.data();
    await blockUntilReady(p);
  };
  return [{ name: "step", ...(await timed(run, workloads.timing.training)) }];
}

async function products() {
  const cases = [];
  for (const { name, m, n, k, layout } of workloads.products) {
    const a = random(layout === "tn" ? [k, m] : [m, k]);
    const b = random(layout === "nt" ? [n, k] : [k, n]);
    const multiply = jit((x, y) =>
      np.matmul(layout === "tn" ? np.transpose(x) : x, layout === "nt" ? np.transpose(y) : y),
    );
    const run = async () => {
      const y = await blockUntilReady(multiply(a.ref, b.ref));
      y.dispose();
    };
    cases.push({ name: `${name} ${m}x${n}x${k}`, ...(await timed(run, workloads.timing.kernels)) });
  }
  return cases;
}

const size = workloads.training[workload];
if (size === undefined && workload !== "matmul") {
  console.error(
    `jax_bench: no workload "${workload}"; there are ${Object.keys(workloads.training).join(", ")}, matmul`,
  );
  process.exit(2);
}
if (options.threads !== undefined) {
  // jax-js starts as many workers as this says there are processors.
  Object.defineProperty(navigator, "hardwareConcurrency", { value: Number(options.threads) });
}
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.resolve("@jax-js/jax")), "utf8"));
const baselineMB = residentPeakMB();
await init();
defaultDevice("wasm");
const cases = size === undefined ? await products() : await training(size);
const memory = { baselineMB, peakMB: residentPeakMB() };
const settings = { device: "wasm", threads: navigator.hardwareConcurrency };
process.stdout.write(`${JSON.stringify({ version, cases, memory, settings })}\n`, () => process.exit(0));
