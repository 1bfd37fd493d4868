"""Generates with a model of GPT-2's size in transformers or ONNX Runtime, for `lectern bench gpt2 --vs transformers,onnxruntime`;
it also runs by itself:

    pip install torch transformers onnx onnxruntime
    python3 gpt2_bench.py --folder gpt2-random --runtime transformers|onnxruntime [--threads 2] [--steps 3]

The folder holds the weights, in transformers' layout, that Lectern is measured with; random ones are written to it where there
are none. Greedy choice, one text, with a cache, as workloads.json says. Prints one line of JSON with the median milliseconds.
"""

import argparse
import json
import pathlib
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

from clock import WORKLOADS, resident_peak_mb, timed

SIZE = WORKLOADS["gpt2"]


def weights(folder):
    """The folder's model, made where it is not there."""
    from transformers import GPT2Config, GPT2LMHeadModel

    if not (folder / "config.json").exists():
        sizes = {"vocab_size": SIZE["vocabulary"], "n_positions": SIZE["context"], "n_embd": SIZE["width"]}
        model = GPT2LMHeadModel(GPT2Config(**sizes, n_layer=SIZE["layers"], n_head=SIZE["heads"]))
        model.save_pretrained(folder)
    return GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()


def prompt():
    return [[i * 7919 % SIZE["vocabulary"] for i in range(SIZE["prompt"])]]


class Step(nn.Module):
    """GPT-2 from new tokens and what the cache holds to the next token's logits and the cache with the new ones."""

    def __init__(self, model):
        super().__init__()
        self.body, self.heads = model.transformer, SIZE["heads"]

    def forward(self, tokens, past):
        # past: [layers, 2, 1, heads, before, size]
        before, count = past.shape[4], tokens.shape[1]
        positions = torch.arange(before, before + count)
        x = self.body.wte(tokens) + self.body.wpe(positions)
        seen = torch.arange(before + count)[None, :] <= positions[:, None]
        presents = []
        for i, block in enumerate(self.body.h):
            q, k, v = block.attn.c_attn(block.ln_1(x)).split(SIZE["width"], dim=2)
            q, k, v = [t.view(1, count, self.heads, -1).transpose(1, 2) for t in (q, k, v)]
            k, v = torch.cat([past[i, 0], k], 2), torch.cat([past[i, 1], v], 2)
            presents.append(torch.stack([k, v]))
            scores = (q @ k.transpose(2, 3)) / (q.shape[-1] ** 0.5)
            mixed = scores.masked_fill(~seen, float("-inf")).softmax(-1) @ v
            x = x + block.attn.c_proj(mixed.transpose(1, 2).reshape(1, count, SIZE["width"]))
            x = x + block.mlp.c_proj(F.gelu(block.mlp.c_fc(block.ln_2(x)), approximate="tanh"))
        return F.linear(self.body.ln_f(x[:, -1]), self.body.wte.weight), torch.stack(presents)


def empty_cache():
    return torch.zeros(SIZE["layers"], 2, 1, SIZE["heads"], 0, SIZE["width"] // SIZE["heads"])


def in_transformers(folder, options):
    start = time.perf_counter()
    model = weights(folder)
    loaded = (time.perf_counter() - start) * 1e3
    tokens = torch.tensor(prompt())
    model.generation_config.eos_token_id = None
    lengths = {"max_new_tokens": SIZE["tokens"], "min_new_tokens": SIZE["tokens"]}
    mask = torch.ones_like(tokens)

    def run():
        with torch.no_grad():
            return model.generate(tokens, attention_mask=mask, do_sample=False, pad_token_id=0, **lengths)

    return loaded, run


def in_onnxruntime(folder, options):
    import onnxruntime

    file = folder / "step.onnx"
    if not file.exists():
        example = (torch.tensor(prompt()), empty_cache())
        axes = {"tokens": {1: "count"}, "past": {4: "before"}, "present": {4: "after"}}
        names = {"input_names": ["tokens", "past"], "output_names": ["logits", "present"]}
        torch.onnx.export(Step(weights(folder)).eval(), example, file, dynamic_axes=axes, dynamo=False, **names)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    start = time.perf_counter()
    session = onnxruntime.InferenceSession(file, settings, providers=["CPUExecutionProvider"])
    loaded = (time.perf_counter() - start) * 1e3

    def run():
        tokens, past, text = numpy.array(prompt()), empty_cache().numpy(), []
        for _ in range(SIZE["tokens"]):
            logits, past = session.run(None, {"tokens": tokens, "past": past})
            tokens = logits.argmax(-1, keepdims=True)
            text.append(int(tokens[0, 0]))
        return text

    return loaded, run


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--runtime", choices=["transformers", "onnxruntime"], required=True)
    parser.add_argument("--threads", type=int, default=0, help="as many as the runtime takes, unless given")
    parser.add_argument("--steps", type=int, default=0, help="timed runs; enough for a steady median unless given")
    parser.add_argument("--tokens", action="store_true", help="print the tokens instead")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    baseline = resident_peak_mb()
    loaded, run = (in_transformers if options.runtime == "transformers" else in_onnxruntime)(options.folder, options)
    if options.tokens:
        return print(json.dumps(torch.as_tensor(run()).flatten().tolist()))
    cases = [{"name": "load", "ms": loaded, "minMs": loaded}]
    cases.append({"name": f"{SIZE['tokens']} tokens", **timed(run, "generation", options.steps)})
    memory = {"baselineMB": baseline, "peakMB": resident_peak_mb()}
    version = __import__(options.runtime).__version__
    settings = {"device": "cpu", "threads": options.threads or torch.get_num_threads()}
    print(json.dumps({"version": version, "cases": cases, "memory": memory, "settings": settings}))


if __name__ == "__main__":
    sys.exit(main())
