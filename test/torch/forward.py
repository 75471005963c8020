"""Transformers in plain PyTorch, straight from their papers and file formats: the judge of parity.

Each is a function of its tensors by name; models.py trains them.

Usage: forward.py FOLDER REQUEST.json OUT.bin. The request has `ids`, and may have `mask` and `types`, each
[batch][length], and `adapter`, the folder of a LoRA adapter in PEFT's layout. OUT gets, as float32: the stream before the first layer and after each, then the logits.
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


def numbers(data, dtype):
    if dtype == "BF16":
        return (numpy.frombuffer(data, dtype="<u2").astype("<u4") << 16).view("<f4")
    return numpy.frombuffer(data, dtype=DTYPES[dtype]).astype("<f4")


def read_safetensors(path):
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = torch.from_numpy(numbers(data[begin:end], entry["dtype"])).reshape(entry["shape"])
    return tensors


def read_weights(folder):
    """All tensors of a folder, in one file or in several."""
    whole = os.path.join(folder, "model.safetensors")
    if os.path.exists(whole):
        return read_safetensors(whole)
    with open(os.path.join(folder, "model.safetensors.index.json")) as file:
        shards = set(json.load(file)["weight_map"].values())
    return {name: t for shard in sorted(shards) for name, t in read_safetensors(os.path.join(folder, shard)).items()}


def gelu_tanh(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


ACTIVATIONS = {"gelu": F.gelu, "gelu_new": gelu_tanh, "gelu_fast": gelu_tanh, "relu": F.relu}


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


def roberta(config, t, ids, mask, types):
    """Positions are counted over the real tokens, from the row behind the padding's."""
    epsilon, pad = config["layer_norm_eps"], config["pad_token_id"]
    activation = ACTIVATIONS[config["hidden_act"]]
    norm = lambda x, name: F.layer_norm(x, x.shape[-1:], t[name + ".weight"], t[name + ".bias"], epsilon)
    e = "roberta.embeddings."
    positions = mask.cumsum(1) * mask + pad
    x = t[e + "word_embeddings.weight"][ids] + t[e + "token_type_embeddings.weight"][torch.zeros_like(ids)]
    x = norm(x + t[e + "position_embeddings.weight"][positions], e + "LayerNorm")
    names = {
        "layer": "roberta.encoder.layer.{}.",
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
    x = norm(activation(F.linear(streams[-1], t["lm_head.dense.weight"], t["lm_head.dense.bias"])), "lm_head.layer_norm")
    head = t["lm_head.decoder.weight"] if config.get("tie_word_embeddings") is False else t[e + "word_embeddings.weight"]
    return streams, F.linear(x, head, t["lm_head.bias"])


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


def turned(x, positions, frequencies):
    """Su et al. 2021 by complex numbers: the first numbers of a head turn, halves paired. x [b, h, t, d], positions [b, t]."""
    half = len(frequencies)
    angles = (positions[:, None, :, None] * frequencies).to(torch.float64)
    turn = torch.polar(torch.ones_like(angles), angles).to(torch.complex64)
    first, second, rest = x[..., :half], x[..., half : 2 * half], x[..., 2 * half :]
    both = torch.complex(first, second) * turn
    return torch.cat([both.real, both.imag, rest], dim=-1)


def frequencies_of(config, size):
    scaling = config.get("rope_parameters") or config.get("rope_scaling") or {}
    base = scaling.get("rope_theta", config.get("rope_theta", config.get("rotary_emb_base", 10_000)))
    steps = [1 / base ** (2 * i / size) for i in range(size // 2)]
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    if kind == "linear":
        steps = [step / scaling["factor"] for step in steps]
    if kind == "llama3":
        steps = [llama3(step, scaling) for step in steps]
    return torch.tensor(steps, dtype=torch.float64)


def llama3(step, scaling):
    """Llama 3.1: long waves are stretched, short ones are not, those between in part."""
    context = scaling["original_max_position_embeddings"]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    wave = 2 * math.pi / step
    if wave < context / high:
        return step
    if wave > context / low:
        return step / scaling["factor"]
    smooth = (context / wave - low) / (high - low)
    return (1 - smooth) * step / scaling["factor"] + smooth * step


def causal(mask):
    length = mask.shape[1]
    visible = torch.tril(torch.ones(length, length, dtype=torch.bool)) & (mask != 0)[:, None, None, :]
    return visible | torch.eye(length, dtype=torch.bool)


def windows_of(config):
    """Tokens that each layer of a Qwen sees, None for all."""
    layers = config["num_hidden_layers"]
    if not config.get("use_sliding_window"):
        return [None] * layers
    kinds = config.get("layer_types") or [
        "sliding_attention" if k >= config["max_window_layers"] else "full_attention" for k in range(layers)
    ]
    return [config["sliding_window"] if kind == "sliding_attention" else None for kind in kinds]


def mixed(q, k, v, visible):
    """Attention of heads [b, h, t, d], joined again."""
    scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])
    out = torch.softmax(scores.masked_fill(~visible, -1e30), dim=-1) @ v
    return out.transpose(1, 2).reshape(q.shape[0], q.shape[2], -1)


def llama(config, tensors, ids, mask, types):
    """Llama, Qwen2 and Qwen3: biases and norms of heads are used where the folder has them."""
    t = {name.replace("model.", ""): value for name, value in tensors.items()}
    embedding = t["embed_tokens.weight"] if "embed_tokens.weight" in t else t["lm_head.weight"]
    heads = config["num_attention_heads"]
    kv = config.get("num_key_value_heads") or heads
    size = config.get("head_dim") or config["hidden_size"] // heads
    windows = windows_of(config)
    frequencies = frequencies_of(config, size)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    visible = causal(mask)
    linear = lambda x, name: F.linear(x, t[name + ".weight"], t.get(name + ".bias"))

    def norm(x, name):
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + config["rms_norm_eps"]) * t[name + ".weight"]

    x = embedding[ids]
    streams = [x]
    for k in range(config["num_hidden_layers"]):
        at = f"layers.{k}."
        y = norm(x, at + "input_layernorm")
        parts = []
        for part, count in (("q", heads), ("k", kv), ("v", kv)):
            z = linear(y, f"{at}self_attn.{part}_proj").view(*y.shape[:2], count, size)
            if f"{at}self_attn.{part}_norm.weight" in t:
                z = norm(z, f"{at}self_attn.{part}_norm")
            z = z.transpose(1, 2)
            parts.append(z if part == "v" else turned(z, positions, frequencies))
        q, key, value = parts
        key, value = (z.repeat_interleave(heads // kv, dim=1) for z in (key, value))
        seen = visible if windows[k] is None else visible.triu(1 - windows[k])
        x = x + linear(mixed(q, key, value, seen), at + "self_attn.o_proj")
        y = norm(x, at + "post_attention_layernorm")
        x = x + linear(F.silu(linear(y, at + "mlp.gate_proj")) * linear(y, at + "mlp.up_proj"), at + "mlp.down_proj")
        streams.append(x)
    head = embedding if config.get("tie_word_embeddings") else t["lm_head.weight"]
    return streams, norm(x, "norm") @ head.T


def gpt_neox(config, tensors, ids, mask, types):
    t = {name.replace("gpt_neox.", ""): value for name, value in tensors.items()}
    width, heads = config["hidden_size"], config["num_attention_heads"]
    size = width // heads
    share = config["rotary_pct"] if "rotary_pct" in config else config["rope_parameters"]["partial_rotary_factor"]
    frequencies = frequencies_of(config, int(size * share))
    activation = ACTIVATIONS[config["hidden_act"]]
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    visible = causal(mask)
    linear = lambda x, name: F.linear(x, t[name + ".weight"], t.get(name + ".bias"))
    norm = lambda x, name: F.layer_norm(x, (width,), t[name + ".weight"], t[name + ".bias"], config["layer_norm_eps"])
    x = t["embed_in.weight"][ids]
    streams = [x]
    for k in range(config["num_hidden_layers"]):
        at = f"layers.{k}."
        qkv = linear(norm(x, at + "input_layernorm"), at + "attention.query_key_value")
        q, key, value = qkv.view(*x.shape[:2], heads, 3 * size).transpose(1, 2).split(size, dim=-1)
        q, key = turned(q, positions, frequencies), turned(key, positions, frequencies)
        attended = linear(mixed(q, key, value, visible), at + "attention.dense")
        before = x if config["use_parallel_residual"] else x + attended
        y = activation(linear(norm(before, at + "post_attention_layernorm"), at + "mlp.dense_h_to_4h"))
        x = x + attended + linear(y, at + "mlp.dense_4h_to_h")
        streams.append(x)
    head = t["embed_in.weight"] if config.get("tie_word_embeddings") else t["embed_out.weight"]
    return streams, norm(x, "final_layer_norm") @ head.T


def openai_gpt(config, tensors, ids, mask, types):
    """Radford et al. 2018: norms behind each half."""
    t = {name.replace("transformer.", ""): value for name, value in tensors.items()}
    width, epsilon = config["n_embd"], config["layer_norm_epsilon"]
    activation = {"gelu": gelu_tanh, "relu": F.relu, "silu": F.silu, "swish": F.silu}[config["afn"]]
    norm = lambda x, name: F.layer_norm(x, (width,), t[name + ".weight"], t[name + ".bias"], epsilon)
    conv = lambda x, name: x @ t[name + ".weight"] + t[name + ".bias"]
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    x = t["tokens_embed.weight"][ids] + t["positions_embed.weight"][positions]
    visible = causal(mask)
    streams = [x]
    for k in range(config["n_layer"]):
        h = f"h.{k}."
        q, key, v = conv(x, h + "attn.c_attn").split(width, dim=2)
        x = norm(x + conv(attention(q, key, v, config["n_head"], visible), h + "attn.c_proj"), h + "ln_1")
        x = norm(x + conv(activation(conv(x, h + "mlp.c_fc")), h + "mlp.c_proj"), h + "ln_2")
        streams.append(x)
    return streams, x @ t.get("lm_head.weight", t["tokens_embed.weight"]).T


def modernbert(config, tensors, ids, mask, types):
    """Warner et al. 2024: local layers see half of `local_attention` to each side."""
    t = {name.replace("model.", ""): value for name, value in tensors.items()}
    width, heads, layers = config["hidden_size"], config["num_attention_heads"], config["num_hidden_layers"]
    size, length = width // heads, ids.shape[1]
    activation = ACTIVATIONS[config["hidden_activation"]]
    linear = lambda x, name: F.linear(x, t[name + ".weight"], t.get(name + ".bias"))
    norm = lambda x, name: F.layer_norm(x, (width,), t[name + ".weight"], t.get(name + ".bias"), config["norm_eps"])
    every = config.get("global_attn_every_n_layers")
    kinds = config.get("layer_types") or ["full_attention" if k % every == 0 else "sliding_attention" for k in range(layers)]
    tables = config.get("rope_parameters")
    bases = (
        {kind: table["rope_theta"] for kind, table in tables.items()}
        if tables
        else {"full_attention": config["global_rope_theta"], "sliding_attention": config["local_rope_theta"] or config["global_rope_theta"]}
    )
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    real = (mask != 0)[:, None, None, :]
    place = torch.arange(length)
    near = (place[:, None] - place[None, :]).abs() <= config["local_attention"] // 2
    x = norm(t["embeddings.tok_embeddings.weight"][ids], "embeddings.norm")
    streams = [x]
    for k, kind in enumerate(kinds):
        at = f"layers.{k}."
        y = norm(x, at + "attn_norm") if at + "attn_norm.weight" in t else x
        q, key, value = linear(y, at + "attn.Wqkv").view(*x.shape[:2], 3, heads, size).permute(2, 0, 3, 1, 4)
        steps = frequencies_of({"rope_theta": bases[kind]}, size)
        q, key = turned(q, positions, steps), turned(key, positions, steps)
        visible = real if kind == "full_attention" else real & near
        visible = visible | torch.eye(length, dtype=torch.bool)
        x = x + linear(mixed(q, key, value, visible), at + "attn.Wo")
        signal, gate = linear(norm(x, at + "mlp_norm"), at + "mlp.Wi").chunk(2, dim=-1)
        x = x + linear(activation(signal) * gate, at + "mlp.Wo")
        streams.append(x)
    y = norm(ACTIVATIONS[config["classifier_activation"]](linear(norm(x, "final_norm"), "head.dense")), "head.norm")
    matrix = t["decoder.weight"] if config.get("tie_word_embeddings") is False else t["embeddings.tok_embeddings.weight"]
    return streams, F.linear(y, matrix, t.get("decoder.bias"))


MODELS = {
    "openai-gpt": openai_gpt,
    "roberta": roberta,
    "modernbert": modernbert,
    "gpt2": gpt2,
    "bert": bert,
    "distilbert": distilbert,
    "llama": llama,
    "qwen2": llama,
    "qwen3": llama,
    "gpt_neox": gpt_neox,
}


def adapted(weights, folder):
    """Hu et al. 2021: W + scale · B · A. Kalajdzievski 2023 (rsLoRA) divides alpha by the root of the rank."""
    with open(os.path.join(folder, "adapter_config.json")) as file:
        config = json.load(file)
    factors = read_safetensors(os.path.join(folder, "adapter_model.safetensors"))
    rank = config["r"]
    scale = config["lora_alpha"] / (math.sqrt(rank) if config["use_rslora"] else rank)
    changed = dict(weights)
    for name, a in factors.items():
        if ".lora_A." not in name:
            continue
        change = scale * factors[name.replace(".lora_A.", ".lora_B.")].double() @ a.double()
        matrix = name.removeprefix("base_model.model.").replace(".lora_A", "")
        changed[matrix] = (weights[matrix].double() + (change.T if config["fan_in_fan_out"] else change)).float()
    return changed


def main():
    folder, request, out = sys.argv[1:4]
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    with open(request) as file:
        asked = json.load(file)
    ids = torch.tensor(asked["ids"])
    mask = torch.tensor(asked["mask"]) if "mask" in asked else torch.ones_like(ids)
    types = torch.tensor(asked["types"]) if "types" in asked else torch.zeros_like(ids)
    weights = read_weights(folder)
    if "adapter" in asked:
        weights = adapted(weights, asked["adapter"])
    with torch.no_grad():
        streams, logits = MODELS[config["model_type"]](config, weights, ids, mask, types)
    with open(out, "wb") as file:
        for tensor in [*streams, logits]:
            file.write(tensor.float().contiguous().numpy().tobytes())


if __name__ == "__main__":
    main()
