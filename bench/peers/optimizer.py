"""AdamW over one flat tensor in PyTorch. One JSON line in, one out."""
import json, sys, time
import torch

torch.set_num_threads(2)
for line in sys.stdin:
    ask = json.loads(line)
    if ask["op"] == "setup":
        parameter = torch.nn.Parameter(torch.full((ask["n"],), 0.5))
        parameter.grad = torch.full((ask["n"],), 0.01)
        optimizer = torch.optim.AdamW([parameter], lr=1e-4, weight_decay=0.01)
        answer = {}
    else:
        begun = time.perf_counter()
        optimizer.step()
        answer = {"ms": (time.perf_counter() - begun) * 1000}
    print(json.dumps(answer), flush=True)
