"""Epochs of mini-batches with Adam: softmax regression and a network with a hidden layer, beside PyTorch and JAX."""

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
    yield epoch("softmax regression", 20_000, 32, (), {"torch": 20.0, "jax": 3.5})
    yield epoch("MLP 784-256-10", 4_000, 32, (256,), {"torch": 3.2})
    yield epoch("MLP 784-256-10", 8_000, 512, (256,), {"torch": 1.4})


def epoch(name, n, batch, hidden, goals):
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
    peers, missing = present(*goals)
    if "torch" in peers:
        run["torch"] = Contender(by_torch(peers["torch"], X, labels, hidden, start, batch), scale=PEER_EPOCHS)
    if "jax" in peers:
        run["jax"] = Contender(by_jax(peers["jax"], X, labels, start, batch), scale=PEER_EPOCHS)
    return Row(GROUP, f"{name}, one epoch of {n:,}, batch {batch}", run, goals, agree, missing)


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


def by_jax(jax, X, labels, start, batch):
    """The same epochs of softmax regression, from the same theta: one compiled function, which scans the batches."""
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # in the thread that calls, where it is timed
    jnp, (beta1, beta2, eps) = jax.numpy, gd.Adam()
    batches = jnp.asarray(X.reshape(-1, batch, D)), jnp.asarray(labels.reshape(-1, batch))

    def loss(theta, a, b):
        z = a @ theta[: K * D].reshape(K, D).T + theta[K * D :]
        return jnp.mean(jax.nn.logsumexp(z, axis=1) - z[jnp.arange(batch), b])

    def step(state, rows):
        theta, m, v, t = state
        g, t = jax.grad(loss)(theta, *rows), t + 1
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        theta -= LR * (m / (1 - beta1**t)) / (jnp.sqrt(v / (1 - beta2**t)) + eps)
        return (theta, m, v, t), None

    @jax.jit
    def epochs(theta, batches):
        state = theta, jnp.zeros_like(theta), jnp.zeros_like(theta), 0
        return jax.lax.scan(lambda state, _: jax.lax.scan(step, state, batches), state, length=PEER_EPOCHS)[0][0]

    return lambda: np.asarray(epochs(start, batches))
