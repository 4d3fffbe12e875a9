r"""Plain words for records, as the estimators take them.

========== ============================================================================================
penalty    ``"none"``, ``"l2"``, ``"l1"``, ``"elastic_net"`` with the strength ``lam``
optimizer  ``"lbfgs"`` is :func:`gdlearn.lbfgs`, which sees all rows and needs no schedule; ``"sgd"``,
           ``"momentum"``, ``"nesterov"``, ``"adagrad"``, ``"rmsprop"``, ``"adam"``, ``"amsgrad"``,
           ``"adamw"``, ``"lion"``, ``"muon"`` with their default fields; ``"auto"`` is Adam for hidden
           layers and SGD for batches; with all rows L-BFGS, if the objective is smooth and no schedule,
           learning rate or early stopping is asked for, else Nesterov
schedule   all begin at ``learning_rate`` and know the number T of steps of the fit:
           ``"constant"``; ``"linear"`` and ``"cosine"`` fall to 0 at T; ``"exponential"`` and
           ``"inverse_time"`` fall to a hundredth at T; ``"step"`` falls to a tenth at T/3 and at 2T/3;
           ``"warmup_stable_decay"`` rises for T/10 and falls for T/10
activation ``"relu"``, ``"tanh"``
loss       ``"squared_error"``, ``"absolute_error"``, ``"huber"`` of a regressor; ``"cross_entropy"`` of a
           classifier, on one score for two classes and on a score per class for more
========== ============================================================================================

A record may stand wherever a word may, and then decides everything itself: ``penalty=gd.L2(0.1)``
takes no notice of ``lam``, ``schedule=gd.Cosine(0.1, 500)`` none of ``learning_rate``.

Examples
--------
>>> import gdlearn as gd
>>> X, y = gd.datasets.diabetes("bmi", "bp", standardize=True)
>>> model = gd.GDRegressor(
...     penalty="l1", lam=0.1, optimizer=gd.Momentum(0.5), learning_rate=0.1
... )
>>> model.partial_fit(X[:300], y[:300]).partial_fit(X[300:], y[300:]).n_iter_
2
>>> model.problem_.penalty, model.optimizer_, model.schedule_
(L1(lam=0.1), Momentum(beta=0.5), Constant(eta=0.1))
"""

import math

from .adaptive import AdaGrad, Adam, AdamW, AMSGrad, RMSProp
from .lion import Lion
from .losses import AbsoluteError, Huber, SquaredError
from .muon import Muon
from .networks import Relu, Tanh
from .optimizers import SGD, Momentum, Nesterov
from .penalties import L1, L2, ElasticNet, NoPenalty
from .schedules import Constant, Cosine, Exponential, InverseTime, LinearDecay, Step, WarmupStableDecay

LOSSES = {"auto": SquaredError, "squared_error": SquaredError, "absolute_error": AbsoluteError, "huber": Huber}
PENALTIES = {"none": lambda lam: NoPenalty(), "l2": L2, "l1": L1, "elastic_net": ElasticNet}
ACTIVATIONS = {"relu": Relu, "tanh": Tanh}
OPTIMIZERS = {
    "lbfgs": lambda: "lbfgs",  # no record: it takes no steps of :func:`gdlearn.minimize`
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "amsgrad": AMSGrad,
    "adamw": AdamW,
    "lion": Lion,
    "muon": Muon,
}
SCHEDULES = {
    "constant": lambda eta, steps: Constant(eta),
    "linear": LinearDecay,
    "cosine": Cosine,
    "exponential": lambda eta, steps: Exponential(eta, 0.01 ** (1.0 / steps)),
    "inverse_time": lambda eta, steps: InverseTime(eta, 99.0 / steps),
    "step": lambda eta, steps: Step(eta, 0.1, math.ceil(steps / 3)),
    "warmup_stable_decay": lambda eta, steps: WarmupStableDecay(eta, max(steps, 2), *2 * [math.ceil(steps / 10)]),
}


def record(value, words, name, *arguments):
    """The record that a word stands for; anything else stands for itself.

    Raises
    ------
    ValueError
        If the word is unknown.
    """
    if not isinstance(value, str):
        return value
    if value not in words:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, words))}, or a record of gdlearn, not {value!r}")
    return words[value](*arguments)
