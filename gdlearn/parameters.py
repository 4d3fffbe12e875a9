"""The parameters of the estimators, and the records that they stand for."""

import math
from collections.abc import Sequence

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from . import words
from ._types import Record
from .adaptive import Adam
from .automatic import learning_rate
from .models import Linear
from .networks import MLP
from .optimizers import SGD, Nesterov
from .problem import Problem
from .quasi_newton import is_smooth
from .records import Range, number
from .sampling import generator

# The batch of hidden layers where ``batch_size="auto"``.
BATCH = 32


class Parameters(BaseEstimator):
    """The parameters of a linear model or a network; a subclass knows the loss."""

    def __init__(
        self,
        *,
        loss: Record | str = "auto",
        penalty: Record | str | None = "l2",
        lam: float = 1e-4,
        fit_intercept: bool = True,
        hidden: Sequence[int] = (),
        activation: Record | str = "relu",
        optimizer: Record | str = "auto",
        schedule: Record | str = "constant",
        learning_rate: float | str = "auto",
        batch_size: int | str | None = "auto",
        epochs: int = 1000,
        tolerance: float = 1e-4,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        warm_start: bool = False,
        random_state: int | np.random.Generator | np.random.RandomState | None = 0,
    ):
        self.loss = loss
        self.penalty = penalty
        self.lam = lam
        self.fit_intercept = fit_intercept
        self.hidden = hidden
        self.activation = activation
        self.optimizer = optimizer
        self.schedule = schedule
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.tolerance = tolerance
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = not self.hidden
        return tags

    def _problem(self):
        """The problem of the parameters, for the columns and the targets of the fit."""
        loss, outputs = self._loss()
        if self.hidden:
            if not self.fit_intercept:
                raise ValueError("hidden layers always have intercepts; pass fit_intercept=True")
            activation = words.record(self.activation, words.ACTIVATIONS, "activation")
            model = MLP(self.n_features_in_, self.hidden, outputs, activation)
        else:
            model = Linear(self.n_features_in_, outputs, self.fit_intercept)
        penalty = "none" if self.penalty is None else self.penalty
        self.problem_ = Problem(model, loss, words.record(penalty, words.PENALTIES, "penalty", self.lam)).ready()
        return self.problem_

    def _optimizer(self, problem, n, alone):
        """The optimizer of a fit to n rows; L-BFGS by itself only where they stand ``alone``, with no more to come."""
        whole, free = self._batch(n) == n, self.schedule == "constant" and self.learning_rate == "auto"
        fast = alone and free and not self.early_stopping and is_smooth(problem)
        usual = Adam() if self.hidden else SGD() if not whole else "lbfgs" if fast else Nesterov()
        optimizer = words.record(self.optimizer, {"auto": lambda: usual, **words.OPTIMIZERS}, "optimizer")
        if optimizer == "lbfgs" and (self.early_stopping or not whole):
            raise ValueError("optimizer='lbfgs' sees all rows at each step; pass batch_size=None, early_stopping=False")
        return optimizer

    def _method(self, problem, X, weight):
        """Optimizer, schedule and batch size of steps along these rows; the schedule is kept."""
        n, batch = len(weight), self._batch(len(weight))
        self.schedule_ = self.schedule
        if isinstance(self.schedule, str):
            rows = (problem, self.optimizer_, X, weight, batch)
            eta = words.record(self.learning_rate, {"auto": learning_rate}, "learning_rate", *rows)
            steps = number(self.epochs, "epochs", Range(1), int) * math.ceil(n / batch)
            self.schedule_ = words.record(self.schedule, words.SCHEDULES, "schedule", eta, steps)
        return {"optimizer": self.optimizer_, "schedule": self.schedule_, "batch_size": batch}

    def _batch(self, n):
        """The batch size for n rows: at most all of them."""
        layers = self.hidden and self.optimizer != "lbfgs"
        size = words.record(self.batch_size, {"auto": lambda: BATCH if layers else None}, "batch_size")
        return n if size is None else min(n, number(size, "batch_size", Range(1), int))

    def _generator(self):
        seed = self.random_state
        if seed is None or isinstance(seed, np.random.RandomState):
            seed = check_random_state(seed).randint(2**31)
        return generator(seed, "random_state")
