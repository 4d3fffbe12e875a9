"""The estimators in scikit-learn: its own checks, pipelines, searches, pickles, sparse inputs, warm starts."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import gdlearn as gd
from fits import CLASSES, CONFIGURATIONS, EXACT, LABELS, QUICK, RNG, SCORES, WEIGHT, N, X, Y, targets
from gdlearn.estimators import GDClassifier, GDRegressor


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(QUICK)
def test_scikit_learn_finds_nothing_to_object_to(estimator, check):
    check(estimator)


@pytest.mark.long_in_python("ten minutes, for estimators that differ in nothing but their kernels")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(CONFIGURATIONS[len(QUICK) :])
def test_scikit_learn_finds_nothing_to_object_to_in_other_configurations(estimator, check):
    check(estimator)


# --- Life in scikit-learn


@pytest.mark.parametrize("estimator", CONFIGURATIONS, ids=lambda e: type(e).__name__)
@pytest.mark.long_in_python("a minute")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_pickles_and_clones(estimator):
    model = clone(estimator).fit(X, targets(estimator))
    again = pickle.loads(pickle.dumps(model))
    assert again.predict(X).tolist() == model.predict(X).tolist()
    assert again.run_.theta.tolist() == model.run_.theta.tolist()
    assert clone(model).get_params() == estimator.get_params()


@pytest.mark.long_in_python("a quarter of a minute")
def test_grid_search_in_a_pipeline_finds_a_sane_strength():
    """Forty columns of noise beside one that counts: no penalty overfits, a huge one underfits."""
    rng = np.random.default_rng(0)  # whatever other tests draw
    noisy = np.column_stack([SCORES, rng.standard_normal((N, 40))])
    grid = {"gdregressor__lam": [0.0, 0.3, 100.0]}
    y = SCORES + 2.0 * rng.standard_normal(N)
    search = GridSearchCV(make_pipeline(StandardScaler(), GDRegressor()), grid).fit(noisy, y)
    assert search.best_params_ == {"gdregressor__lam": 0.3}


def test_grid_search_over_records():
    grid = {"penalty": [gd.L1(5.0), gd.L2(0.01)], "schedule": [gd.Constant(0.05), "cosine"]}
    search = GridSearchCV(GDRegressor(early_stopping=True), grid).fit(X, Y)
    assert search.best_params_["penalty"] == gd.L2(0.01)


@pytest.mark.parametrize("estimator", [GDRegressor(), GDRegressor(hidden=(3,), epochs=3), GDClassifier()])
def test_float32_stays(estimator):
    model = clone(estimator).set_params(tolerance=1e-3).fit(X.astype(np.float32), targets(estimator))
    scores = model.predict_proba if isinstance(model, GDClassifier) else model.predict
    assert model.run_.theta.dtype == np.float32
    assert scores(X.astype(np.float32)).dtype == np.float32
    if estimator.hidden:  # other bits, another order of the rows
        return
    double = clone(estimator).set_params(tolerance=1e-3).fit(X, targets(estimator))
    np.testing.assert_allclose(model.run_.theta, double.run_.theta, atol=1e-3)


@pytest.mark.parametrize("estimator", [GDRegressor(tolerance=1e-10), GDClassifier(tolerance=1e-10)])
def test_sparse_inputs_are_dense_inputs(estimator):
    thin = np.where(RNG.random((N, 4)) < 0.5, X, 0.0)
    dense = clone(estimator).fit(thin, targets(estimator))
    model = clone(estimator).fit(sparse.coo_array(thin), targets(estimator))
    np.testing.assert_allclose(model.coef_, dense.coef_, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(model.predict(sparse.csr_array(thin)), dense.predict(thin), rtol=1e-8)


@pytest.mark.parametrize("estimator", [GDRegressor(hidden=(3,), epochs=3), GDClassifier(hidden=(3, 2), epochs=3)])
def test_networks_predict_the_scores_of_their_problem_whatever_holds_the_rows(estimator):
    model = clone(estimator).fit(X, targets(estimator))
    scores = model.decision_function if isinstance(model, GDClassifier) else model.predict
    model.run_.theta.setflags(write=False)  # as in a file that is mapped into memory
    for rows in (X, X.astype(np.float32), np.asfortranarray(X), X[::-2], pandas.DataFrame(X)):
        expected = model.problem_.scores(model.run_.theta, np.asarray(rows))
        assert scores(rows).tolist() == expected.tolist() and scores(rows).dtype == expected.dtype


@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array])
def test_linear_scores_are_those_of_their_problem(convert):
    model = GDClassifier(batch_size=16, epochs=3).fit(convert(X), CLASSES)
    assert model.coef_.flags.f_contiguous  # or SciPy would copy it for each product with sparse rows
    expected = model.problem_.scores(model.run_.theta, convert(X))
    np.testing.assert_allclose(model.decision_function(convert(X)), expected, rtol=1e-12, atol=1e-12)


def test_feature_names_are_kept():
    table = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    model = GDRegressor().fit(table, Y)
    assert model.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    assert model.predict(table).shape == (N,)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(table[["b", "a", "c", "d"]])


def test_library_names_the_extra_where_scikit_learn_is_missing():
    script = (
        "import sys; sys.modules['sklearn'] = None; import gdlearn as gd\n"
        "try: gd.GDRegressor\n"
        "except ImportError as error: print(error)"
    )
    folder = Path(gd.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    assert "gdlearn[sklearn]" in done.stdout


# --- Going on


@pytest.mark.parametrize("estimator", [GDRegressor(batch_size=20), GDRegressor(batch_size=20, optimizer="adam")])
def test_pieces_are_one_pass_over_the_same_order(estimator):
    whole = clone(estimator).set_params(learning_rate=0.01).partial_fit(X, Y, sample_weight=WEIGHT)
    pieces = clone(estimator).set_params(learning_rate=0.01)
    for rows in np.split(np.arange(N), [40, 60]):
        pieces.partial_fit(X[rows], Y[rows], sample_weight=WEIGHT[rows])
    np.testing.assert_allclose(pieces.coef_, whole.coef_, rtol=1e-12)
    assert pieces.n_iter_ == 3


def test_a_pass_is_one_epoch_of_minimize():
    labels = (LABELS == "yes").astype(float)
    ours = GDClassifier(batch_size=20, schedule=gd.Constant(0.1), lam=0.3).partial_fit(X, labels, classes=[0.0, 1.0])
    problem = gd.Problem(gd.Linear(4), gd.BinaryCrossEntropy(), gd.L2(0.3))
    run = gd.minimize(problem, X, labels, batch_size=20, schedule=0.1, epochs=1, sampling="sequential")
    assert ours.run_.theta.tolist() == run.theta.tolist()


def test_partial_fit_needs_the_classes_and_keeps_them():
    model = GDClassifier()
    with pytest.raises(ValueError, match="classes must list all labels"):
        model.partial_fit(X, CLASSES)
    model.partial_fit(X[CLASSES < 2], CLASSES[CLASSES < 2], classes=[0, 1, 2]).partial_fit(X, CLASSES)
    assert model.classes_.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="holds the label 7"):
        model.partial_fit(X, np.where(CLASSES == 0, 7, CLASSES))
    with pytest.raises(ValueError, match="as in the first fit"):
        model.partial_fit(X, CLASSES, classes=[0, 1])


def test_partial_fit_goes_on_after_fit_but_not_with_rows_held_out():
    model = GDRegressor(**EXACT).fit(X, Y)
    before = model.coef_
    np.testing.assert_allclose(model.partial_fit(X, Y).coef_, before, atol=1e-8)
    assert not hasattr(GDRegressor(early_stopping=True), "partial_fit")
    stopped = GDRegressor(early_stopping=True).fit(X, Y).set_params(early_stopping=False)
    before = stopped.n_iter_
    assert stopped.partial_fit(X, Y).n_iter_ == before + 1


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_warm_start_begins_where_the_last_fit_ended():
    plain = {"optimizer": "sgd", "schedule": gd.Constant(0.05), "tolerance": 0.0}
    warm = GDRegressor(epochs=4, warm_start=True, **plain).fit(X, Y).set_params(epochs=3).fit(X, Y)
    assert warm.coef_.tolist() == GDRegressor(epochs=7, **plain).fit(X, Y).coef_.tolist()
    assert warm.set_params(warm_start=False, epochs=7).fit(X, Y).coef_.tolist() == warm.coef_.tolist()


def test_warm_start_keeps_the_classes():
    warm = GDClassifier(warm_start=True).fit(X, CLASSES)
    assert warm.fit(X, CLASSES).n_iter_ <= 1
    with pytest.raises(ValueError, match="as in the first fit"):
        warm.fit(X, LABELS)


def test_the_generator_is_asked_only_by_the_first_call_of_partial_fit():
    state = np.random.RandomState(0)
    model = GDRegressor(random_state=state).partial_fit(X[:40], Y[:40])
    after = state.get_state()[2]
    assert model.partial_fit(X[40:], Y[40:]).n_iter_ == 2 and state.get_state()[2] == after
    same = GDRegressor(random_state=7).partial_fit(X[:40], Y[:40]).partial_fit(X[40:], Y[40:])
    assert model.coef_.tolist() == same.coef_.tolist()
