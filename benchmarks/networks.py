"""Epochs of mini-batches with Adam: softmax regression and a network with a hidden layer, beside PyTorch."""

from itertools import pairwise

import numpy as np

import gdlearn as gd
from harness import OURS, Contender, Row, present

GROUP = "Mini-batches with Adam, float32"
D, K, LR = 784, 10, 1e-3
# Of the peer a few are enough, for it does nothing before and after them.
EPOCHS, PEER_EPOCHS = 20, 5


def rows():
    """The rows of this group."""
    yield epoch("softmax regression", 20_000, 32, (), 20.0)
    yield epoch("MLP 784-256-10", 4_000, 32, (256,), 3.2)
    yield epoch("MLP 784-256-10", 8_000, 512, (256,), 1.4)


def epoch(name, n, batch, hidden, goal):
    """Epochs in the order of the rows, from one start; the time is that of one. Ours measures before and after."""
    rng = np.random.default_rng(6)
    X, labels = rng.random((n, D), dtype=np.float32), rng.integers(0, K, n)
    model = gd.MLP(D, hidden, K) if hidden else gd.Linear(D, K)
    start = (0.05 * rng.standard_normal(gd.models.size(model))).astype(np.float32)
    problem = gd.Problem(model, gd.CrossEntropy())
    method = {
        "start": start,
        "optimizer": gd.Adam(),
        "schedule": LR,
        "batch_size": batch,
        "sampling": "sequential",
        "tolerance": 0.0,
    }

    def ours(epochs):
        return lambda: gd.minimize(problem, X, labels, epochs=epochs, measure_every=epochs, **method).theta

    run = {OURS: Contender(ours(EPOCHS), check=ours(PEER_EPOCHS), scale=EPOCHS)}
    peers, missing = present("torch")
    if peers:
        run["torch"] = Contender(by_torch(peers["torch"], X, labels, hidden, start, batch), scale=PEER_EPOCHS)
    return Row(GROUP, f"{name}, one epoch of {n:,}, batch {batch}", run, {"torch": goal}, agree, missing)


def agree(ours, theirs):
    """After five epochs half of the parameters agree to 1e-5, and one in a hundred may be some steps apart.

    Adam divides by the root of a mean square, so that weights of almost no gradient step by the rate, in the
    direction of a rounding error. With batches of 512, one weight in a hundred of PyTorch's is
    six steps from the run in double precision, of ours two.
    """
    assert np.median(np.abs(ours - theirs)) < 1e-5
    assert np.quantile(np.abs(ours - theirs), 0.99) < 10.0 * LR


def by_torch(torch, X, labels, hidden, start, batch):
    """The same epochs, from the same theta."""
    widths = (D, *hidden, K)
    layers = [torch.nn.Linear(p, q) for p, q in pairwise(widths)]
    network = torch.nn.Sequential(*(part for layer in layers for part in (layer, torch.nn.ReLU())))[:-1]
    parameters = [layer.weight for layer in layers] + [layer.bias for layer in layers]
    A, b = torch.from_numpy(X), torch.from_numpy(labels)

    def run():
        begin = 0
        with torch.no_grad():
            for part in parameters:
                part.copy_(torch.from_numpy(start[begin : begin + part.numel()]).reshape(part.shape))
                begin += part.numel()
        optimizer = torch.optim.Adam(parameters, lr=LR, fused=True)
        for a in [*range(0, len(A), batch)] * PEER_EPOCHS:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(A[a : a + batch]), b[a : a + batch]).backward()
            optimizer.step()
        return np.concatenate([part.detach().numpy().ravel() for part in parameters])

    return run
