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


def test_growth_from_almost_nothing_is_no_divergence():
    """Momentum swings a little after an almost perfect fit: only the start of all tells how much is too much."""
    x = np.repeat([[1.0, 3.0], [2.0, 1.0], [3.0, 3.0], [4.0, 1.0]], 4, axis=0)
    y = np.repeat([1.0, 2.0, 1.0, 2.0], 4)
    with warnings.catch_warnings(action="error"):
        model = GDRegressor(early_stopping=True).fit(x, y)
    assert model.run_.status != "diverged"
    with pytest.warns(gd.DivergenceWarning):
        model = GDRegressor(early_stopping=True, learning_rate=5.0).fit(x, y)
    assert model.run_.status == "diverged"


# --- What an earlier fit leaves


def test_a_fit_removes_what_an_earlier_one_left():
    model = GDRegressor(early_stopping=True, epochs=2, batch_size=60).fit(X, Y)
    model.set_params(hidden=(3,), early_stopping=False).fit(X, Y)
    assert not {"coef_", "intercept_", "validation_loss_"} & {*vars(model)}
    model.set_params(hidden=()).fit(X, Y)
    assert not {"coefs_", "intercepts_"} & {*vars(model)}


def test_predictions_go_by_what_was_fitted():
    model = GDRegressor(hidden=(3,), epochs=2, batch_size=60).fit(X, Y)
    network = model.predict(X)
    assert model.set_params(hidden=()).predict(X).tolist() == network.tolist()
    line = model.fit(X, Y).predict(X)
    assert model.set_params(hidden=(3,)).predict(X).tolist() == line.tolist()


# --- Ctrl-C


def test_ctrl_c_in_the_last_stretch_ends_a_loop_of_fits(monkeypatch):
    def train(*arguments):
        signal.raise_signal(signal.SIGINT)
        return training_of_a_stretch(*arguments)

    training_of_a_stretch = training.train
    monkeypatch.setattr(training, "train", train)
    model = GDRegressor(optimizer="nesterov", epochs=1, tolerance=1e9)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert model.run_.status == "interrupted"


@pytest.mark.parametrize(
    "settings", [{"optimizer": "nesterov"}, {"early_stopping": True}, {"hidden": (3,), "batch_size": 8}]
)
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


# --- Warnings


@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"batch_size": 8}])
def test_a_fit_that_takes_no_step_says_so(settings):
    small = 1e-6 * (Y - Y.mean())
    with pytest.warns(ConvergenceWarning, match=r"no step .* within tolerance=0.0001.*smaller tolerance, or scale y"):
        model = GDRegressor(**settings).fit(X, small)
    assert model.n_iter_ == 0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e-150])
def test_a_fit_that_needs_no_step_is_silent(dtype, scale):
    """At zero, the lasso with a strong penalty has no gradient but what rounding leaves of the mean of y."""
    y = (scale * (Y - Y.mean())).astype(dtype)
    with warnings.catch_warnings(action="error"):
        assert GDRegressor(penalty="l1", lam=100.0).fit(X.astype(dtype), y).n_iter_ == 0
        assert GDRegressor().fit(X, np.zeros(N)).n_iter_ == 0
        warm = GDRegressor(warm_start=True).fit(X, Y)
        assert warm.fit(X, Y).n_iter_ == 0


def test_a_fit_that_did_not_converge_names_what_helps_most_first():
    with pytest.warns(ConvergenceWarning) as caught:
        GDClassifier(epochs=3).fit(X, LABELS)
    message = str(caught[0].message)
    words = ["after 3 epochs, above tolerance=0.0001", "more epochs", "standardize", "gd.newton"]
    places = [message.index(word) for word in words]
    assert places == sorted(places)
    assert caught[0].filename == __file__


def test_many_rows_of_many_copies_take_no_more_memory_than_a_few(monkeypatch):
    monkeypatch.setattr(stopping, "IN_ALL", 2000)
    y, weight = np.arange(500.0), np.full(500, 100.0)
    train, held = stopping.share_out(y, weight, 1.0, 0.25, np.random.default_rng(0))
    np.testing.assert_allclose(train + held, weight)
    assert set(held.tolist()) <= {0.0, 25.0, 50.0, 75.0, 100.0}
    assert held.sum() == 0.25 * weight.sum()
