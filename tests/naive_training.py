"""The optimizers and the training loop as plain Python loops over lists.

An optimizer is written from all gradients so far, not from a running state: a running mean is the sum that it is.
"""

import math
from typing import NamedTuple

import numpy as np

import gdlearn as gd
from naive import gradient, gradient_norm, layers, objective, prox, rate, weights


def running_mean(beta, values):
    """m_t of m_{t+1} = beta m_t + (1 - beta) v_t from m_0 = 0, as a sum."""
    last = len(values) - 1
    return sum((1.0 - beta) * beta ** (last - s) * value for s, value in enumerate(values))


def clipped_share(optimizer, g):
    """The share of the gradient that Clip leaves; 1 for others."""
    share = 1.0
    while isinstance(optimizer, gd.Clip):
        share = min(share, optimizer.limit / (math.hypot(*g) or optimizer.limit))
        optimizer = optimizer.then
    return share


def adaptive(optimizer, gs, eta):
    """The directions and the lengths of the steps of each parameter, from all its gradients."""
    columns, T = list(zip(*gs, strict=True)), len(gs)
    match optimizer:
        case gd.AdaGrad(eps):
            return gs[-1], [eta / (math.sqrt(sum(a**2 for a in column)) + eps) for column in columns]
        case gd.RMSProp(rho, eps):
            return gs[-1], [eta / (math.sqrt(running_mean(rho, [a**2 for a in c])) + eps) for c in columns]
        case gd.Adam(beta1, beta2, eps) | gd.AMSGrad(beta1, beta2, eps) | gd.AdamW(_, beta1, beta2, eps):
            means = [running_mean(beta1, column) / (1.0 - beta1**T) for column in columns]
            squares = [[running_mean(beta2, [a**2 for a in c[: s + 1]]) for s in range(T)] for c in columns]
            now = [max(v) if isinstance(optimizer, gd.AMSGrad) else v[-1] for v in squares]
            return means, [eta / (math.sqrt(v / (1.0 - beta2**T)) + eps) for v in now]
        case gd.Lion(beta1, beta2):
            pulls = [beta1 * running_mean(beta2, c[:-1]) + (1.0 - beta1) * c[-1] for c in columns]
            return [float((a > 0.0) - (a < 0.0)) for a in pulls], [eta] * len(columns)


def muon(optimizer, model, gs):
    """The direction of Muon: the momentum looked ahead of, each weight matrix of it made orthogonal."""
    beta = optimizer.beta
    ahead = [beta * running_mean(beta, c) + (1.0 - beta) * c[-1] for c in zip(*gs, strict=True)]
    flat = []
    for N, _ in layers(model, ahead):
        scale = math.sqrt(max(1.0, len(N) / len(N[0])))
        flat += [scale * a for row in newton_schulz(N) for a in row]
    return flat + ahead[len(flat) :]


def newton_schulz(N, steps=5):
    """Five times X <- a X + b (X X^T) X + c (X X^T)^2 X, from N over its norm."""
    if len(N) > len(N[0]):
        return transposed(newton_schulz(transposed(N), steps))
    a, b, c = 3.4445, -4.7750, 2.0315
    norm = math.sqrt(sum(x**2 for row in N for x in row)) + 1e-7
    X = [[x / norm for x in row] for row in N]
    for _ in range(steps):
        S = product(X, transposed(X))
        SX = product(S, X)
        SSX = product(S, SX)
        X = [[a * x + b * y + c * z for x, y, z in zip(*rows, strict=True)] for rows in zip(X, SX, SSX, strict=True)]
    return X


def transposed(A):
    return [list(column) for column in zip(*A, strict=True)]


def product(A, B):
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*B, strict=True)] for row in A]


def following(optimizer, model, thetas, points, gs, eta, prox):
    """The theta after thetas[-1], from the gradients so far; Nesterov's points x_t are kept in ``points``."""
    theta = thetas[-1]
    before = thetas[-2] if len(thetas) > 1 else theta
    match optimizer:
        case gd.Clip(_, then):
            return following(then, model, thetas, points, gs, eta, prox)
        case gd.SGD() | gd.Momentum() | gd.Nesterov() | gd.Muon():
            g = muon(optimizer, model, gs) if isinstance(optimizer, gd.Muon) else gs[-1]
            heavy = optimizer.beta if isinstance(optimizer, gd.Momentum) else 0.0
            moved = [w - eta * a + heavy * (w - v) for w, a, v in zip(theta, g, before, strict=True)]
            points.append(prox(moved, [eta] * len(theta)))
            ahead = optimizer.beta if isinstance(optimizer, gd.Nesterov) else 0.0
            return [x + ahead * (x - v) for x, v in zip(points[-1], points[-2], strict=True)]
    directions, lengths = adaptive(optimizer, gs, eta)
    shrink = 1.0 - eta * getattr(optimizer, "lam", 0.0)
    kept = [shrink * w if j < weights(model) else w for j, w in enumerate(theta)]
    return prox([w - n * a for w, n, a in zip(kept, lengths, directions, strict=True)], lengths)


class Uniform:
    """xorshift64 (Marsaglia 2003), and whole numbers below n by rejection (Lemire 2019)."""

    def __init__(self, seed):
        self.x = int(np.random.default_rng(seed).integers(1, 2**64 - 1, size=1, dtype=np.uint64)[0])

    def below(self, n):
        while True:
            self.x ^= self.x << 13 & 2**64 - 1
            self.x ^= self.x >> 7
            self.x ^= self.x << 17 & 2**64 - 1
            high, low = divmod((self.x >> 32) * n, 2**32)
            if low >= 2**32 % n:
                return high

    def arrange(self, order, sampling):
        """The rows of the next epoch."""
        n = len(order)
        if sampling == "replacement":
            return [self.below(n) for _ in range(n)]
        if sampling == "reshuffle":
            for i in range(n - 1, 0, -1):
                j = self.below(i + 1)
                order[i], order[j] = order[j], order[i]
        return order


class Trace(NamedTuple):
    theta: list  # of every epoch
    objective: list
    gradient_norm: list
    learning_rate: list
    steps: list  # theta of every step


def minimize(problem, X, Y, *, optimizer, schedule, batch_size, epochs, start, seed=0, sampling="reshuffle"):
    """The whole training loop; Y is a list of rows."""
    n, free = len(X), weights(problem.model)
    random, order = Uniform(seed), list(range(n))
    thetas, points, gs, epoch_ends = [start], [start], [], [start]
    for _ in range(epochs):
        if batch_size < n:
            order = random.arrange(order, sampling)
        for i in range(0, n, batch_size):
            batch = order[i : i + batch_size]
            eta = rate(schedule, len(thetas) - 1)
            g = gradient(problem, thetas[-1], [X[r] for r in batch], [Y[r] for r in batch])
            share = clipped_share(optimizer, g)
            gs.append([share * a for a in g])

            def proximal(v, lengths, share=share):
                return [
                    prox(problem.penalty, w, share * step) if j < free else w
                    for j, (w, step) in enumerate(zip(v, lengths, strict=True))
                ]

            thetas.append(following(optimizer, problem.model, thetas, points, gs, eta, proximal))
        epoch_ends.append(thetas[-1])
    return Trace(
        epoch_ends,
        [objective(problem, theta, X, Y) for theta in epoch_ends],
        [gradient_norm(problem, theta, X, Y) for theta in epoch_ends],
        [rate(schedule, e * math.ceil(n / batch_size)) for e in range(epochs + 1)],
        thetas,
    )
