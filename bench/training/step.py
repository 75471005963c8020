"""A training step in PyTorch: forward, backward, clip, AdamW. One JSON line in, one out."""
import json
import pathlib
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "test" / "torch"))
from memory import peak_megabytes
from models import build

torch.set_num_threads(2)


def gigaflops():
    """What a plain product reaches: a PyTorch without a fast BLAS is no peer."""
    a, b = torch.randn(512, 512), torch.randn(512, 512)
    a @ b
    begun = time.perf_counter()
    for _ in range(5):
        a @ b
    return 5 * 2 * 512**3 / (time.perf_counter() - begun) / 1e9


def main():
    for line in sys.stdin:
        ask = json.loads(line)
        if ask["op"] == "setup":
            torch.manual_seed(0)
            device = torch.device(ask.get("device", "cpu"))
            if device.type == "cuda" and not torch.cuda.is_available():
                print(json.dumps({"absent": "this PyTorch has no CUDA, or finds no card"}), flush=True)
                continue
            model = build(ask).to(device)
            optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
            vocabulary, shape, state = ask["config"]["vocab_size"], (ask["batch"], ask["length"]), None
            answer = {"gigaflops": gigaflops()}
        elif ask["op"] == "train":
            begun, n = time.perf_counter(), 0
            while time.perf_counter() - begun < ask["seconds"] or n == 0:
                x = torch.randint(0, vocabulary, shape, device=device)
                y = torch.randint(0, vocabulary, shape, device=device)
                optimizer.zero_grad()
                loss, state, *_ = model.objective(x, y, state, 0.5)
                state = state and tuple(s.detach() for s in state)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                n += 1
                if device.type == "cuda":
                    torch.cuda.synchronize()
            answer = {"rate": n * shape[0] * shape[1] / (time.perf_counter() - begun)}
        else:
            answer = {"megabytes": peak_megabytes()}
        print(json.dumps(answer), flush=True)


main()
