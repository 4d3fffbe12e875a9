"""What does the generic design cost? The training loop beside a kernel fused by hand.

    python benchmarks/composition.py

One combination: binary cross-entropy, L2, momentum, exponential decay, float64, n = 10,000, d = 50. The
generic loop's ``epoch`` and the fused kernel run in turn and must agree to the last bits; the table gives
medians of interleaved runs and their ratio.
"""

import math
import time

import numba
import numpy as np

import gdlearn as gd
from gdlearn.generic import ENTRY, compiled
from gdlearn.loop import Memory, Method, cut_for, epoch
from gdlearn.problem import measure
from gdlearn.sampling import ORDERS
from gdlearn.training import NEVER

N, D, EPOCHS, RUNS = 10_000, 50, 10, 21
LAM, BETA, ETA, DECAY = 0.01, 0.9, 0.01, 0.99999


@compiled
def generic(problem, method, data, memory, work):
    """The library's own epochs, as ``minimize`` runs them: a full batch takes its gradient from the measure before."""
    for _ in range(EPOCHS):
        if method.batch_size == len(data.rows):
            measure(problem, memory.theta, data, work)
        epoch(method.cut, problem, method, data, memory, work)


@numba.njit(**ENTRY)
def fused(theta, last, t, X, y, order, batch, lam, beta, eta, decay):
    """Everything in one function, as one would write it for this combination alone; with the loss of a full batch."""
    n, d = X.shape
    g, loss = np.empty(d + 1), 0.0
    for start in range(0, n, batch):
        m = min(batch, n - start)
        g[:] = 0.0
        for i in range(start, start + m):
            r = order[i]
            z = theta[d]
            for j in range(d):
                z += theta[j] * X[r, j]
            small = math.exp(-abs(z))
            if batch == n:
                loss += max(z, 0.0) - y[r] * z + math.log1p(small)
            s = ((1.0 if z >= 0.0 else small) / (1.0 + small) - y[r]) / m
            for j in range(d):
                g[j] += s * X[r, j]
            g[d] += s
        lr = eta * decay ** float(t)
        for j in range(d):
            w = theta[j]
            theta[j] = w - lr * (g[j] + lam * w) + beta * (w - last[j])
            last[j] = w
        w = theta[d]
        theta[d] = w - lr * g[d] + beta * (w - last[d])
        last[d] = w
        t += 1
    return t, loss / n


def contest(batch, rng):
    """Median CPU seconds of ten epochs, generic and fused, in interleaved runs from the same start."""
    X = rng.normal(size=(N, D))
    y = (rng.random(N) < 1 / (1 + np.exp(-X[:, 0]))).astype(float)
    problem = gd.Problem(gd.Linear(D), gd.BinaryCrossEntropy(), gd.L2(LAM)).ready()
    problem, data = problem.load(X, y)
    work = problem.workspace(X.dtype)
    optimizer, schedule = gd.Momentum(BETA), gd.Exponential(ETA, DECAY)
    cut = cut_for(problem, optimizer, batch, N)
    method = Method(optimizer, schedule, batch, ORDERS["sequential"], 0.0, NEVER, 1, cut)
    order = np.arange(N) if batch == N else rng.permutation(N)
    seconds = np.empty((2, RUNS))
    for k in range(RUNS + 1):  # the first round compiles and warms up
        theta, last, ours = np.zeros(D + 1), np.zeros(D + 1), np.zeros(D + 1)
        state, random, t = np.zeros((1, D + 1)), np.ones(1, np.uint64), np.zeros(2, np.int64)
        memory = Memory(ours, ours.copy(), state, order, random, ours, t)
        begin = time.process_time()
        generic(problem, method, data, memory, work)
        middle = time.process_time()
        t = 0
        for _ in range(EPOCHS):
            t, _ = fused(theta, last, t, X, y, order, batch, LAM, BETA, ETA, DECAY)
        seconds[:, k - 1] = middle - begin, time.process_time() - middle
        np.testing.assert_allclose(ours, theta, rtol=1e-10, atol=1e-13)
    return np.median(seconds, axis=1)


if __name__ == "__main__":
    print(f"{'batch':>6} {'generic ms':>11} {'fused ms':>9} {'ratio':>6}")
    for batch in (1, 32, 256, N):
        ours, theirs = contest(batch, np.random.default_rng(0))
        print(f"{batch:>6} {1e3 * ours / EPOCHS:11.3f} {1e3 * theirs / EPOCHS:9.3f} {ours / theirs:6.2f}")
