"""Data and configurations for the tests of the estimators."""

import numpy as np

import gdlearn as gd
from gdlearn.estimators import GDClassifier, GDRegressor

N = 120
RNG = np.random.default_rng(5)
X = RNG.standard_normal((N, 4)) * [1.0, 0.5, 2.0, 1.0] + [0.0, 1.0, 0.0, -1.0]
SCORES = X @ [1.5, 0.0, -0.7, 0.3] + 0.5
Y = SCORES + 0.5 * RNG.standard_normal(N)
LABELS = np.where(SCORES + RNG.logistic(size=N) > 0.0, "yes", "no")
CLASSES = np.digitize(SCORES + RNG.logistic(size=N), [-1.0, 1.0])
WEIGHT = RNG.integers(0, 4, N).astype(float)
EXACT = {"tolerance": 1e-10, "epochs": 20_000}

# The configurations whose fits take only moments in plain Python.
QUICK = [
    GDRegressor(penalty=gd.ElasticNet(0.01), batch_size=4, epochs=50, schedule="inverse_time", fit_intercept=False),
    GDClassifier(batch_size=8, epochs=50, penalty="elastic_net"),
]
CONFIGURATIONS = [
    *QUICK,
    GDRegressor(),
    GDRegressor(loss="huber", penalty="l1", lam=0.01),
    GDRegressor(loss="absolute_error", penalty=None, schedule="cosine", learning_rate=0.05),
    GDRegressor(batch_size=8, optimizer="adam", learning_rate=0.02, epochs=100),
    GDRegressor(hidden=(8,), activation="tanh", epochs=100, learning_rate=0.01),
    GDRegressor(early_stopping=True),
    GDClassifier(),
    GDClassifier(loss=gd.CrossEntropy(label_smoothing=0.1), schedule=gd.Cosine(0.1, 500), optimizer=gd.Momentum(0.8)),
    GDClassifier(hidden=(8,), epochs=50, learning_rate=0.01),
    GDClassifier(hidden=(8, 4), early_stopping=True, validation_fraction=0.2, learning_rate=0.01, epochs=200),
]


def targets(estimator):
    """The classes for a classifier, numbers for a regressor."""
    return CLASSES if isinstance(estimator, GDClassifier) else Y
