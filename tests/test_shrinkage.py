"""The spectrum of least squares: against gradient descent step by step, and against the closed form."""

import numpy as np
import pytest

import gdlearn as gd

RNG = np.random.default_rng(0)
TALL, WIDE = RNG.normal(size=(40, 6)), RNG.normal(size=(5, 9))
TWINS = np.column_stack([TALL, TALL[:, :2], np.zeros(40)])  # of rank 6
every_shape = pytest.mark.parametrize(("X", "rank"), [(TALL, 6), (WIDE, 5), (TWINS, 6)], ids=["tall", "wide", "twins"])


def posed(X, lam=0.0):
    """The problem, and targets that no weights meet where there are more rows than columns."""
    problem = gd.Problem(gd.Linear(X.shape[1], intercept=False), penalty=gd.L2(lam))
    return problem, X @ np.arange(1.0, X.shape[1] + 1.0) + np.random.default_rng(1).normal(size=len(X))


@every_shape
def test_the_curvatures_are_those_that_are_not_zero(X, rank):
    spectrum = gd.spectrum(X, posed(X)[1])
    eigenvalues = np.linalg.eigvalsh(2 / len(X) * X.T @ X)[::-1]
    np.testing.assert_allclose(spectrum.curvatures, eigenvalues[:rank], rtol=1e-12)
    np.testing.assert_allclose(spectrum.directions @ spectrum.directions.T, np.eye(rank), atol=1e-14)


@every_shape
@pytest.mark.parametrize("share", [0.1, 1.0, 1.9])
def test_each_step_is_that_of_gradient_descent(X, rank, share):
    problem, y = posed(X)
    eta = share / problem.smoothness(X).L
    path = gd.minimize(problem, X, y, schedule=eta, epochs=300, tolerance=0.0, path=True).history.theta
    stopped = gd.spectrum(X, y).stopped(np.arange(301), eta)
    np.testing.assert_allclose(stopped, path, rtol=0, atol=1e-12 * np.abs(path).max())


def test_after_no_step_theta_is_zero():
    assert not gd.spectrum(TALL, posed(TALL)[1]).stopped(0, 0.1).any()


@every_shape
@pytest.mark.parametrize("lam", [0.0, 1e-3, 0.5, 100.0])
def test_ridge_is_the_closed_form(X, rank, lam):
    """Without a penalty, too: of all that fit best it is the one of the smallest norm."""
    problem, y = posed(X, lam)
    expected = gd.closed_form(problem, X, y).theta
    np.testing.assert_allclose(gd.spectrum(X, y).ridge(lam), expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_a_number_gives_one_theta_and_an_array_one_for_each():
    spectrum = gd.spectrum(TALL, posed(TALL)[1])
    assert spectrum.stopped(3, 0.1).shape == spectrum.ridge(0.1).shape == (6,)
    assert spectrum.stopped([[1, 2, 3]], 0.1).shape == spectrum.ridge([[0.1, 0.2, 0.3]]).shape == (1, 3, 6)
    np.testing.assert_allclose(spectrum.ridge([0.1, 0.2])[1], spectrum.ridge(0.2), rtol=1e-14)


def test_without_any_direction_theta_stays_zero():
    spectrum = gd.spectrum(np.zeros((4, 3)), np.ones(4))
    assert spectrum.curvatures.shape == (0,)
    np.testing.assert_array_equal([spectrum.stopped(5, 0.1), spectrum.ridge(0.0)], np.zeros((2, 3)))


def test_single_precision_is_computed_in_double():
    y = posed(TALL)[1]
    X = TALL.astype(np.float32)
    np.testing.assert_array_equal(gd.spectrum(X, y).ridge(0.1), gd.spectrum(X.astype(float), y).ridge(0.1))


@pytest.mark.parametrize(
    ("ask", "word"),
    [
        (lambda s: gd.spectrum(1.0, [1.0]), "X"),
        (lambda s: gd.spectrum([1.0], [1.0]), "X"),
        (lambda s: gd.spectrum([["a"]], [1.0]), "X"),
        (lambda s: gd.spectrum([[np.nan]], [1.0]), "X"),
        (lambda s: gd.spectrum([[1e200]], [1.0]), "X is so large"),
        (lambda s: gd.spectrum(TALL, np.ones(3)), "y"),
        (lambda s: gd.spectrum(TALL, np.ones((40, 2))), "y"),
        (lambda s: s.stopped(-1, 0.1), "steps"),
        (lambda s: s.stopped(1.5, 0.1), "steps"),
        (lambda s: s.stopped([1, np.inf], 0.1), "steps"),
        (lambda s: s.stopped(1, 0.0), "eta"),
        (lambda s: s.ridge([0.1, -0.1]), "lam"),
        (lambda s: s.ridge("0.1"), "lam"),
    ],
)
def test_odd_arguments_are_refused_by_name(ask, word):
    spectrum = gd.spectrum(TALL, posed(TALL)[1])
    with pytest.raises((TypeError, ValueError), match=rf"\b{word}\b"):
        ask(spectrum)
