"""Measures Lectern's workloads in PyTorch, for `lectern bench --vs torch`; it also runs by itself:

    pip install torch
    python3 torch_bench.py char-baby [--threads 2] [--attention fused|naive] [--optimizer fused|plain] [--compile] [--steps 40]

The workloads are those of workloads.json. A step of training is what Lectern's Trainer does: the loss of a model
on random tokens, its gradient, clipping at 1, AdamW. Prints one line of JSON with the median milliseconds of each
case and the most memory that the process had resident.
"""

import argparse
import json
import math
import re
import statistics
import subprocess
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

import clock
from clock import WORKLOADS, resident_peak_mb

# --- the models -----------------------------------------------------------------------------------


class SelfAttention(nn.Module):
    def __init__(self, width, heads, causal, fused):
        super().__init__()
        self.heads, self.causal, self.fused = heads, causal, fused
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x):
        batch, steps, width = x.shape
        packed = self.qkv(x).view(batch, steps, 3, self.heads, width // self.heads)
        queries, keys, values = packed.permute(2, 0, 3, 1, 4)
        mixed = attend(queries, keys, values, self.causal, self.fused)
        return self.out(mixed.transpose(1, 2).reshape(batch, steps, width))


def attend(queries, keys, values, causal, fused):
    """[batch, heads, time, size] -> the same."""
    if fused:
        return F.scaled_dot_product_attention(queries, keys, values, is_causal=causal)
    scores = queries @ keys.mT / math.sqrt(queries.shape[-1])
    if causal:
        steps = queries.shape[-2]
        future = torch.ones(steps, steps, dtype=torch.bool, device=queries.device).triu(1)
        scores = scores.masked_fill(future, -math.inf)
    return scores.softmax(-1) @ values


class Block(nn.Module):
    def __init__(self, width, heads, causal, fused):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads, causal, fused)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    """Language model with a tied head, or classifier of the mean position."""

    def __init__(self, size, fused=True):
        super().__init__()
        width, heads = size["width"], size["heads"]
        self.generates = size.get("task", "char") == "char"
        self.tokens = nn.Embedding(size["vocabulary"], width)
        self.positions = nn.Embedding(size["context"], width)
        self.blocks = nn.ModuleList(Block(width, heads, self.generates, fused) for _ in range(size["layers"]))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, size["vocabulary"] if self.generates else 2, bias=False)
        if self.generates:
            self.head.weight = self.tokens.weight
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, 0, 0.02)

    def hidden(self, tokens):
        x = self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1], device=tokens.device))
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def forward(self, tokens):
        x = self.hidden(tokens)
        return self.head(x if self.generates else x.mean(1))


class LSTMClassifier(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        return self.head(self.lstm(x)[1][0][0])


def le_net(side, classes):
    last = (side // 2 - 4) // 2
    return nn.Sequential(
        *[nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()],
        *[nn.Linear(16 * last * last, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes)],
    )


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride > 1 or inputs != outputs:
            point = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(point, nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


def res_net(channels, classes):
    before = [channels[0], *channels]
    blocks = [ResidualBlock(before[i], n, 1 if i == 0 else 2) for i, n in enumerate(channels)]
    first = [nn.Conv2d(1, channels[0], 3, padding=1, bias=False), nn.BatchNorm2d(channels[0]), nn.ReLU()]
    last = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels[-1], classes)]
    return nn.Sequential(*first, *blocks, *last)


def layer_model(size):
    if size["layer"] == "LSTM":
        return LSTMClassifier(size["width"], size["classes"])
    if size["layer"] == "LeNet":
        return le_net(size["side"], size["classes"])
    return res_net(size["channels"], size["classes"])


# --- timing ---------------------------------------------------------------------------------------


def timed(run, options, rule):
    """As clock.timed, where the device may still be at it when a function returns."""

    def settled():
        run()
        if options.device == "cuda":
            torch.cuda.synchronize()
        elif options.device == "mps":
            torch.mps.synchronize()

    return clock.timed(settled, rule, options.steps)


# --- the workloads --------------------------------------------------------------------------------


def transformer_workload(size, options):
    model = Transformer(size, fused=options.attention == "fused")
    rows, context, vocabulary = size["batch"], size["context"], size["vocabulary"]
    inputs = torch.randint(vocabulary, (rows, context))
    targets = torch.randint(vocabulary, (rows * context,)) if model.generates else torch.randint(2, (rows,))
    return model, inputs, targets


def layer_workload(size):
    rows = size["batch"]
    sequence = size["layer"] == "LSTM"
    shape = (rows, size["time"], size["width"]) if sequence else (rows, 1, size["side"], size["side"])
    return layer_model(size), torch.randn(shape), torch.randint(size["classes"], (rows,))


def training(name, size, options, rule="training"):
    parts = layer_workload(size) if "layer" in size else transformer_workload(size, options)
    model, inputs, targets = (part.to(options.device) for part in parts)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=options.optimizer == "fused")
    run = torch.compile(model) if options.compile else model

    def step():
        logits = run(inputs)
        loss = F.cross_entropy(logits.view(-1, logits.shape[-1]), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    begin = time.perf_counter()
    step()
    first = (time.perf_counter() - begin) * 1e3
    told = {"firstMs": first} if options.compile else {}
    return {"name": name, **timed(step, options, rule), **told}


def scaling(options):
    spec = WORKLOADS["scaling"]
    return [
        training(f"{axis} {x}", {**spec["base"], axis: x}, options, "kernels") for axis, xs in spec["axes"].items() for x in xs
    ]


def products(options):
    cases = []
    for case in WORKLOADS["products"]:
        m, n, k, layout = case["m"], case["n"], case["k"], case["layout"]
        a = torch.randn(k, m, device=options.device).T if layout == "tn" else torch.randn(m, k, device=options.device)
        b = torch.randn(n, k, device=options.device).T if layout == "nt" else torch.randn(k, n, device=options.device)
        cases.append({"name": f"{case['name']} {m}x{n}x{k}", **timed(lambda: a @ b, options, "kernels")})
    return cases


def attention(options):
    spec = WORKLOADS["attention"]
    cases = []
    for case in spec["cases"]:
        shape = (spec["batch"], spec["heads"], case["context"], spec["size"])
        qkv = [torch.randn(shape, device=options.device, requires_grad=True) for _ in range(3)]
        seed = torch.randn(shape, device=options.device)

        def run():
            y = attend(*qkv, spec["causal"], case["kind"] == "fused")
            torch.autograd.grad(y, qkv, seed)

        cases.append({"name": case["name"], **timed(run, options, "kernels")})
    return cases


@torch.no_grad()
def generation(options):
    """As nanoGPT samples: every new token from the whole window, without a cache."""
    spec = WORKLOADS["generation"]
    cases = []
    for case in spec["cases"]:
        size = spec["models"][case["model"]]
        model = Transformer(size, fused=options.attention == "fused").to(options.device).eval()
        start = torch.randint(size["vocabulary"], (case["streams"], case["prompt"]), device=options.device)

        def run():
            tokens = start
            for _ in range(case["tokens"]):
                logits = model.head(model.hidden(tokens[:, -size["context"] :])[:, -1]) / spec["temperature"]
                least = logits.topk(min(spec["topK"], logits.shape[-1])).values[:, -1:]
                logits[logits < least] = -math.inf
                drawn = torch.multinomial(logits.softmax(-1), 1)
                tokens = torch.cat([tokens, drawn], 1)

        cases.append({"name": case["name"], **timed(run, options, "generation")})
    return cases


FIRST_PRODUCT = """
import time
start = time.perf_counter()
import torch
(torch.randn(64, 64) @ torch.randn(64, 64)).numpy()
print((time.perf_counter() - start) * 1e3)
"""


def startup(options):
    times = []
    for _ in range((options.steps or 5) + 1):
        times.append(float(subprocess.check_output([sys.executable, "-c", FIRST_PRODUCT])))
    times.pop(0)
    return [{"name": "import and first product", "ms": statistics.median(times), "minMs": min(times)}]


STEPS = {**WORKLOADS["training"], **WORKLOADS["layers"]}
OTHERS = {
    "matmul": products,
    "attention": attention,
    "generate": generation,
    "startup": startup,
    "scaling": scaling,
}


def blas():
    """What PyTorch multiplies matrices with on the processor."""
    found = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    return found.group(1) if found else "unknown"


def find_gpu():
    """PyTorch's word for the GPU, and the GPU's name."""
    if torch.cuda.is_available():
        return "cuda", torch.cuda.get_device_name()
    if torch.backends.mps.is_available():
        return "mps", "Apple GPU"
    sys.exit("this PyTorch finds no GPU")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("workload", choices=[*STEPS, *OTHERS])
    parser.add_argument("--threads", type=int, default=0, help="as many as PyTorch takes, unless given")
    parser.add_argument("--attention", choices=["fused", "naive"], default="fused")
    parser.add_argument("--optimizer", choices=["fused", "plain"], default="fused", help="plain: one by one")
    parser.add_argument("--compile", action="store_true", help="by torch.compile; the first step's time is told apart")
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--steps", type=int, default=0, help="timed runs of a case; enough for a steady median")
    options = parser.parse_args()
    if options.device == "gpu":
        options.device, device = find_gpu()
    else:
        device = "cpu"
    # Lectern computes in float32 throughout, so a GPU may not shorten the numbers that it multiplies.
    torch.set_float32_matmul_precision("highest")
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    baseline = resident_peak_mb()
    name = options.workload
    if name in STEPS:
        cases = [training("step", STEPS[name], options)]
    else:
        cases = OTHERS[name](options)
    memory = {"baselineMB": baseline, "peakMB": resident_peak_mb()}
    kinds = {"attention": options.attention, "optimizer": options.optimizer, "blas": blas()}
    if options.compile:
        kinds["compiled"] = f"in {cases[0].pop('firstMs') / 1e3:.1f} s, with its first step"
    settings = {"device": device, "threads": torch.get_num_threads(), **kinds}
    print(json.dumps({"version": torch.__version__, "cases": cases, "memory": memory, "settings": settings}))


if __name__ == "__main__":
    main()
