"""The pieces of a step: losses with their gradients, and the step of Adam."""

from typing import NamedTuple

import numpy as np

import gdlearn as gd
from gdlearn.blocks import slopes
from gdlearn.generic import compiled, inlined
from gdlearn.loop import step
from gdlearn.problem import Workspace
from harness import OURS, Contender, Row, close, present

GROUP = "Pieces of a step"
BLOCK = 128  # rows
FREE, ADAM = gd.NoPenalty(), gd.Adam()


@compiled
def loss_of_rows(loss, Z, Y, order, S, none):
    """Value and gradient of the mean loss of all rows, block by block, as in ``gdlearn.problem.gradient``."""
    total, n, k, z, s, a = 0.0, len(order), Z.shape[1], Z.reshape(-1), S.reshape(-1), 0
    while a < n:
        b = min(a + BLOCK, n)
        work = Workspace(none[0, 0], Z[a:b], S[a:b], none, z[a * k : b * k], s[a * k : b * k])
        total += slopes(loss, work, Y, order, a, b, True)
        a = b
    return total / n


class State(NamedTuple):
    """What a step needs of ``gdlearn.loop.Memory``."""

    theta: np.ndarray
    state: np.ndarray


@inlined
def step_along(theta, state, g, lr, t):
    """The step of the training loop, with its records as constants."""
    step(gd.Linear(len(theta), 1, False), FREE, ADAM, State(theta, state), g, lr, t)


@compiled
def one_step(theta, state, g, lr, t):
    """A step from Python. Arrays come in, as into other libraries; a run passes its records in once."""
    step_along(theta, state, g, lr, t)


def rows():
    """The rows of this group."""
    for dtype, sklearn, torch in (("float64", 4.0, 10.0), ("float32", 8.0, 9.0)):
        yield cross_entropy(dtype, sklearn, torch)
    for dtype, goal in (("float64", 4.5), ("float32", 3.5)):
        yield log_loss(dtype, goal)
    for p, goal in ((1000, 35.0), (100_000, 3.6), (10_000_000, 1.0)):
        yield adam(p, goal)


def gradient_by_torch(torch, loss, z, target):
    """Value and gradient of a loss of the scores."""

    def run():
        scores = z.detach().requires_grad_(True)
        value = loss(scores, target)
        value.backward()
        return value.item(), scores.grad.numpy() * len(scores)

    return Contender(run)


def agree_to(tolerance):
    def agree(ours, theirs):
        np.testing.assert_allclose(ours[0], theirs[0], rtol=tolerance)
        np.testing.assert_allclose(ours[1], theirs[1], rtol=tolerance, atol=tolerance)

    return agree


def ours_on(loss, z, Y):
    Z, S, order = z.reshape(Y.shape), np.empty(Y.shape, z.dtype), np.arange(len(Y))
    none = np.empty((2, 1, 0), z.dtype)
    return Contender(lambda: (loss_of_rows(loss, Z, Y, order, S, none), S.reshape(z.shape)))


def cross_entropy(dtype, goal_sklearn, goal_torch, n=1_000_000, k=10):
    """Softmax cross-entropy. Our targets are rows of probabilities, those of the others labels."""
    rng = np.random.default_rng(3)
    z, labels = rng.standard_normal((n, k), dtype=dtype), rng.integers(0, k, n)
    contenders = {OURS: ours_on(gd.CrossEntropy(), z, np.eye(k, dtype=dtype)[labels])}
    peers, missing = present("sklearn", "torch")
    if "sklearn" in peers:
        from sklearn._loss import HalfMultinomialLoss

        half, targets = HalfMultinomialLoss(n_classes=k), labels.astype(dtype)

        def sklearn():
            value, g = half.loss_gradient(targets, z)
            return value.mean(), g

        contenders["scikit-learn"] = Contender(sklearn)
    if "torch" in peers:
        torch = peers["torch"]
        peer = torch.nn.functional.cross_entropy
        contenders["torch"] = gradient_by_torch(torch, peer, torch.from_numpy(z), torch.from_numpy(labels))
    goals = {"scikit-learn": goal_sklearn, "torch": goal_torch}
    work = f"softmax cross-entropy and gradient, {n:,} x {k}, {dtype}"
    return Row(GROUP, work, contenders, goals, agree_to(1e-10 if dtype == "float64" else 1e-4), missing)


def log_loss(dtype, goal, n=1_000_000):
    """Binary cross-entropy of logits."""
    rng = np.random.default_rng(4)
    z, y = rng.standard_normal(n, dtype=dtype), (rng.random(n) < 0.5).astype(dtype)
    contenders = {OURS: ours_on(gd.BinaryCrossEntropy(), z, y.reshape(-1, 1))}
    peers, missing = present("torch")
    if peers:
        torch = peers["torch"]
        peer = torch.nn.functional.binary_cross_entropy_with_logits
        contenders["torch"] = gradient_by_torch(torch, peer, torch.from_numpy(z), torch.from_numpy(y))
    work = f"log loss and gradient, {n:,}, {dtype}"
    return Row(GROUP, work, contenders, {"torch": goal}, agree_to(1e-10 if dtype == "float64" else 1e-4), missing)


def adam(p, goal):
    """One step in single precision; both sides have taken the same number of steps when they are compared."""
    rng = np.random.default_rng(5)
    theta, g = rng.standard_normal((2, p), dtype=np.float32)
    state, start, count = np.zeros((2, p), theta.dtype), theta.copy(), [0]

    def ours():
        one_step(theta, state, g, 1e-3, count[0])
        count[0] += 1
        return theta

    contenders = {OURS: Contender(ours)}
    peers, missing = present("torch")
    if peers:
        torch = peers["torch"]
        w = torch.from_numpy(start).requires_grad_(True)
        w.grad, optimizer = torch.from_numpy(g), torch.optim.Adam([w], lr=1e-3, fused=True)

        def fused():
            optimizer.step()
            return w.detach().numpy()

        contenders["torch fused"] = Contender(fused)
    work = f"Adam step, {p:,} parameters, float32"
    return Row(GROUP, work, contenders, {"torch fused": goal}, close(1e-5, 1e-6), missing)
