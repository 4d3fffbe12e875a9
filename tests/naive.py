"""Each definition as plain Python loops over lists: what the library must compute.

Nothing here is fast or careful about large numbers; everything is the formula as the book prints it.
The optimizers and the training loop are in ``naive_training``.
"""

import itertools
import math

import gdlearn as gd


def loss(record, z, y):
    """The loss of a row of scores z against a row of targets y."""
    pairs = list(zip(z, y, strict=True))
    match record:
        case gd.SquaredError():
            return sum((a - b) ** 2 for a, b in pairs)
        case gd.AbsoluteError():
            return sum(abs(a - b) for a, b in pairs)
        case gd.Huber(delta):
            return sum(
                (a - b) ** 2 / 2.0 if abs(a - b) <= delta else delta * (abs(a - b) - delta / 2.0) for a, b in pairs
            )
        case gd.BinaryCrossEntropy():
            return -sum(b * math.log(sigmoid(a)) + (1.0 - b) * math.log(sigmoid(-a)) for a, b in pairs)
        case gd.CrossEntropy(temperature, label_smoothing):
            scaled, targets = [a / temperature for a in z], smoothed(y, label_smoothing)
            top = max(scaled)
            log_total = top + math.log(sum(math.exp(a - top) for a in scaled))
            return sum(p * (log_total - a) for p, a in zip(targets, scaled, strict=True))


def slopes(record, z, y):
    """The gradient of ``loss`` in z; where there is none, the subgradient closest to 0."""
    pairs = list(zip(z, y, strict=True))
    match record:
        case gd.SquaredError():
            return [2.0 * (a - b) for a, b in pairs]
        case gd.AbsoluteError():
            return [sign(a - b) for a, b in pairs]
        case gd.Huber(delta):
            return [a - b if abs(a - b) <= delta else delta * sign(a - b) for a, b in pairs]
        case gd.BinaryCrossEntropy():
            return [sigmoid(a) - b for a, b in pairs]
        case gd.CrossEntropy(temperature, label_smoothing):
            q = softmax([a / temperature for a in z])
            return [(c - p) / temperature for p, c in zip(smoothed(y, label_smoothing), q, strict=True)]


def sign(a):
    return float((a > 0.0) - (a < 0.0))


def sigmoid(z):
    return 1.0 / (1.0 + math.exp(-z))


def softmax(z):
    top = max(z)
    total = sum(math.exp(a - top) for a in z)
    return [math.exp(a - top) / total for a in z]


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
        return g + kink * sign(w)
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
        case gd.InverseTime(eta, decay):
            return eta / (1.0 + decay * t)
        case gd.Step(eta, factor, every):
            return eta * math.prod(factor for s in range(1, t + 1) if s % every == 0)
        case gd.Cosine(eta, steps, final):
            return final if t >= steps else final + (eta - final) * math.cos(math.pi * t / steps / 2.0) ** 2
        case gd.WarmupStableDecay(eta, steps, warmup, decay):
            if t < warmup:
                return eta * (t + 1) / warmup
            return eta if t <= steps - decay else max(eta * (steps - t) / decay, 0.0)
        case gd.Warmup(steps, then):
            return rate(then, 0) * (t + 1) / steps if t < steps else rate(then, t - steps)


# --- Models


def layers(model, theta):
    """The weights, as lists of rows, and the intercepts of each layer: theta has all weights before all intercepts."""
    units = [model.inputs, *getattr(model, "hidden", ()), model.outputs]
    theta, matrices, vectors = list(theta), [], []
    for p, q in itertools.pairwise(units):
        matrices.append([[theta.pop(0) for _ in range(p)] for _ in range(q)])
    for q in units[1:]:
        vectors.append([theta.pop(0) for _ in range(q)] if getattr(model, "intercept", True) else [0.0] * q)
    assert not theta
    return list(zip(matrices, vectors, strict=True))


def weights(model):
    """The number of parameters that a penalty acts on."""
    units = [model.inputs, *getattr(model, "hidden", ()), model.outputs]
    return sum(p * q for p, q in itertools.pairwise(units))


def activate(activation, z):
    return max(z, 0.0) if isinstance(activation, gd.Relu) else math.tanh(z)


def bend(activation, z):
    """The derivative of ``activate`` at z."""
    if isinstance(activation, gd.Relu):
        return 1.0 if z > 0.0 else 0.0
    return 1.0 / math.cosh(z) ** 2


def passed(model, theta, x):
    """The inputs of every layer, and the numbers each layer makes before its bend; the last are the scores."""
    ins, outs = [list(x)], []
    for W, b in layers(model, theta):
        outs.append([sum(w * h for w, h in zip(row, ins[-1], strict=True)) + c for row, c in zip(W, b, strict=True)])
        ins.append([activate(getattr(model, "activation", None), z) for z in outs[-1]])
    return ins[:-1], outs


def scores(model, theta, x):
    """The scores of one row."""
    return passed(model, theta, x)[1][-1]


def pulled_back(model, theta, x, s):
    """J^T s, with J the derivative of the scores of one row in theta, layer by layer from the last."""
    (ins, outs), matrices, vectors = passed(model, theta, x), [], []
    for layer, (W, b) in reversed(list(enumerate(layers(model, theta)))):
        matrices[:0] = [s[u] * h for u in range(len(b)) for h in ins[layer]]
        vectors[:0] = s if getattr(model, "intercept", True) else []
        if layer > 0:
            s = [
                sum(W[u][j] * s[u] for u in range(len(b))) * bend(model.activation, z)
                for j, z in enumerate(outs[layer - 1])
            ]
    return matrices + vectors


# --- Problems


def objective(problem, theta, X, Y):
    losses = [loss(problem.loss, scores(problem.model, theta, x), y) for x, y in zip(X, Y, strict=True)]
    return sum(losses) / len(X) + sum(cost(problem.penalty, w) for w in theta[: weights(problem.model)])


def gradient(problem, theta, X, Y):
    """The gradient of the smooth part: the mean loss and the ridge."""
    _, ridge = strengths(problem.penalty)
    g = [ridge * w if j < weights(problem.model) else 0.0 for j, w in enumerate(theta)]
    for x, y in zip(X, Y, strict=True):
        s = slopes(problem.loss, scores(problem.model, theta, x), y)
        g = [a + b / len(X) for a, b in zip(g, pulled_back(problem.model, theta, x, s), strict=True)]
    return g


def gradient_norm(problem, theta, X, Y):
    """The norm of the smallest subgradient of the objective."""
    free = weights(problem.model)
    g = gradient(problem, theta, X, Y)
    g[:free] = [least_subgradient(problem.penalty, w, a) for w, a in zip(theta, g[:free], strict=False)]
    return math.sqrt(sum(a**2 for a in g))
