"""What a fit leaves behind, and says, of how it ended: early, at Ctrl-C, before its first step, or not at all."""

import signal
import time

import numpy as np
import pytest

import gdlearn as gd
import running
from fits import X, Y
from gdlearn import stopping, training
from gdlearn.estimators import GDRegressor


@pytest.fixture(autouse=True)
def _plain_python():
    with running.plainly():
        yield


# --- Early stopping


def test_the_best_epoch_is_kept_not_looked_for_again():
    """Six epochs of which the third is the best; the seventh is never asked for."""
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


# --- What an earlier fit leaves


def test_a_fit_removes_what_an_earlier_one_left():
    short = {"epochs": 2, "tolerance": 1e9}
    model = GDRegressor(early_stopping=True, epochs=2).fit(X, Y)
    model.set_params(hidden=(3,), early_stopping=False, **short).fit(X, Y)
    assert not {"coef_", "intercept_", "validation_loss_"} & {*vars(model)}
    model.set_params(hidden=()).fit(X, Y)
    assert not {"coefs_", "intercepts_"} & {*vars(model)}


def test_predictions_go_by_what_was_fitted():
    model = GDRegressor(hidden=(3,), epochs=2).fit(X, Y)
    network = model.predict(X)
    assert model.set_params(hidden=()).predict(X).tolist() == network.tolist()
    line = model.set_params(tolerance=1e9).fit(X, Y).predict(X)
    assert model.set_params(hidden=(3,)).predict(X).tolist() == line.tolist()


# --- Ctrl-C


@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"hidden": (3,), "batch_size": 8}])
def test_ctrl_c_ends_a_fit_that_keeps_what_it_learned(settings, monkeypatch):
    stretches = []

    def train(*arguments):
        stretches.append(arguments)
        if len(stretches) == 4:
            signal.raise_signal(signal.SIGINT)
        return training_of_a_stretch(*arguments)

    training_of_a_stretch = training.train
    monkeypatch.setattr(training, "PATIENCE", 0.0)
    monkeypatch.setattr(training, "train", train)
    model = GDRegressor(epochs=50, tolerance=0.0, **settings)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert model.run_.status == "interrupted"
    assert 0 < model.n_iter_ < 50
    assert np.isfinite(model.predict(X)).all()
