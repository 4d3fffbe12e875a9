"""Which estimators fit by L-BFGS, and what becomes of warm starts, partial fits, warnings and Ctrl-C there."""

import signal
import warnings
from typing import NamedTuple

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

import gdlearn as gd
from fits import CLASSES, EXACT, LABELS, N, X, Y
from gdlearn import losses, quasi_newton
from gdlearn.estimators import GDClassifier, GDRegressor
from gdlearn.second_order import LARGEST

RATE = {"schedule": gd.Constant(0.1)}
PEER = {"activation": "tanh", "solver": "lbfgs", "alpha": 0.01 * N / 2.0, "max_iter": 5000}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (GDRegressor(), "lbfgs"),
        (GDRegressor(loss="huber", penalty=None), "lbfgs"),
        (GDRegressor(loss=gd.SquaredError(), penalty=gd.L2(0.0), batch_size=None), "lbfgs"),
        (GDRegressor(batch_size=N), "lbfgs"),
        (GDRegressor(optimizer="lbfgs", learning_rate=0.1), "lbfgs"),
        (GDRegressor(optimizer="lbfgs", hidden=(3,)), "lbfgs"),
        (GDRegressor(loss="absolute_error", learning_rate=0.1), gd.Nesterov()),
        (GDRegressor(penalty="l1"), gd.Nesterov()),
        (GDRegressor(penalty="elastic_net"), gd.Nesterov()),
        (GDRegressor(learning_rate=0.1), gd.Nesterov()),
        (GDRegressor(schedule="cosine"), gd.Nesterov()),
        (GDRegressor(**RATE), gd.Nesterov()),
        (GDRegressor(early_stopping=True), gd.Nesterov()),
        (GDRegressor(batch_size=N - 1), gd.SGD()),
        (GDRegressor(hidden=(3,)), gd.Adam()),
        (GDRegressor(optimizer=gd.SGD()), gd.SGD()),
    ],
    ids=str,
)
def test_who_fits_by_lbfgs(model, expected):
    with warnings.catch_warnings(action="ignore"):
        assert model.fit(X, Y).optimizer_ == expected
    assert (model.schedule_ is None) == (expected == "lbfgs")


@pytest.mark.parametrize("y", [LABELS, CLASSES], ids=["binary", "multiclass"])
def test_the_optimum_is_that_of_gradient_descent(y):
    """By ``gd.minimize`` with an optimizer of its own, where L-BFGS fits in a fifth of the epochs."""
    quick, slow = (GDClassifier(lam=0.05, optimizer=how, **EXACT).fit(X, y) for how in ("auto", "nesterov"))
    assert (quick.optimizer_, slow.optimizer_) == ("lbfgs", gd.Nesterov())
    np.testing.assert_allclose(quick.coef_, slow.coef_, atol=1e-8)
    assert quick.n_iter_ < slow.n_iter_ / 5


def test_a_network_by_lbfgs():
    """To a stationary point, in the settings of scikit-learn's ``MLPRegressor(solver="lbfgs")``."""
    settings = {"hidden": (6,), "activation": "tanh", "optimizer": "lbfgs", "epochs": 5000, "tolerance": 1e-5}
    model = GDRegressor(lam=0.01, **settings).fit(X, Y)
    assert model.run_.status == "converged" and model.n_iter_ < 5000
    assert np.linalg.norm(model.problem_.gradient(model.run_.theta, X, Y)) <= 1e-5
    peer = MLPRegressor(hidden_layer_sizes=(6,), **PEER).fit(X, Y)
    assert model.score(X, Y) > peer.score(X, Y) - 0.05
    other = GDRegressor(lam=0.01, random_state=1, **settings).fit(X, Y)
    assert other.run_.history.objective[0] != model.run_.history.objective[0]


def test_a_warm_start_begins_at_the_last_end():
    cold, model = (GDRegressor(loss="huber", warm_start=warm, tolerance=1e-6).fit(X, Y) for warm in (False, True))
    before = model.run_.theta
    assert model.fit(X, Y).n_iter_ == 0
    assert model.run_.theta.tolist() == before.tolist()
    assert 0 < model.fit(X, Y + 0.01 * X[:, 0]).n_iter_ < cold.n_iter_


def test_partial_fit_goes_on_by_steps_along_the_gradient():
    model = GDRegressor().fit(X, Y)
    steps, before = model.n_iter_, model.run_.history.objective[-1]
    model.partial_fit(X, Y)
    assert model.problem_.objective(model.run_.theta, X, Y) == pytest.approx(before, rel=1e-7)
    model.partial_fit(X[:20], Y[:20])
    assert model.optimizer_ == gd.Nesterov() and model.n_iter_ == steps + 2
    assert GDRegressor().partial_fit(X, Y).optimizer_ == gd.Nesterov()
    assert not hasattr(GDRegressor(optimizer="lbfgs"), "partial_fit")
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'") as caught:
        GDRegressor(optimizer="lbfgs").partial_fit  # noqa: B018
    assert "L-BFGS all; pass another optimizer" in str(caught.value.__cause__)


@pytest.mark.parametrize("fit", ["fit", "partial_fit"])
@pytest.mark.parametrize("wrong", [{"learning_rate": -1.0}, {"epochs": -1, "schedule": "cosine"}])
def test_a_fit_that_fails_leaves_the_estimator_as_it_was(fit, wrong):
    model = GDRegressor().fit(X, Y)
    before, right = vars(model).copy(), model.get_params()
    with pytest.raises(ValueError, match=r"must be"):
        getattr(model.set_params(**wrong), fit)(X, Y)
    assert vars(model.set_params(**right)) == before
    assert model.partial_fit(X, Y).optimizer_ == gd.Nesterov()


def test_warnings_say_what_to_pass():
    with pytest.warns(ConvergenceWarning, match=r"gradient has norm .* after 2 epochs.*pass more epochs") as caught:
        GDClassifier(epochs=2).fit(X, CLASSES)
    assert caught[0].filename == __file__
    with pytest.warns(ConvergenceWarning, match=r"rounding hides the way down.*larger tolerance, X in float64"):
        model = GDClassifier(tolerance=1e-12).fit(X.astype(np.float32), CLASSES)
    assert model.run_.status == "stalled" and model.coef_.dtype == np.float32


@pytest.mark.parametrize(
    ("model", "y", "named"),
    [
        (GDRegressor(epochs=1, tolerance=0.0), Y, True),
        (GDClassifier(epochs=2), LABELS, True),
        (GDClassifier(epochs=2), CLASSES, False),
        (GDRegressor(epochs=2, loss="huber"), Y, False),
        (GDRegressor(epochs=2, penalty="l1"), Y, False),
        (GDRegressor(epochs=2, hidden=(3,), optimizer="lbfgs"), Y, False),
    ],
    ids=str,
)
def test_warnings_name_newton_where_it_takes_the_problem(model, y, named):
    with pytest.warns(ConvergenceWarning) as caught:
        model.fit(X, y)
    assert ("gd.newton" in str(caught[0].message)) is named
    if named:
        assert gd.newton(model.problem_, X, y == "yes" if y is LABELS else y).status == "converged"


@pytest.mark.parametrize("columns", [LARGEST - 1, LARGEST])
def test_warnings_name_newton_only_where_its_matrix_fits(columns):
    """With the intercept, the second has one parameter too many."""
    wide = sparse.csr_array((Y, (np.arange(N), np.arange(N))), shape=(N, columns))
    with pytest.warns(ConvergenceWarning) as caught:
        GDRegressor(epochs=1, tolerance=1e-9).fit(wide, Y)
    assert ("gd.newton" in str(caught[0].message)) is (columns < LARGEST)


class Lowered(NamedTuple):
    """The squared error, less 1000: an objective may be below 0."""


@losses.value.kernel(Lowered)
def _(loss, z, y):
    return (z - y) * (z - y) - 1000.0


@losses.slope.kernel(Lowered)
def _(loss, z, y):
    return 2.0 * (z - y)


@pytest.mark.filterwarnings("error")
def test_an_objective_below_zero():
    model = GDRegressor(loss=Lowered(), optimizer="lbfgs", tolerance=1e-6).fit(X, Y)
    np.testing.assert_allclose(model.coef_, GDRegressor(tolerance=1e-6).fit(X, Y).coef_, atol=1e-6)


def test_ctrl_c_ends_a_fit_that_keeps_what_it_learned(monkeypatch):
    looks, look = [], quasi_newton.Search.look

    def interrupting(search, theta):
        looks.append(1)
        if len(looks) == 4:
            signal.raise_signal(signal.SIGINT)
        return look(search, theta)

    monkeypatch.setattr(quasi_newton.Search, "look", interrupting)
    model = GDRegressor(loss="huber", tolerance=1e-10)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert model.run_.status == "interrupted"
    assert model.n_iter_ == 2  # the first step took two looks, and the start one
    assert np.isfinite(model.predict(X)).all()
