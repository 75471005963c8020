"""Fine-tunes a folder's model in plain PyTorch (forward.py) on given batches: the judge of fine-tuning's losses.

Usage: finetune.py FOLDER JOB.json. The job has `batches`, each with `ids`, `mask`, `targets` and `weights`, all
[rows][length], one text a row; `decayed`, the names of the parameters that decay; and `optimizer`. With `lora` only
the adapter in its `folder` is trained, and W + `scale` · B · A takes the place of each matrix that it adapts. Prints the
loss of each step, in nats per target, as JSON.
"""
import json
import os
import sys

import torch
import torch.nn.functional as F

from forward import MODELS, read_safetensors

folder, path = sys.argv[1:3]
with open(os.path.join(folder, "config.json")) as file:
    config = json.load(file)
with open(path) as file:
    job = json.load(file)
torch.set_num_threads(1)

model = MODELS[config["model_type"]]
tensors = read_safetensors(os.path.join(folder, "model.safetensors"))
lora = job.get("lora")
trained = tensors
if lora:
    stored = read_safetensors(os.path.join(lora["folder"], "adapter_model.safetensors"))
    trained = {name.replace("base_model.model.", "", 1): tensor for name, tensor in stored.items()}
for tensor in trained.values():
    tensor.requires_grad_(True)


def adapted():
    """The model's tensors, with the adapter added."""
    changed = dict(tensors)
    for name, a in trained.items() if lora else ():
        if name.endswith(".lora_A.weight"):
            weight = name.replace(".lora_A.weight", ".weight")
            b = trained[name.replace("lora_A", "lora_B")]
            changed[weight] = tensors[weight] + lora["scale"] * b @ a
    return changed


o = job["optimizer"]
optimizer = torch.optim.AdamW(
    [
        {"params": [trained[name] for name in job["decayed"]], "weight_decay": o["weightDecay"]},
        {"params": [t for name, t in trained.items() if name not in job["decayed"]], "weight_decay": 0.0},
    ],
    lr=o["lr"],
    betas=(0.9, 0.999),
    eps=1e-8,
)

losses = []
for batch in job["batches"]:
    ids, mask, targets = (torch.tensor(batch[name]) for name in ("ids", "mask", "targets"))
    weights = torch.tensor(batch["weights"], dtype=torch.float32).view(-1)
    optimizer.zero_grad()
    _, logits = model(config, adapted(), ids, mask, torch.zeros_like(ids))
    each = F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1), reduction="none")
    loss = (each * weights).sum() / weights.sum()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained.values(), o["clip"])
    optimizer.step()
    losses.append(loss.item())
print(json.dumps(losses))
