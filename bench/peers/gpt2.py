"""GPT-2 in PyTorch: a training step (forward, backward, clip, AdamW), and decoding with a cache. One JSON line in, one out."""
import json, math, pathlib, sys, time
import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "test" / "torch"))
from memory import peak_megabytes

torch.set_num_threads(2)


def gelu(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


class Block(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.attention, self.projection = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)
        self.inner, self.outer = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

    def forward(self, x, hidden, cache):
        batch, length, width = x.shape
        split = lambda y: y.view(batch, length, self.heads, -1).transpose(1, 2)
        q, k, v = (split(y) for y in self.attention(self.ln_1(x)).split(width, dim=2))
        if cache is not None:
            k, v = (torch.cat(pair, dim=2) for pair in zip(cache, (k, v))) if cache else (k, v)
        scores = q @ k.transpose(2, 3) / math.sqrt(width // self.heads)
        if hidden is not None:
            scores = scores.masked_fill(hidden, -math.inf)
        y = (torch.softmax(scores, dim=-1) @ v).transpose(1, 2).reshape(batch, length, width)
        x = x + self.projection(y)
        return x + self.outer(gelu(self.inner(self.ln_2(x)))), (k, v)


class GPT2(torch.nn.Module):
    def __init__(self, vocabulary, context, layers, width, heads):
        super().__init__()
        self.wte, self.wpe = torch.nn.Embedding(vocabulary, width), torch.nn.Embedding(context, width)
        self.blocks = torch.nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.ln_f = torch.nn.LayerNorm(width)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.02)

    def forward(self, ids, caches=None):
        """Logits of all tokens; with `caches`, a list, of the last token alone."""
        past = caches[0][0].shape[2] if caches and caches[0] else 0
        length = ids.shape[1]
        x = self.wte(ids) + self.wpe.weight[past : past + length]
        hidden = None
        if length > 1:
            hidden = torch.triu(torch.ones(length, past + length, dtype=torch.bool), diagonal=past + 1)
        for k, block in enumerate(self.blocks):
            x, cache = block(x, hidden, caches[k] if caches else None)
            if caches:
                caches[k] = cache
        x = self.ln_f(x[:, -1:] if caches else x)
        return x @ self.wte.weight.T


def train(model, optimizer, batch, length):
    vocabulary = model.wte.num_embeddings
    x = torch.randint(0, vocabulary, (batch, length))
    y = torch.randint(0, vocabulary, (batch, length))
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x).view(-1, vocabulary), y.view(-1))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


@torch.no_grad()
def decode(model, batch, prompt, tokens):
    """Seconds to the first token, and tokens a second after it."""
    caches = [()] * len(model.blocks)
    begun = time.perf_counter()
    logits = model(torch.randint(0, 1000, (batch, prompt)), caches)
    first = time.perf_counter()
    for _ in range(tokens):
        logits = model(logits[:, -1].argmax(dim=-1, keepdim=True), caches)
    return {"first": first - begun, "rate": batch * tokens / (time.perf_counter() - first)}


def main():
    model = optimizer = None
    for line in sys.stdin:
        ask = json.loads(line)
        if ask["op"] == "setup":
            torch.manual_seed(0)
            model = GPT2(*(ask[key] for key in ("vocabulary", "context", "layers", "width", "heads")))
            optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
            answer = {}
        elif ask["op"] == "train":
            begun = time.perf_counter()
            train(model, optimizer, ask["batch"], ask["length"])
            answer = {"rate": ask["batch"] * ask["length"] / (time.perf_counter() - begun)}
        elif ask["op"] == "decode":
            answer = decode(model, ask["batch"], ask["prompt"], ask["tokens"])
        else:
            answer = {"megabytes": peak_megabytes()}
        print(json.dumps(answer), flush=True)


main()
