"""GPT-2, BERT and DistilBERT in plain PyTorch, straight from their papers and file formats: the judge of parity.

Each is a function of its tensors by name; models.py trains them.

Usage: forward.py FOLDER REQUEST.json OUT.bin. The request has `ids`, and may have `mask` and `types`, each
[batch][length]. OUT gets, as float32: the stream before the first layer and after each, then the logits.
"""
import json
import math
import os
import struct
import sys

import numpy
import torch
import torch.nn.functional as F


DTYPES = {"F32": "<f4", "F16": "<f2"}


def read_safetensors(path):
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = numpy.frombuffer(data[begin:end], dtype=DTYPES[entry["dtype"]]).astype("<f4")
        tensors[name] = torch.from_numpy(flat).reshape(entry["shape"])
    return tensors


def gelu_tanh(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


ACTIVATIONS = {"gelu": F.gelu, "gelu_new": gelu_tanh, "relu": F.relu}


def attention(q, k, v, heads, visible):
    batch, length, width = q.shape
    q, k, v = (x.view(batch, length, heads, width // heads).transpose(1, 2) for x in (q, k, v))
    scores = q @ k.transpose(2, 3) / math.sqrt(width // heads)
    weights = torch.softmax(scores.masked_fill(~visible, -1e30), dim=-1)
    return (weights @ v).transpose(1, 2).reshape(batch, length, width)


def gpt2(config, tensors, ids, mask, types):
    t = {name.replace("transformer.", ""): value for name, value in tensors.items()}
    width, epsilon = config["n_embd"], config["layer_norm_epsilon"]
    activation = ACTIVATIONS[config["activation_function"]]
    norm = lambda x, name: F.layer_norm(x, (width,), t[name + ".weight"], t[name + ".bias"], epsilon)
    conv = lambda x, name: x @ t[name + ".weight"] + t[name + ".bias"]
    length = ids.shape[1]
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    x = t["wte.weight"][ids] + t["wpe.weight"][positions]
    visible = torch.tril(torch.ones(length, length, dtype=torch.bool)) & (mask != 0)[:, None, None, :]
    visible = visible | torch.eye(length, dtype=torch.bool)
    streams = [x]
    for k in range(config["n_layer"]):
        h = f"h.{k}."
        q, key, v = conv(norm(x, h + "ln_1"), h + "attn.c_attn").split(width, dim=2)
        x = x + conv(attention(q, key, v, config["n_head"], visible), h + "attn.c_proj")
        x = x + conv(activation(conv(norm(x, h + "ln_2"), h + "mlp.c_fc")), h + "mlp.c_proj")
        streams.append(x)
    return streams, norm(x, "ln_f") @ t.get("lm_head.weight", t["wte.weight"]).T


def encoder(t, x, mask, layers, heads, activation, epsilon, names):
    linear = lambda x, name: F.linear(x, t[name + ".weight"], t[name + ".bias"])
    norm = lambda x, name: F.layer_norm(x, x.shape[-1:], t[name + ".weight"], t[name + ".bias"], epsilon)
    visible = (mask != 0)[:, None, None, :]
    streams = [x]
    for k in range(layers):
        at = lambda part: names["layer"].format(k) + names[part]
        heads_in = [linear(x, at(part)) for part in ("query", "key", "value")]
        x = norm(x + linear(attention(*heads_in, heads, visible), at("out")), at("norm1"))
        x = norm(x + linear(activation(linear(x, at("inner"))), at("outer")), at("norm2"))
        streams.append(x)
    return streams


def bert(config, t, ids, mask, types):
    epsilon = config["layer_norm_eps"]
    activation = ACTIVATIONS[config["hidden_act"]]
    norm = lambda x, name: F.layer_norm(x, x.shape[-1:], t[name + ".weight"], t[name + ".bias"], epsilon)
    e = "bert.embeddings."
    x = t[e + "word_embeddings.weight"][ids] + t[e + "token_type_embeddings.weight"][types]
    x = norm(x + t[e + "position_embeddings.weight"][: ids.shape[1]], e + "LayerNorm")
    names = {
        "layer": "bert.encoder.layer.{}.",
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "out": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "inner": "intermediate.dense",
        "outer": "output.dense",
        "norm2": "output.LayerNorm",
    }
    layers, heads = config["num_hidden_layers"], config["num_attention_heads"]
    streams = encoder(t, x, mask, layers, heads, activation, epsilon, names)
    c = "cls.predictions."
    x = F.linear(streams[-1], t[c + "transform.dense.weight"], t[c + "transform.dense.bias"])
    x = norm(activation(x), c + "transform.LayerNorm")
    return streams, F.linear(x, t[e + "word_embeddings.weight"], t[c + "bias"])


def distilbert(config, t, ids, mask, types):
    activation = ACTIVATIONS[config["activation"]]
    norm = lambda x, name: F.layer_norm(x, x.shape[-1:], t[name + ".weight"], t[name + ".bias"], 1e-12)
    e = "distilbert.embeddings."
    x = t[e + "word_embeddings.weight"][ids] + t[e + "position_embeddings.weight"][: ids.shape[1]]
    names = {
        "layer": "distilbert.transformer.layer.{}.",
        "query": "attention.q_lin",
        "key": "attention.k_lin",
        "value": "attention.v_lin",
        "out": "attention.out_lin",
        "norm1": "sa_layer_norm",
        "inner": "ffn.lin1",
        "outer": "ffn.lin2",
        "norm2": "output_layer_norm",
    }
    x = norm(x, e + "LayerNorm")
    streams = encoder(t, x, mask, config["n_layers"], config["n_heads"], activation, 1e-12, names)
    x = norm(activation(F.linear(streams[-1], t["vocab_transform.weight"], t["vocab_transform.bias"])), "vocab_layer_norm")
    return streams, F.linear(x, t[e + "word_embeddings.weight"], t["vocab_projector.bias"])


MODELS = {"gpt2": gpt2, "bert": bert, "distilbert": distilbert}


def main():
    folder, request, out = sys.argv[1:4]
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    with open(request) as file:
        asked = json.load(file)
    ids = torch.tensor(asked["ids"])
    mask = torch.tensor(asked["mask"]) if "mask" in asked else torch.ones_like(ids)
    types = torch.tensor(asked["types"]) if "types" in asked else torch.zeros_like(ids)
    with torch.no_grad():
        streams, logits = MODELS[config["model_type"]](config, read_safetensors(os.path.join(folder, "model.safetensors")), ids, mask, types)
    with open(out, "wb") as file:
        for tensor in [*streams, logits]:
            file.write(tensor.float().contiguous().numpy().tobytes())


if __name__ == "__main__":
    main()
