"""The components that the battery combines, and the check of one combination against plain loops."""

import numpy as np
from scipy import sparse

import gdlearn as gd
import naive_training

LOSSES = [
    (gd.SquaredError(), 1),
    (gd.AbsoluteError(), 3),
    (gd.Huber(0.4), 1),
    (gd.BinaryCrossEntropy(), 3),
    (gd.CrossEntropy(1.5, 0.1), 3),
]
PENALTIES = [gd.NoPenalty(), gd.L2(0.3), gd.L1(0.1), gd.ElasticNet(0.2, 0.6)]
OPTIMIZERS = [
    gd.SGD(),
    gd.Momentum(0.7),
    gd.Nesterov(0.8),
    gd.AdaGrad(),
    gd.RMSProp(0.8),
    gd.Adam(0.8, 0.95),
    gd.AMSGrad(0.8, 0.6),
    gd.AdamW(0.5, 0.8, 0.95),
    gd.Lion(0.6, 0.8, 0.3),
    gd.Muon(0.7),
    gd.Clip(0.3),
    gd.Clip(0.5, gd.Nesterov(0.6)),
]
SCHEDULES = [
    gd.Constant(0.02),
    gd.Exponential(0.05, 0.9),
    gd.LinearDecay(0.05, 5, 0.01),
    gd.InverseTime(0.05, 0.3),
    gd.Step(0.05, 0.5, 2),
    gd.Cosine(0.05, 5, 0.01),
    gd.WarmupStableDecay(0.05, 8, 2, 3),
    gd.Warmup(3, gd.Exponential(0.03, 0.95)),
]
# name: (how the model is made from the number of outputs, the kind of its inputs)
MODELS = {
    "linear": (lambda k: gd.Linear(2, k), np.asarray),
    "linear without intercept": (lambda k: gd.Linear(2, k, False), np.asarray),
    "linear, CSR": (lambda k: gd.Linear(2, k), sparse.csr_array),
    "MLP, Relu": (lambda k: gd.MLP(2, (3,), k), np.asarray),
    "MLP, Tanh": (lambda k: gd.MLP(2, (3, 2), k, gd.Tanh()), np.asarray),
}
RNG = np.random.default_rng(42)
# An odd number of rows: slopes of +-1 then never cancel to a gradient that is 0 but for rounding.
ROWS = RNG.standard_normal((5, 2)) * [[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 1.0]]
START = 0.7 * RNG.standard_normal(40)
NUMBERS, LABELS = RNG.standard_normal((5, 3)), RNG.integers(0, 2, (5, 3)).astype(float)
CLASSES = np.eye(3)[[0, 1, 2, 1, 2]]


def targets(loss, outputs):
    """Targets (5, outputs) that suit the loss."""
    table = {gd.BinaryCrossEntropy: LABELS, gd.CrossEntropy: CLASSES}.get(type(loss), NUMBERS)
    return table[:, :outputs]


def check_against_plain_loops(model, loss, outputs, penalty, **method):
    """The run and the plain run have the same history."""
    make, kind = MODELS[model]
    problem, Y = gd.Problem(make(outputs), loss, penalty), targets(loss, outputs)
    start = START[: gd.models.size(problem.model)]
    method = {"epochs": 2, "seed": 5} | method
    y = Y[:, 0] if outputs == 1 else Y
    run = gd.minimize(problem, kind(ROWS), y, start=start, path=True, **method)
    expected = naive_training.minimize(problem, ROWS.tolist(), Y.tolist(), start=start.tolist(), **method)
    close = {"rtol": 1e-10, "atol": 1e-11, "err_msg": f"{problem} {method}"}
    np.testing.assert_allclose(run.history.theta, expected.theta, **close)
    for name in ("objective", "gradient_norm", "learning_rate"):
        np.testing.assert_allclose(getattr(run.history, name), getattr(expected, name), **close)
    assert (run.status, run.epochs) == ("max_epochs", method["epochs"])
    assert run.theta.tolist() == run.history.theta[-1].tolist()
