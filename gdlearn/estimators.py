"""Estimators for scikit-learn, trained by :func:`gdlearn.lbfgs` or :func:`gdlearn.minimize`."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets

from . import words
from ._types import Matrix, Weights
from .descent import Descent, takes_rows_as_they_come
from .losses import BinaryCrossEntropy, CrossEntropy
from .probabilities import log_softmax, softmax


class GDRegressor(RegressorMixin, Descent):
    r"""Regression by gradient descent: a linear model, or a network with hidden layers.

    Minimizes :math:`\frac{1}{\sum_i v_i} \sum_i v_i \, \ell(z_i, y_i) + r(w)` with the sample weights v; the
    default is least squares with a light ridge penalty. Losses, penalties, schedules and optimizers are
    records (``gd.Huber(2.0)``) or plain words (``"huber"``), listed with their meaning in
    :mod:`gdlearn.words`.

    Parameters
    ----------
    loss : loss or {"auto", "squared_error", "absolute_error", "huber"}
        "auto" is the squared error.
    penalty : penalty, {"l2", "l1", "elastic_net", "none"} or None
        Acts on the weights, never on intercepts.
    lam : float
        The strength of a penalty given as a word.
    fit_intercept : bool
        Whether a linear model has an intercept. Networks always have one per unit.
    hidden : tuple of int
        The units of each hidden layer; none, the default, is a linear model.
    activation : activation or {"relu", "tanh"}
    optimizer : optimizer or word
        "auto" is Adam for hidden layers, SGD with batches; with all rows L-BFGS (:func:`lbfgs`), which has no
        schedule, for smooth objectives where none is given and nothing is held out, else Nesterov.
    schedule : schedule or word
    learning_rate : float or "auto"
        The first rate of a schedule given as a word. "auto" is 1 / L, with L from
        ``problem.smoothness(X)`` (for batches the expected smoothness, see :mod:`gdlearn.automatic`),
        for linear models and optimizers whose steps grow with the gradient; else 0.001.
    batch_size : int, "auto" or None
        None takes all rows, as "auto" does for linear models; for hidden layers that is 32. Never more
        than there are rows.
    epochs : int
        At most so many passes through the data, or steps of L-BFGS.
    tolerance : float
        Stop once the norm of the gradient of the objective is at most this.
    early_stopping : bool
        Hold out a share of the rows, stop once their mean loss has not fallen for ``patience``
        epochs, and take the parameters of the best epoch.
    validation_fraction : float
        The share of the rows held out, in (0, 1).
    patience : int
    warm_start : bool
        Whether ``fit`` begins with the parameters of the last fit.
    random_state : int, numpy.random.Generator, RandomState or None
        Decides the first weights of a network, the order of the batches, the rows held out.

    Attributes
    ----------
    coef_, intercept_ : ndarray, float
        The weights (d,) of a linear model, and its intercept.
    coefs_, intercepts_ : list of ndarray
        Of a network: for each layer the weights (inputs, units), as in scikit-learn, and (units,).
    n_iter_ : int
        The epochs done, or steps of L-BFGS.
    run_ : Run
        What :func:`lbfgs` or :func:`minimize` returned, its history included; of ``partial_fit`` the last pass.
    problem_, optimizer_, schedule_
        The records of the fit; of L-BFGS "lbfgs" and None.
    validation_loss_ : ndarray
        With early stopping: the mean loss of the rows held out, at the start and after each epoch.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    Scale the columns of X first, with ``StandardScaler`` in a pipeline: the epochs grow with the condition number. Only
    L-BFGS, on dense X with no more columns than rows, takes them as they come.
    At Ctrl-C, fits keep what they have learned and raise KeyboardInterrupt.

    With batches, hidden layers or early stopping, equal rows are counted as one row of more weight, in any
    order. Early stopping holds out copies of rows: one copy is the least weight, where all are multiples of
    it, else the largest. ``partial_fit`` takes the rows as they stand.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes("bmi", "bp", standardize=True)
    >>> model = gd.GDRegressor(loss="huber", penalty=gd.L2(0.01)).fit(X, y)
    >>> model.run_.status, model.coef_.round(1), model.predict(X[:2]).round()
    ('converged', array([24.6, 17.6]), array([187., 110.]))
    """

    @available_if(takes_rows_as_they_come)
    def partial_fit(self, X: Matrix, y: ArrayLike, sample_weight: Weights = None) -> Self:
        """Go on with one pass through some rows, batch by batch in the order given.

        The optimizer's memory and the schedule go on, too. Schedules given as words, and the
        learning rate "auto", know only the rows of the first call.

        Parameters
        ----------
        X : array or sparse matrix (n, d)
        y : array (n,)
        sample_weight : array (n,), optional
            Factors of the losses of the rows, taken as they are.

        Returns
        -------
        self
        """
        X, y, weight = self._accept(X, y, sample_weight, reset=not hasattr(self, "run_"))
        return self._continue(X, y, weight)

    def predict(self, X: Matrix) -> np.ndarray:
        """The predictions (n,) for X (n, d)."""
        return self._scores(X)

    def _learn_targets(self, y):
        return y

    def _loss(self):
        return words.record(self.loss, words.LOSSES, "loss"), 1

    def _keep_linear(self, W, b):
        self.coef_, self.intercept_ = W[0], b[0]


class GDClassifier(ClassifierMixin, Descent):
    r"""Classification by gradient descent: logistic or softmax regression, or a network with hidden layers.

    Minimizes :math:`\frac{1}{\sum_i v_i} \sum_i v_i \, \ell(z_i, y_i) + r(w)` with the sample weights v, where
    :math:`\ell` is the cross-entropy.

    Parameters
    ----------
    loss : loss or {"auto", "cross_entropy"}
        ``BinaryCrossEntropy`` on one score for two classes, ``CrossEntropy`` on one score per class for
        more. ``gd.CrossEntropy(label_smoothing=0.1)`` always has one score per class.
    penalty, lam, fit_intercept, hidden, activation, optimizer, schedule, learning_rate, batch_size
        As for :class:`GDRegressor`.
    epochs, tolerance, early_stopping, validation_fraction, patience, warm_start, random_state
        As for :class:`GDRegressor`.

    Attributes
    ----------
    classes_ : ndarray
        The labels, sorted; shape (k,).
    coef_, intercept_ : ndarray
        Of a linear model: shapes (1, d) and (1,) for two classes, (k, d) and (k,) for k. The other
        attributes are as for :class:`GDRegressor`.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes("bmi", "bp", standardize=True)
    >>> model = gd.GDClassifier(penalty=gd.L2(0.01)).fit(X, y > 150)
    >>> print(model.predict(X[:1]), model.predict_proba(X[:1]).round(2),
    ...       model.decision_function(X[:1]).round(2))
    [ True] [[0.23 0.77]] [1.2]
    """

    @available_if(takes_rows_as_they_come)
    def partial_fit(
        self, X: Matrix, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: Weights = None
    ) -> Self:
        """Go on with one pass through some rows, as :meth:`GDRegressor.partial_fit` does.

        Parameters
        ----------
        X, y, sample_weight
            As there.
        classes : array (k,)
            All labels there will be; needed in the first call.
        """
        first = not hasattr(self, "run_")
        X, y, weight = self._accept(X, y, sample_weight, reset=first)
        if classes is not None:
            self._learn_classes(np.unique(classes), first)
        elif first:
            raise ValueError("classes must list all labels in the first call of partial_fit")
        return self._continue(X, self._codes(y), weight)

    def decision_function(self, X: Matrix) -> np.ndarray:
        """The scores of X (n, d): (n,) for two classes, positive for the second; (n, k) for k."""
        Z = self._scores(X)
        if len(self.classes_) > 2 or Z.ndim == 1:
            return Z
        return Z[:, -1] - Z[:, 0] if Z.shape[1] == 2 else Z[:, 0]

    def predict(self, X: Matrix) -> np.ndarray:
        """The most probable label of each row of X (n, d)."""
        Z = self.decision_function(X)
        return self.classes_[(Z > 0.0).astype(int) if Z.ndim == 1 else Z.argmax(axis=1)]

    def predict_proba(self, X: Matrix) -> np.ndarray:
        """The probability of each class (n, k) for X (n, d)."""
        return softmax(self._logits(X))

    def predict_log_proba(self, X: Matrix) -> np.ndarray:
        """The logarithms of the probabilities (n, k) for X (n, d)."""
        return log_softmax(self._logits(X))

    def _logits(self, X):
        Z, temperature = self.decision_function(X), getattr(self.problem_.loss, "temperature", 1.0)
        return Z if temperature == 1.0 else Z / temperature

    def _learn_targets(self, y):
        check_classification_targets(y)
        self._learn_classes(np.unique(y), first=not (self.warm_start and hasattr(self, "run_")))
        return self._codes(y)

    def _learn_classes(self, classes, first):
        if len(classes) < 2:
            raise ValueError(f"y holds one class only, {classes[0]}; a classifier needs at least two classes")
        if not first and not np.array_equal(classes, self.classes_):
            raise ValueError(f"classes must be {self.classes_} as in the first fit, not {classes}")
        self.classes_ = classes

    def _codes(self, y):
        """The number of each label in ``classes_``."""
        codes = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        unknown = self.classes_[codes] != y
        if unknown.any():
            raise ValueError(f"y holds the label {y[unknown][0]}, which is not among the classes {self.classes_}")
        return codes.astype(np.float64)

    def _loss(self):
        k = len(self.classes_)
        usual = BinaryCrossEntropy if k == 2 else CrossEntropy
        loss = words.record(self.loss, {"auto": usual, "cross_entropy": usual}, "loss")
        if isinstance(loss, BinaryCrossEntropy) and k > 2:
            raise ValueError(f"loss=BinaryCrossEntropy() is for two classes, but y has {k}; pass loss='cross_entropy'")
        if not isinstance(loss, (BinaryCrossEntropy, CrossEntropy)):
            raise TypeError(f"loss must be a cross-entropy, whose scores give probabilities, not {loss!r}")
        return loss, 1 if isinstance(loss, BinaryCrossEntropy) else k

    def _keep_linear(self, W, b):
        if len(W) == 2:  # one score for two classes: by how much the second is ahead
            W, b = W[1:] - W[:1], b[1:] - b[:1]
        self.coef_, self.intercept_ = np.asfortranarray(W), b  # so that SciPy needs no copy of it for sparse rows
