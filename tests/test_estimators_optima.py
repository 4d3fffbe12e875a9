"""The estimators find the optima of scikit-learn's, each convention converted where the test can be seen to need it."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.linear_model import ElasticNet, HuberRegressor, Lasso, LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier

import gdlearn as gd
from fits import CLASSES, EXACT, LABELS, N, X, Y
from gdlearn.estimators import GDClassifier, GDRegressor


@pytest.mark.parametrize("intercept", [True, False])
def test_ridge(intercept):
    """|y - Xw|^2 + alpha |w|^2 is n times ours with alpha = n lam / 2."""
    ours = GDRegressor(lam=0.4, fit_intercept=intercept, **EXACT).fit(X, Y)
    peer = Ridge(N * 0.2, fit_intercept=intercept).fit(X, Y)
    assert ours.run_.status == "converged"
    np.testing.assert_allclose(ours.coef_, peer.coef_, rtol=1e-8)
    assert ours.intercept_ == pytest.approx(peer.intercept_, abs=1e-8)
    np.testing.assert_allclose(ours.predict(X), peer.predict(X), rtol=1e-6)


@pytest.mark.parametrize("ratio", [1.0, 0.6])
def test_lasso_and_elastic_net(ratio):
    """|y - Xw|^2 / 2n + alpha (...) is half of ours with alpha = lam / 2."""
    settings = {"tol": 1e-14, "max_iter": 10_000}
    peer = Lasso(0.4, **settings) if ratio == 1.0 else ElasticNet(0.4, l1_ratio=ratio, **settings)
    peer.fit(X, Y)
    ours = GDRegressor(penalty="l1" if ratio == 1.0 else gd.ElasticNet(0.8, ratio), lam=0.8, **EXACT).fit(X, Y)
    np.testing.assert_allclose(ours.coef_, peer.coef_, atol=1e-7)
    assert (ours.coef_ == 0.0).tolist() == (peer.coef_ == 0.0).tolist()


def test_huber_is_at_a_stationary_point():
    """HuberRegressor fits a scale, too, so the gradient is the certificate; the slopes are close."""
    spoiled = np.where(np.arange(N) < 5, Y + 100.0, Y)
    ours = GDRegressor(loss="huber", penalty="none", **EXACT).fit(X, spoiled)
    assert np.linalg.norm(ours.problem_.gradient(ours.run_.theta, X, spoiled)) <= 1e-10
    peer = HuberRegressor(alpha=0.0).fit(X, spoiled)
    np.testing.assert_allclose(ours.coef_, peer.coef_, atol=0.1)
    assert abs(GDRegressor().fit(X, spoiled).coef_ - peer.coef_).max() > 0.5


@pytest.mark.parametrize("y", [LABELS, CLASSES], ids=["binary", "multiclass"])
def test_logistic_and_softmax_regression(y):
    """C times the sum of the losses + |w|^2 / 2 is ours over lam with C = 1 / (n lam)."""
    ours = GDClassifier(lam=0.05, **EXACT).fit(X, y)
    peer = LogisticRegression(C=1.0 / (N * 0.05), solver="newton-cholesky", tol=1e-12).fit(X, y)
    assert ours.classes_.tolist() == peer.classes_.tolist()
    assert ours.coef_.shape == peer.coef_.shape
    np.testing.assert_allclose(ours.coef_, peer.coef_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(np.diff(ours.intercept_), np.diff(peer.intercept_), atol=1e-8)
    np.testing.assert_allclose(ours.predict_proba(X), peer.predict_proba(X), atol=1e-8)
    assert ours.predict(X).tolist() == peer.predict(X).tolist()


def test_two_scores_for_two_classes_are_one_score():
    """The softmax of (z_0, z_1) is the sigmoid of z_1 - z_0; half the penalty on each of w and -w is one on 2w."""
    one = GDClassifier(lam=0.1, **EXACT).fit(X, LABELS)
    two = GDClassifier(loss=gd.CrossEntropy(), lam=0.2, **EXACT).fit(X, LABELS)
    assert one.problem_.model.outputs == 1
    assert two.problem_.model.outputs == 2
    np.testing.assert_allclose(two.coef_, one.coef_, rtol=1e-6)
    np.testing.assert_allclose(two.predict_proba(X), one.predict_proba(X), atol=1e-8)
    np.testing.assert_allclose(two.decision_function(X), one.decision_function(X), atol=1e-7)


def test_temperature_divides_the_scores():
    hot = GDClassifier(loss=gd.CrossEntropy(temperature=2.0), penalty=None, epochs=20_000, tolerance=1e-8).fit(
        X, CLASSES
    )
    plain = GDClassifier(penalty=None, epochs=20_000, tolerance=1e-8).fit(X, CLASSES)
    np.testing.assert_allclose(hot.coef_, 2.0 * plain.coef_, rtol=1e-4)
    np.testing.assert_allclose(hot.predict_proba(X), plain.predict_proba(X), atol=1e-5)
    np.testing.assert_allclose(np.exp(hot.predict_log_proba(X)), hot.predict_proba(X), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("loss", [gd.BinaryCrossEntropy(), gd.CrossEntropy(), gd.CrossEntropy(temperature=4.0)])
def test_two_classes_are_the_softmax_of_zero_and_the_score(loss, dtype, monkeypatch):
    """Without overflow far out."""
    model = GDClassifier(loss=loss).fit(X, LABELS)
    scores = np.array([-1000.0, -30.0, -1e-9, 0.0, 0.3, 40.0, 1000.0], dtype)
    logits = np.column_stack([np.zeros_like(scores), scores / getattr(loss, "temperature", 1.0)])
    monkeypatch.setattr(model, "decision_function", lambda _: scores)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        p, log_p, best = (f(X) for f in (model.predict_proba, model.predict_log_proba, model.predict))
    assert p.dtype == log_p.dtype == dtype
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(p, softmax(logits, axis=1), rtol=1e3 * eps, atol=eps)
    np.testing.assert_allclose(log_p, log_softmax(logits, axis=1), rtol=1e3 * eps, atol=eps)
    assert best.tolist() == ["no"] * 4 + ["yes"] * 3


def test_a_network_has_the_loss_of_mlp_classifier_for_equal_weights():
    """Its loss is the mean cross-entropy + alpha / 2n |w|^2, so alpha = n lam.

    ``loss_`` is taken before the step of the epoch; steps of 1e-300 let the weights stand.
    """
    ours = GDClassifier(hidden=(5, 3), activation="tanh", lam=0.1, epochs=3).fit(X, CLASSES)
    peer = MLPClassifier((5, 3), "tanh", solver="sgd", alpha=N * 0.1, learning_rate_init=1e-300, batch_size=N)
    peer.partial_fit(X, CLASSES, classes=[0, 1, 2])
    peer.coefs_, peer.intercepts_ = [w.copy() for w in ours.coefs_], [b.copy() for b in ours.intercepts_]
    np.testing.assert_allclose(ours.predict_proba(X), peer.predict_proba(X), atol=1e-12)
    peer.partial_fit(X, CLASSES)
    assert ours.problem_.objective(ours.run_.theta, X, CLASSES) == pytest.approx(peer.loss_, rel=1e-12)
    assert [w.shape for w in ours.coefs_] == [(4, 5), (5, 3), (3, 3)]
