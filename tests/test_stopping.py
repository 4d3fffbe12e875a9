"""What a fit leaves behind, and says, of how it ended: early, at Ctrl-C, before its first step, or not at all."""

import signal
import time
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import gdlearn as gd
import running
from fits import LABELS, N, X, Y
from gdlearn import stopping, training
from gdlearn.estimators import GDClassifier, GDRegressor


@pytest.fixture(autouse=True)
def _plain_python():
    with running.plainly():
        yield


# --- Early stopping


def test_the_best_epoch_is_kept_not_looked_for_again(monkeypatch):
    """Six epochs of which the third is the best; looking at all of them each time would take 40,000 epochs half a minute."""
    losses = iter([9.0, 5.0, 3.0, 4.0, 3.0, 8.0, 7.0, 1.0])
    asked = []

    def judge(theta):
        asked.append(theta.copy())
        return next(losses)

    method = {"epochs": 7, "patience": 3, "tolerance": 0.0}
    run, judged = stopping.minimize_until(judge, gd.Problem(gd.Linear(4)), X, Y, **method)
    assert judged.tolist() == [9.0, 5.0, 3.0, 4.0, 3.0, 8.0, 7.0]
    assert (run.status, run.epochs, run.theta.tolist()) == ("stopped_early", 6, asked[2].tolist())


def test_judging_takes_as_long_for_the_last_epochs_as_for_the_first(monkeypatch):
    """A loss that falls at each epoch, and a training that takes no time."""
    history = gd.minimize(gd.Problem(gd.Linear(4)), X, Y, epochs=1, tolerance=0.0, path=True)

    def train(*_, epochs, **__):
        columns = (np.zeros(epochs + 1) for _ in range(4))
        return history._replace(history=training.History(*columns, np.zeros((epochs + 1, 5))), status="max_epochs")

    monkeypatch.setattr(stopping, "minimize", train)
    falling = iter(range(0, -(10**6), -1))
    began = time.process_time()
    stopping.minimize_until(lambda _: next(falling), None, X, Y, epochs=20_000, patience=10)
    assert time.process_time() - began < 2.0
