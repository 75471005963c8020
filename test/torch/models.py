"""PyTorch twins of Punchline's architectures, with the same parameter names and layouts."""
from torch import nn
from torch.nn import functional


def cross_entropy(logits, targets):
    """Mean in nats over all targets."""
    return functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


class Recurrent(nn.Module):
    """char-rnn, char-gru, char-lstm: embedding, recurrent layers, head. The state is carried."""

    def __init__(self, config, cell):
        super().__init__()
        self.embedding = nn.Embedding(config["vocab_size"], config["embedding_size"])
        self.rnn = cell(config["embedding_size"], config["hidden_size"], config["num_layers"], batch_first=True)
        self.head = nn.Linear(config["hidden_size"], config["vocab_size"])

    def objective(self, ids, targets, state, progress):
        single = not isinstance(self.rnn, nn.LSTM)
        output, state = self.rnn(self.embedding(ids), state[0] if state and single else state)
        return cross_entropy(self.head(output), targets), (state,) if single else state


def build(config):
    kind = config["model_type"]
    if kind in ("char-rnn", "char-gru", "char-lstm"):
        return Recurrent(config, {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind[5:]])
    raise ValueError(f"no PyTorch twin of {kind}")
