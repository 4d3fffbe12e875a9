"""Each definition as plain Python loops over lists: what the library must compute.

Nothing here is fast or careful about large numbers; everything is the formula as the book prints it.
"""

import math
from typing import NamedTuple

import numpy as np

import gdlearn as gd


def loss(record, z, y):
    """The loss of a row of scores z against a row of targets y."""
    match record:
        case gd.SquaredError():
            return sum((a - b) ** 2 for a, b in zip(z, y, strict=True))
        case gd.BinaryCrossEntropy():
            return -sum(b * math.log(sigmoid(a)) + (1.0 - b) * math.log(sigmoid(-a)) for a, b in zip(z, y, strict=True))
        case gd.CrossEntropy(temperature, label_smoothing):
            q = softmax([a / temperature for a in z])
            return -sum(p * math.log(c) for p, c in zip(smoothed(y, label_smoothing), q, strict=True))


def slopes(record, z, y):
    """The gradient of ``loss`` in z."""
    match record:
        case gd.SquaredError():
            return [2.0 * (a - b) for a, b in zip(z, y, strict=True)]
        case gd.BinaryCrossEntropy():
            return [sigmoid(a) - b for a, b in zip(z, y, strict=True)]
        case gd.CrossEntropy(temperature, label_smoothing):
            q = softmax([a / temperature for a in z])
            return [(c - p) / temperature for p, c in zip(smoothed(y, label_smoothing), q, strict=True)]


def sigmoid(z):
    return 1.0 / (1.0 + math.exp(-z))


def softmax(z):
    total = sum(math.exp(a) for a in z)
    return [math.exp(a) / total for a in z]


def smoothed(y, share):
    return [(1.0 - share) * b + share / len(y) for b in y]


def strengths(penalty):
    """The factors (kink, ridge) of kink * |w| + ridge / 2 * w^2, the form of every penalty."""
    match penalty:
        case gd.NoPenalty():
            return 0.0, 0.0
        case gd.L2(lam):
            return 0.0, lam
        case gd.L1(lam):
            return lam, 0.0
        case gd.ElasticNet(lam, ratio):
            return lam * ratio, lam * (1.0 - ratio)


def cost(penalty, w):
    kink, ridge = strengths(penalty)
    return kink * abs(w) + ridge / 2.0 * w**2


def prox(penalty, w, step):
    """The minimizer of (u - w)^2 / 2 + step * kink * |u|: the best of the stationary points and the kink."""
    kink, _ = strengths(penalty)
    return min((w - step * kink, w + step * kink, 0.0), key=lambda u: (u - w) ** 2 / 2.0 + step * kink * abs(u))


def least_subgradient(penalty, w, g):
    """The number closest to 0 in g + the subdifferential of kink * |w|, where g has the smooth part."""
    kink, _ = strengths(penalty)
    if w != 0.0:
        return g + kink * (1.0 if w > 0.0 else -1.0)
    low, high = g - kink, g + kink
    return 0.0 if low <= 0.0 <= high else min(low, high, key=abs)


def rate(schedule, t):
    """The learning rate of step t."""
    match schedule:
        case gd.Constant(eta):
            return eta
        case gd.Exponential(eta, decay):
            return eta * math.prod([decay] * t)
        case gd.LinearDecay(eta, steps, final):
            return final if t >= steps else eta * (steps - t) / steps + final * t / steps
        case gd.Warmup(steps, then):
            return rate(then, 0) * (t + 1) / steps if t < steps else rate(then, t - steps)


def scores(model, theta, x):
    """The scores of one row."""
    d, k = model.inputs, model.outputs
    intercepts = theta[d * k :] if model.intercept else [0.0] * k
    return [sum(theta[c * d + j] * x[j] for j in range(d)) + intercepts[c] for c in range(k)]


def objective(problem, theta, X, Y):
    w = theta[: problem.model.inputs * problem.model.outputs]
    losses = [loss(problem.loss, scores(problem.model, theta, x), y) for x, y in zip(X, Y, strict=True)]
    return sum(losses) / len(X) + sum(cost(problem.penalty, a) for a in w)


def gradient(problem, theta, X, Y):
    """The gradient of the smooth part: the mean loss and the ridge."""
    d, k = problem.model.inputs, problem.model.outputs
    _, ridge = strengths(problem.penalty)
    g = [ridge * w for w in theta[: d * k]] + [0.0] * (len(theta) - d * k)
    for x, y in zip(X, Y, strict=True):
        s = slopes(problem.loss, scores(problem.model, theta, x), y)
        for c in range(k):
            for j in range(d):
                g[c * d + j] += s[c] * x[j] / len(X)
            if problem.model.intercept:
                g[d * k + c] += s[c] / len(X)
    return g


def gradient_norm(problem, theta, X, Y):
    """The norm of the smallest subgradient of the objective."""
    weights = problem.model.inputs * problem.model.outputs
    g = gradient(problem, theta, X, Y)
    g[:weights] = [least_subgradient(problem.penalty, w, a) for w, a in zip(theta, g[:weights], strict=False)]
    return math.sqrt(sum(a**2 for a in g))


def following(optimizer, thetas, points, g, eta, prox):
    """The theta after thetas[-1], from the gradient there; Nesterov's points x_t are kept in ``points``."""
    theta = thetas[-1]
    before = thetas[-2] if len(thetas) > 1 else theta
    match optimizer:
        case gd.SGD():
            return prox([w - eta * a for w, a in zip(theta, g, strict=True)])
        case gd.Momentum(beta):
            moves = [beta * (w - v) for w, v in zip(theta, before, strict=True)]
            return prox([w - eta * a + m for w, a, m in zip(theta, g, moves, strict=True)])
        case gd.Nesterov(beta):
            points.append(prox([w - eta * a for w, a in zip(theta, g, strict=True)]))
            return [x + beta * (x - v) for x, v in zip(points[-1], points[-2], strict=True)]


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


def minimize(problem, X, Y, *, optimizer, schedule, batch_size, epochs, seed=0, sampling="reshuffle", start=None):
    """The whole training loop; Y is a list of rows."""
    n, weights = len(X), problem.model.inputs * problem.model.outputs
    start = start or [0.0] * (weights + problem.model.outputs * problem.model.intercept)
    random, order = Uniform(seed), list(range(n))
    thetas, points, epoch_ends = [start], [start], [start]
    for _ in range(epochs):
        if batch_size < n:
            order = random.arrange(order, sampling)
        for i in range(0, n, batch_size):
            batch = order[i : i + batch_size]
            eta = rate(schedule, len(thetas) - 1)
            g = gradient(problem, thetas[-1], [X[r] for r in batch], [Y[r] for r in batch])

            def proximal(v, eta=eta):
                return [prox(problem.penalty, w, eta) for w in v[:weights]] + v[weights:]

            thetas.append(following(optimizer, thetas, points, g, eta, proximal))
        epoch_ends.append(thetas[-1])
    return Trace(
        epoch_ends,
        [objective(problem, theta, X, Y) for theta in epoch_ends],
        [gradient_norm(problem, theta, X, Y) for theta in epoch_ends],
        [rate(schedule, e * math.ceil(n / batch_size)) for e in range(epochs + 1)],
    )
