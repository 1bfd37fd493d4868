"""Measures Lectern's workloads in JAX on the processor, for `lectern bench --vs jax`; it also runs by itself:

    pip install jax
    python3 jax_bench.py char-baby [--threads 2] [--steps 40]

The workloads are the transformers' training steps and `matmul` of workloads.json. A whole step is one compiled function: the
loss of a model on random tokens, its gradient, clipping at 1, AdamW. Prints one line of JSON with the median milliseconds
of each case, and the most memory that the process had resident.
"""

import argparse
import json
import os
import time

from clock import WORKLOADS, resident_peak_mb, timed


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("workload", choices=[*WORKLOADS["training"], "matmul"])
    parser.add_argument("--threads", type=int, default=0, help="processors it may use; all of them, unless given")
    parser.add_argument("--steps", type=int, default=0, help="timed runs of a case; enough for a steady median")
    return parser.parse_args()


options = read_arguments()
if options.threads:
    # XLA has as many threads as there are processors that it may use.
    os.sched_setaffinity(0, list(os.sched_getaffinity(0))[: options.threads])
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
from jax import numpy as jnp  # noqa: E402

# --- the models -----------------------------------------------------------------------------------


def parameters_of(size, key):
    width, layers = size["width"], size["layers"]
    keys = iter(jax.random.split(key, 4 * layers + 3))

    def weight(*shape):
        return 0.02 * jax.random.normal(next(keys), shape)

    def norm():
        return {"weight": jnp.ones(width), "bias": jnp.zeros(width)}

    blocks = [
        {
            "norm1": norm(),
            "norm2": norm(),
            "qkv": weight(width, 3 * width),
            "out": weight(width, width),
            "up": weight(width, 4 * width),
            "up_bias": jnp.zeros(4 * width),
            "down": weight(4 * width, width),
            "down_bias": jnp.zeros(width),
        }
        for _ in range(layers)
    ]
    model = {"tokens": weight(size["vocabulary"], width), "positions": weight(size["context"], width)}
    model |= {"blocks": blocks, "norm": norm()}
    if size["task"] == "classify":
        model["head"] = weight(width, 2)
    return model


def layer_norm(x, p):
    mean = x.mean(-1, keepdims=True)
    variance = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * p["weight"] + p["bias"]


def loss_of(p, size, inputs, targets):
    heads, generates = size["heads"], size["task"] == "char"
    batch, context = inputs.shape
    x = p["tokens"][inputs] + p["positions"]
    for block in p["blocks"]:
        packed = (layer_norm(x, block["norm1"]) @ block["qkv"]).reshape(batch, context, 3, heads, -1)
        queries, keys, values = (packed[:, :, i] for i in range(3))
        mixed = jax.nn.dot_product_attention(queries, keys, values, is_causal=generates)
        x = x + mixed.reshape(batch, context, -1) @ block["out"]
        inner = jax.nn.gelu(layer_norm(x, block["norm2"]) @ block["up"] + block["up_bias"], approximate=False)
        x = x + inner @ block["down"] + block["down_bias"]
    x = layer_norm(x, p["norm"])
    logits = x @ p["tokens"].T if generates else x.mean(1) @ p["head"]
    scores = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(scores, targets[..., None], -1).mean()


def step_of(size):
    """From parameters, averages and the step's number to the loss and what they are after the step."""
    lr, beta1, beta2, eps, decay = 1e-3, 0.9, 0.999, 1e-8, 0.01

    def step(p, m, v, count, inputs, targets):
        loss, g = jax.value_and_grad(loss_of)(p, size, inputs, targets)
        norm = jnp.sqrt(sum(jnp.square(x).sum() for x in jax.tree.leaves(g)))
        g = jax.tree.map(lambda x: x * jnp.minimum(1 / (norm + 1e-6), 1), g)
        m = jax.tree.map(lambda old, x: beta1 * old + (1 - beta1) * x, m, g)
        v = jax.tree.map(lambda old, x: beta2 * old + (1 - beta2) * jnp.square(x), v, g)
        scale1, scale2 = 1 / (1 - beta1**count), 1 / (1 - beta2**count)
        p = jax.tree.map(
            lambda x, a, b: x * (1 - lr * decay) - lr * a * scale1 / (jnp.sqrt(b * scale2) + eps), p, m, v
        )
        return loss, p, m, v

    return jax.jit(step, donate_argnums=(0, 1, 2))


# --- the workloads --------------------------------------------------------------------------------


def training(size):
    keys = jax.random.split(jax.random.key(0), 3)
    shape = (size["batch"], size["context"])
    generates = size["task"] == "char"
    inputs = jax.random.randint(keys[1], shape, 0, size["vocabulary"])
    targets = jax.random.randint(keys[2], shape if generates else shape[:1], 0, size["vocabulary"] if generates else 2)
    p = parameters_of(size, keys[0])
    state = [p, jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p)]
    step = step_of(size)
    count = 0

    def run():
        nonlocal state, count
        count += 1
        loss, *state = step(*state, count, inputs, targets)
        # The loss is there before the optimiser has done its part.
        jax.block_until_ready(state)
        return float(loss)

    begin = time.perf_counter()
    run()
    first = time.perf_counter() - begin
    return [{"name": "step", **timed(run, "training", options.steps)}], f"in {first:.1f} s, with its first step"


def products():
    multiply = jax.jit(jnp.matmul)
    cases = []
    for case in WORKLOADS["products"]:
        m, n, k, layout = case["m"], case["n"], case["k"], case["layout"]
        a = jnp.ones((k, m)).T if layout == "tn" else jnp.ones((m, k))
        b = jnp.ones((n, k)).T if layout == "nt" else jnp.ones((k, n))
        name = f"{case['name']} {m}x{n}x{k}"
        cases.append({"name": name, **timed(lambda: multiply(a, b).block_until_ready(), "kernels", options.steps)})
    return cases, "each shape before it is timed"


def main():
    baseline = resident_peak_mb()
    name = options.workload
    cases, compiled = products() if name == "matmul" else training(WORKLOADS["training"][name])
    memory = {"baselineMB": baseline, "peakMB": resident_peak_mb()}
    threads = len(os.sched_getaffinity(0))
    settings = {"device": "cpu", "threads": threads, "blas": "XLA's Eigen", "compiled": compiled}
    print(json.dumps({"version": jax.__version__, "cases": cases, "memory": memory, "settings": settings}))


if __name__ == "__main__":
    main()
