"""A recurrent network that writes in PyTorch, each character drawn from its softmax. One JSON line in, one out."""
import json
import pathlib
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "test" / "torch"))
from models import build

torch.set_num_threads(2)
LENGTH = 50


@torch.inference_mode()
def write(model, texts):
    ids, state = torch.zeros(texts, 1, dtype=torch.long), None
    for _ in range(LENGTH):
        output, state = model.rnn(model.embedding(ids), state)
        ids = torch.multinomial(torch.softmax(model.head(output[:, -1]), dim=-1), 1)


def main():
    for line in sys.stdin:
        ask = json.loads(line)
        answer = {}
        if ask["op"] == "setup":
            torch.manual_seed(0)
            model, texts = build(ask).eval(), ask["texts"]
        else:
            begun, n = time.perf_counter(), 0
            while time.perf_counter() - begun < ask["seconds"]:
                write(model, texts)
                n += LENGTH * texts
            answer = {"rate": n / (time.perf_counter() - begun)}
        print(json.dumps(answer), flush=True)


main()
