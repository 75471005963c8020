"""A character LSTM's training step in PyTorch: forward, backward, clip, AdamW. One JSON line in, one out."""
import json, resource, sys, time
import torch

torch.set_num_threads(2)


class Model(torch.nn.Module):
    def __init__(self, vocabulary, embedding, hidden, layers):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, embedding)
        self.rnn = torch.nn.LSTM(embedding, hidden, layers, batch_first=True)
        self.head = torch.nn.Linear(hidden, vocabulary)

    def forward(self, ids, state):
        output, state = self.rnn(self.embedding(ids), state)
        return self.head(output), state


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
            model = Model(100, ask["embedding"], ask["hidden"], ask["layers"])
            optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
            loss = torch.nn.CrossEntropyLoss()
            shape = (ask["batch"], ask["steps"])
            zeros = torch.zeros(ask["layers"], ask["batch"], ask["hidden"])
            state = (zeros, zeros)
            answer = {"gigaflops": gigaflops()}
        elif ask["op"] == "run":
            begun = time.perf_counter()
            for _ in range(ask["n"]):
                x = torch.randint(0, 100, shape)
                y = torch.randint(0, 100, shape)
                optimizer.zero_grad()
                logits, state = model(x, tuple(s.detach() for s in state))
                value = loss(logits.reshape(-1, 100), y.reshape(-1))
                value.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
            seconds = time.perf_counter() - begun
            answer = {"rate": ask["n"] * shape[0] * shape[1] / seconds}
        else:
            answer = {"megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        print(json.dumps(answer), flush=True)


main()
