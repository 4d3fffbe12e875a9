"""The estimators as they come beside those of scikit-learn that they replace, to the same minimum."""

import warnings

import numpy as np

import gdlearn as gd
from harness import OURS, Contender, Row, present
from logistic import text

GROUP = "Estimators, each by its defaults"
LAM = 1e-3  # the strength of the ridge


def rows():
    """The rows of this module."""
    yield classifiers("100,000 x 20", *classes(100_000, 20, 2))
    yield classifiers("20,000 x 500", *classes(20_000, 500, 2))
    yield classifiers("10 classes, 5,000 x 200", *classes(5_000, 200, 10))
    X, y, _ = text()
    yield classifiers("CSR, 20,000 x 50,000, 74 non-zeros a row", X, y)
    yield ridges("20,000 x 500", *line(20_000, 500))
    yield lassos("20,000 x 100", *line(20_000, 100))


def classes(n, d, k):
    """Independent columns, and labels of a softmax model."""
    rng = np.random.default_rng(11)
    X = rng.standard_normal((n, d))
    scores = X @ rng.standard_normal((d, k)) * (3.0 / np.sqrt(d))
    return X, (scores + rng.gumbel(size=(n, k))).argmax(axis=1)


def line(n, d):
    """Independent columns, one weight in five, and targets with noise of size 1."""
    rng = np.random.default_rng(12)
    X, w = rng.standard_normal((n, d)), rng.standard_normal(d)
    w[d // 5 :] = 0.0
    return X, X @ w + 3.0 + rng.standard_normal(n)


def fitted(estimator, X, y):
    """The weights and intercepts, as :func:`gdlearn.minimize` has them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(X, y)
    return np.append(estimator.coef_.ravel(), estimator.intercept_)


def row(shape, X, y, problem, ours, name, **settings):
    """One of ours beside one of theirs; our objective may not be higher by more than a millionth of that at 0."""
    contenders = {OURS: Contender(lambda: fitted(ours, X, y))}
    peers, missing = present("sklearn")
    if peers:
        from sklearn import linear_model

        peer = getattr(linear_model, name)(**settings)
        contenders["scikit-learn"] = Contender(lambda: fitted(peer, X, y))

    def agree(ours, theirs):
        a, b, zero = (problem.objective(theta, X, y) for theta in (ours, theirs, np.zeros_like(ours)))
        assert a <= b + 1e-6 * zero, f"objectives {a} and {b}"

    work = f"{type(ours).__name__} in place of {name}, {shape}"
    return Row(GROUP, work, contenders, {}, agree, missing)


def classifiers(shape, X, y):
    """``GDClassifier`` beside ``LogisticRegression``, which has a strength for the sum of the losses."""
    k = len(np.unique(y))
    loss, outputs = (gd.BinaryCrossEntropy(), 1) if k == 2 else (gd.CrossEntropy(), k)
    problem = gd.Problem(gd.Linear(X.shape[1], outputs), loss, gd.L2(LAM))
    settings = {"C": 1.0 / (len(y) * LAM), "max_iter": 1000}
    return row(shape, X, y, problem, gd.GDClassifier(lam=LAM), "LogisticRegression", **settings)


def ridges(shape, X, y):
    """``GDRegressor`` beside ``Ridge``, whose strength is n / 2 times ours."""
    problem = gd.Problem(gd.Linear(X.shape[1]), penalty=gd.L2(LAM))
    return row(shape, X, y, problem, gd.GDRegressor(lam=LAM), "Ridge", alpha=len(y) * LAM / 2.0)


def lassos(shape, X, y, alpha=0.1):
    """``Lasso`` beside ``Lasso``, which minimize half of what :func:`gdlearn.minimize` does with twice the penalty."""
    problem = gd.Problem(gd.Linear(X.shape[1]), penalty=gd.L1(2.0 * alpha))
    return row(shape, X, y, problem, gd.Lasso(alpha), "Lasso", alpha=alpha)
