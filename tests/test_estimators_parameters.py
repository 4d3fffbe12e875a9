"""The parameters of the estimators: words and records, automatic rates, early stopping, and what is refused."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

import gdlearn as gd
from fits import CLASSES, RNG, N, X, Y
from gdlearn import automatic, stopping, words
from gdlearn.estimators import GDClassifier, GDRegressor

# --- Early stopping


@pytest.mark.parametrize("hidden", [(), (16,)])
def test_early_stopping_goes_back_to_the_best_epoch(hidden):
    rows = slice(0, 60)
    model = GDRegressor(hidden=hidden, early_stopping=True, validation_fraction=0.3, patience=5, learning_rate=0.02)
    model.set_params(penalty=None, epochs=400).fit(RNG.standard_normal((60, 30)), Y[rows])
    best = int(model.validation_loss_.argmin())
    assert model.run_.status == "stopped_early"
    assert len(model.validation_loss_) == model.n_iter_ + 1 == len(model.run_.history.objective)
    assert best + 5 <= model.n_iter_ < best + 10
    shorter = clone(model).set_params(epochs=max(best, 1)).fit(RNG.standard_normal((60, 30)), Y[rows])
    assert shorter.n_iter_ == max(best, 1)


def test_early_stopping_ends_where_it_ends_for_every_patience():
    """Patience decides when to stop, and nothing else: the epochs seen are those of one plain run."""
    base = GDRegressor(hidden=(8,), early_stopping=True, epochs=40, learning_rate=0.01)
    losses = [clone(base).set_params(patience=p).fit(X, Y).validation_loss_ for p in (3, 7, 40)]
    assert len(losses[2]) == 41
    for shorter in losses[:2]:
        assert shorter.tolist() == losses[2][: len(shorter)].tolist()
    best = clone(base).fit(X, Y)
    assert best.run_.history.seconds.min() >= 0.0
    assert (np.diff(best.run_.history.seconds) >= 0.0).all()


def test_every_class_is_held_out_by_its_share():
    y = np.repeat([0.0, 1.0, 2.0], [80, 40, 20])
    train, held = stopping.split(y, 0.1, np.random.default_rng(0))
    assert np.bincount(y[held].astype(int)).tolist() == [8, 4, 2]
    assert sorted([*train, *held]) == list(range(140))


@pytest.mark.parametrize("seed", range(3))
def test_few_distinct_rows_are_held_out_by_their_share(seed):
    """One feature of 0 and 1 makes four distinct rows of 2000: none of them may leave the training as a whole."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, (2000, 1)).astype(float)
    y = rng.random(2000) < np.where(x[:, 0] > 0.0, 0.9, 0.1)
    plain = GDClassifier().fit(x, y)
    for weight in (None, np.full(2000, 0.25), rng.uniform(0.5, 1.0, 2000)):
        model = GDClassifier(early_stopping=True, patience=50, random_state=seed).fit(x, y, sample_weight=weight)
        np.testing.assert_allclose(model.predict_proba(x), plain.predict_proba(x), atol=0.06)


def test_different_rows_are_held_out_whole():
    for weight in (np.ones(N), np.full(N, 0.3), RNG.uniform(0.1, 1.0, N)):
        one = stopping.unit(weight)
        trained, judged = stopping.share_out(Y, weight, one, 0.2, np.random.default_rng(3))
        train, held = stopping.split(Y, 0.2, np.random.default_rng(3))
        for part, rows in ((trained, train), (judged, held)):
            assert np.flatnonzero(part).tolist() == rows.tolist()
            assert part[rows].tolist() == weight[rows].tolist()


def test_a_row_of_many_copies_is_shared_out():
    y, weight = np.array([0.0, 1.0]), np.array([30.0, 1e300])
    trained, judged = stopping.share_out(y, weight, stopping.unit(np.array([3.0, 3.0, 1e-300])), 0.1, RNG)
    np.testing.assert_allclose(judged, 0.1 * weight)
    np.testing.assert_allclose(trained + judged, weight)


@pytest.mark.parametrize(
    ("settings", "rows", "error"),
    [
        ({}, 1, "n_samples=1"),
        ({"validation_fraction": 0.99}, 2, "holds out 2 of n_samples=2"),
        ({"validation_fraction": 1.0}, N, "validation_fraction must be"),
        ({"patience": 0}, N, "patience must be"),
    ],
)
def test_early_stopping_refuses(settings, rows, error):
    with pytest.raises(ValueError, match=error):
        GDRegressor(early_stopping=True, **settings).fit(X[:rows], Y[:rows])


# --- Words, rates, warnings


@pytest.mark.parametrize("word", words.SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 30])
def test_schedules_begin_at_the_rate_and_end_low(word, steps):
    schedule = words.record(word, words.SCHEDULES, "schedule", 0.5, steps)
    rates = [gd.schedules.rate(schedule, t) for t in range(steps + 1)]
    assert all(0.0 <= r <= 0.5 for r in rates)
    if steps == 30:
        assert word == "warmup_stable_decay" or rates[0] == 0.5
        assert word == "constant" or rates[-1] <= 0.00501
        assert gd.minimize(gd.Problem(gd.Linear(4)), X, Y, schedule=schedule, epochs=1).epochs == 1


@pytest.mark.parametrize("word", words.OPTIMIZERS)
def test_optimizers_have_their_words(word):
    settings = {} if word == "lbfgs" else {"schedule": gd.Constant(1e-3), "early_stopping": True, "epochs": 1}
    found = GDRegressor(optimizer=word, **settings).fit(X, Y).optimizer_
    assert word == (found if word == "lbfgs" else type(found).__name__.lower())


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"loss": "l3"}, "loss must be one of 'auto', 'squared_error', 'absolute_error', 'huber'"),
        ({"penalty": "l3"}, "penalty must be one of 'none', 'l2', 'l1', 'elastic_net', or a record"),
        ({"penalty": gd.SquaredError()}, "penalty=SquaredError has no cost kernel"),
        ({"lam": -1.0}, "penalty.lam must be"),
        ({"optimizer": "newton"}, "optimizer must be one of 'auto', 'lbfgs', 'sgd'"),
        ({"schedule": "random"}, "schedule must be one of 'constant'"),
        ({"learning_rate": "fast"}, "learning_rate must be one of 'auto'"),
        ({"learning_rate": -0.1}, "schedule.eta must be"),
        ({"batch_size": "all"}, "batch_size must be one of 'auto'"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"epochs": 0}, "epochs must be"),
        ({"optimizer": "sgd", "epochs": 0}, "epochs must be"),
        ({"optimizer": "lbfgs", "batch_size": 8}, "optimizer='lbfgs' sees all rows at each step; pass batch_size=None"),
        ({"optimizer": "lbfgs", "early_stopping": True}, "early_stopping=False"),
        ({"optimizer": "lbfgs", "penalty": "l1"}, "lbfgs takes the penalty NoPenalty or L2, not L1"),
        ({"hidden": (3,), "activation": "step"}, "activation must be one of 'relu', 'tanh'"),
        ({"hidden": (3,), "fit_intercept": False}, "hidden layers always have intercepts; pass fit_intercept=True"),
        ({"hidden": 3}, "model.hidden must be a tuple"),
        ({"random_state": -1}, "random_state must be"),
        ({"random_state": "today"}, "random_state must be"),
    ],
)
def test_regressor_refuses(settings, error):
    with pytest.raises((ValueError, TypeError), match=error):
        GDRegressor(**settings).fit(X, Y)


@pytest.mark.parametrize("settings", [{}, {"batch_size": 8}, {"hidden": (3,)}, {"early_stopping": True}])
def test_targets_of_text_are_refused(settings):
    model = GDRegressor(**settings)
    for fit in [model.fit] + ([] if settings.get("early_stopping") else [model.partial_fit]):
        with pytest.raises(TypeError, match=r"y must be an array of real numbers, not of dtype <U\d+; convert it"):
            fit(X, Y.astype(str))


@pytest.mark.parametrize("settings", [{"fit_intercept": False}, {"hidden": (3,)}, {}])
def test_a_warm_start_needs_the_same_shapes(settings):
    model = GDRegressor(warm_start=True, epochs=1, batch_size=60).fit(X, Y).set_params(**settings)
    columns = slice(None) if settings else slice(3)
    with pytest.raises(ValueError, match="warm_start needs the same columns, scores and fit_intercept"):
        model.fit(X[:, columns], Y)
    model.set_params(warm_start=False).fit(X[:, columns], Y)
    same_size = GDRegressor(warm_start=True, fit_intercept=False, epochs=1, batch_size=60).fit(X, Y)
    with pytest.raises(ValueError, match="warm_start needs"):
        same_size.set_params(fit_intercept=True).fit(X[:, :3], Y)
    with pytest.raises(ValueError, match=r"partial_fit needs the same columns, scores .* the same network"):
        GDRegressor().fit(X, Y).set_params(hidden=(3,)).partial_fit(X, Y)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"loss": "hinge"}, "loss must be one of 'auto', 'cross_entropy'"),
        ({"loss": gd.SquaredError()}, "loss must be a cross-entropy"),
        ({"loss": gd.BinaryCrossEntropy()}, "is for two classes, but y has 3"),
    ],
)
def test_classifier_refuses(settings, error):
    with pytest.raises((ValueError, TypeError), match=error):
        GDClassifier(**settings).fit(X, CLASSES)


def test_automatic_rate_is_one_over_the_curvature():
    problem = gd.Problem(gd.Linear(4), penalty=gd.L2(0.0))
    L = problem.smoothness(X).L
    steepest = 2.0 * ((X**2).sum(axis=1) + 1.0).max()
    rates = [automatic.learning_rate(problem, gd.SGD(), X, np.ones(N), m) for m in (1, 10, N)]
    assert rates == sorted(rates)
    assert 1.0 / rates[0] == pytest.approx(steepest)
    assert 1.0 / rates[2] == pytest.approx(L)
    assert automatic.learning_rate(problem, gd.SGD(), sparse.csr_array(X), np.ones(N), 10) == pytest.approx(rates[1])
    assert automatic.learning_rate(problem, gd.Adam(), X, np.ones(N), N) == automatic.RATE
    assert automatic.learning_rate(gd.Problem(gd.MLP(4, (2,))), gd.SGD(), X, np.ones(N), N) == automatic.RATE


def test_automatic_rate_of_many_columns():
    wide = RNG.standard_normal((30, 600))
    problem, exact = gd.Problem(gd.Linear(600, intercept=False)), 2.0 * np.linalg.norm(wide, 2) ** 2 / 30
    for layout in (np.asarray, sparse.csr_array):
        rate = automatic.learning_rate(problem, gd.SGD(), layout(wide), np.ones(30), 30)
        assert 1.0 / 1.011 <= rate * exact <= 1.0


def test_random_states():
    states = [3, np.random.default_rng(3), np.random.RandomState(3), None]
    fits = [GDRegressor(hidden=(4,), epochs=2, random_state=state).fit(X, Y).run_.theta for state in states]
    assert fits[0].tolist() == fits[1].tolist()
    assert fits[0].tolist() != fits[2].tolist()
