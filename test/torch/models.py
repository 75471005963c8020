"""PyTorch twins of Punchline's architectures, with the same parameter names and layouts, and without dropout.

Each has `objective(ids, targets, state, progress)`: the mean loss in nats a target, the state to carry, and the
loss to report where it is another.
"""
import math

import torch
from torch import nn
from torch.nn import functional

import forward


def cross_entropy(logits, targets):
    """Mean in nats over all targets."""
    return functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


class Recurrent(nn.Module):
    """char-rnn, char-gru, char-lstm, word-rnn, word-lstm: embedding, recurrent layers, head. The state is carried."""

    def __init__(self, config, cell):
        super().__init__()
        self.embedding = nn.Embedding(config["vocab_size"], config["embedding_size"])
        self.rnn = cell(config["embedding_size"], config["hidden_size"], config["num_layers"], batch_first=True)
        self.head = nn.Linear(config["hidden_size"], config["vocab_size"])
        if config.get("tie_word_embeddings"):
            self.head.weight = self.embedding.weight

    def objective(self, ids, targets, state, progress):
        single = not isinstance(self.rnn, nn.LSTM)
        output, state = self.rnn(self.embedding(ids), state[0] if state and single else state)
        return cross_entropy(self.head(output), targets), (state,) if single else state


class BiLSTM(nn.Module):
    """char-bilstm: only the character after the window is predicted."""

    def __init__(self, config):
        super().__init__()
        hidden = config["hidden_size"]
        self.embedding = nn.Embedding(config["vocab_size"], config["embedding_size"])
        self.bilstm = nn.LSTM(config["embedding_size"], hidden, batch_first=True, bidirectional=True)
        self.rnn = nn.LSTM(2 * hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, config["vocab_size"])

    def objective(self, ids, targets, state, progress):
        both, _ = self.bilstm(self.embedding(ids))
        _, (last, _) = self.rnn(both)
        return cross_entropy(self.head(last[0]), targets[:, -1]), None


class GatedLayer(nn.Module):
    def __init__(self, width, kernel, dilation):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.conv = nn.Conv1d(width, 2 * width, kernel, dilation=dilation)
        self.out = nn.Linear(width, width)
        self.before = (kernel - 1) * dilation

    def forward(self, x):
        y = functional.pad(self.norm(x).transpose(1, 2), (self.before, 0))
        signal, gate = self.conv(y).transpose(1, 2).chunk(2, dim=2)
        return x + self.out(torch.tanh(signal) * torch.sigmoid(gate))


class Convolutional(nn.Module):
    """char-cnn."""

    def __init__(self, config):
        super().__init__()
        width, kernel = config["hidden_size"], config["kernel_size"]
        self.embedding = nn.Embedding(config["vocab_size"], width)
        self.layers = nn.ModuleList(GatedLayer(width, kernel, 2**k) for k in range(config["num_layers"]))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, config["vocab_size"])

    def objective(self, ids, targets, state, progress):
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x)
        return cross_entropy(self.head(self.norm(x)), targets), None


class Projection(nn.Module):
    """An affine map whose weight is [inputs, outputs], as in GPT-2."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        rows = torch.addmm(self.bias, x.reshape(-1, x.shape[-1]), self.weight)
        return rows.view(*x.shape[:-1], -1)


def gelu_tanh(x):
    """The form that GPT-2 has; this PyTorch's own takes it by keyword."""
    return functional.gelu(x, approximate="tanh")


def rotated(x):
    """Su et al. 2021 by complex numbers: the halves of a head are the real and imaginary parts. x [b, h, t, d]."""
    length, half = x.shape[2], x.shape[3] // 2
    frequencies = 10_000.0 ** (-torch.arange(half) / half)
    angles = torch.arange(length)[:, None] * frequencies
    turned = torch.complex(x[..., :half], x[..., half:]) * torch.polar(torch.ones_like(angles), angles)
    return torch.cat([turned.real, turned.imag], dim=-1)


class Block(nn.Module):
    def __init__(self, width, heads, rotary):
        super().__init__()
        self.heads, self.rotary = heads, rotary
        self.ln_1 = nn.LayerNorm(width)
        self.attn = nn.ModuleDict({"c_attn": Projection(width, 3 * width), "c_proj": Projection(width, width)})
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"c_fc": Projection(width, 4 * width), "c_proj": Projection(4 * width, width)})

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (
            part.view(batch, length, self.heads, -1).transpose(1, 2)
            for part in self.attn["c_attn"](self.ln_1(x)).split(width, dim=2)
        )
        if self.rotary:
            q, k = rotated(q), rotated(k)
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        seen = torch.softmax(scores.masked_fill(future, -math.inf), dim=-1) @ v
        x = x + self.attn["c_proj"](seen.transpose(1, 2).reshape(batch, length, width))
        return x + self.mlp["c_proj"](gelu_tanh(self.mlp["c_fc"](self.ln_2(x))))


class Transformer(nn.Module):
    """char-transformer, with its auxiliary losses."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        vocabulary, width, layers = config["vocab_size"], config["n_embd"], config["n_layer"]
        rotary = config["position_embedding_type"] == "rotary"
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocabulary, width),
                "h": nn.ModuleList(Block(width, config["n_head"], rotary) for _ in range(layers)),
                "ln_f": nn.LayerNorm(width),
            }
        )
        if not rotary:
            self.transformer["wpe"] = nn.Embedding(config["n_positions"], width)
        self.auxiliary = nn.ModuleDict()
        if config["auxiliary_layers"]:
            self.auxiliary.update({str(k): nn.LayerNorm(width) for k in range(1, layers)})
        if config["auxiliary_targets"]:
            self.auxiliary["second"] = nn.Linear(width, vocabulary)

    def objective(self, ids, targets, state, progress):
        layers, wte, last = self.config["n_layer"], self.transformer["wte"], self.transformer["ln_f"]
        x = wte(ids)
        if "wpe" in self.transformer:
            x = x + self.transformer["wpe"].weight[: ids.shape[1]]
        outputs = []
        for block in self.transformer["h"]:
            x = block(x)
            outputs.append(x)
        every = self.config["auxiliary_positions"]
        seen = slice(None) if every else slice(-1, None)

        def loss_of(normed):
            return cross_entropy((normed @ wte.weight.t())[:, seen], targets[:, seen])

        total = own = loss_of(last(x))
        if self.config["auxiliary_layers"]:
            for k in range(1, layers):
                heard = float(progress < k / (2 * layers))
                total = total + heard * loss_of(self.auxiliary[str(k)](outputs[k - 1]))
        if self.config["auxiliary_targets"]:
            # The last position's second target lies beyond the window.
            length = ids.shape[1]
            first, share = (0, (length - 1) / length) if every else (length - 2, 1)
            further = self.auxiliary["second"](last(x))[:, first:-1]
            total = total + 0.5 * share * cross_entropy(further, targets[:, first + 1 :])
        return total, None, own


class ByName:
    """gpt2, bert, distilbert: forward.py's functions over parameters by name, some of them frozen.

    A LoRA adapter (Hu et al. 2021) is added to the matrix that it adapts, W + scale · B · A, which is transposed
    where W is [inputs, outputs].
    """

    def __init__(self, job):
        self.config = job["config"]
        self.lora = job.get("lora", {"maps": []})
        self.named = {
            p["name"]: nn.Parameter(torch.empty(p["shape"]), requires_grad=p["trainable"]) for p in job["parameters"]
        }

    def named_parameters(self):
        return self.named.items()

    def parameters(self):
        return self.named.values()

    def objective(self, ids, targets, state, progress):
        tensors = {name: value for name, value in self.named.items() if ".lora_" not in name}
        for name in self.lora["maps"]:
            change = self.lora["scale"] * self.named[f"{name}.lora_B.weight"] @ self.named[f"{name}.lora_A.weight"]
            weight = tensors[f"{name}.weight"]
            tensors[f"{name}.weight"] = weight + (change.T if self.lora["inputsFirst"] else change)
        run = forward.MODELS[self.config["model_type"]]
        _, logits = run(self.config, tensors, ids, torch.ones_like(ids), torch.zeros_like(ids))
        return cross_entropy(logits, targets), None


def build(job):
    config = job["config"]
    kind = config["model_type"]
    if kind in forward.MODELS:
        return ByName(job)
    if kind.split("-")[1] in ("rnn", "gru", "lstm"):
        return Recurrent(config, {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind.split("-")[1]])
    return {"char-bilstm": BiLSTM, "char-cnn": Convolutional, "char-transformer": Transformer}[kind](config)
