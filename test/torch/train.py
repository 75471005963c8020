"""Trains a PyTorch twin of a Punchline model on given weights and batches, and reports its losses and times.

Usage: train.py FOLDER. The folder holds job.json, weights.bin (float32, parameters one after another) and
batches.bin (int32, [steps, batch, length + 1]). Prints one JSON document.
"""
import json
import sys
import time

import numpy
import torch

from memory import peak_megabytes
from models import build

folder = sys.argv[1]
with open(f"{folder}/job.json") as file:
    job = json.load(file)
torch.set_num_threads(job["threads"])
torch.manual_seed(0)

model = build(job)
weights = numpy.fromfile(f"{folder}/weights.bin", dtype="<f4")
batches = numpy.fromfile(f"{folder}/batches.bin", dtype="<i4").reshape(job["steps"], job["batch"], -1)

named = dict(model.named_parameters())
missing = {p["name"] for p in job["parameters"]} ^ set(named)
if missing:
    sys.exit(f"parameters that only one side has: {sorted(missing)}")
groups = {True: [], False: []}
at = 0
with torch.no_grad():
    for spec in job["parameters"]:
        parameter = named[spec["name"]]
        if list(parameter.shape) != spec["shape"]:
            sys.exit(f"{spec['name']} is {list(parameter.shape)} here and {spec['shape']} there")
        count = parameter.numel()
        parameter.copy_(torch.from_numpy(weights[at : at + count].copy()).view(parameter.shape))
        at += count
        groups[spec["decay"]].append(parameter)

o = job["optimizer"]
optimizer = torch.optim.AdamW(
    [{"params": groups[True], "weight_decay": o["weightDecay"]}, {"params": groups[False], "weight_decay": 0.0}],
    lr=o["lr"],
    betas=(o["beta1"], o["beta2"]),
    eps=o["epsilon"],
)

losses, seconds, state = [], [], None
for step in range(job["steps"]):
    ids = torch.from_numpy(batches[step].astype("int64"))
    begin = time.perf_counter()
    optimizer.zero_grad()
    loss, state, *reported = model.objective(ids[:, :-1], ids[:, 1:], state, step / job["steps"])
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), o["clip"])
    optimizer.step()
    losses.append((reported or [loss])[0].item())
    seconds.append(time.perf_counter() - begin)
    state = state and tuple(s.detach() for s in state)

peak = peak_megabytes()
print(json.dumps({"version": torch.__version__, "losses": losses, "seconds": seconds, "peakMB": peak}))
