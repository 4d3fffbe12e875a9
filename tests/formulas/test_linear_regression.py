"""The displayed equations of the chapter "Linear regression by gradient descent", each written out and checked."""

import math

import numpy as np
import pytest

import gdlearn as gd


@pytest.fixture
def data():
    """One input, its matrix with a column of ones, targets that no line fits exactly."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-1.0, 5.0, size=30)
    y = 2.0 - 0.7 * x + rng.normal(size=30)
    return x, np.column_stack([np.ones(30), x]), y


def mse(theta, X, y):
    return np.mean((X @ theta - y) ** 2)


def gradient(theta, X, y):
    return 2 / len(y) * X.T @ (X @ theta - y)


def hessian(X):
    return 2 / len(X) * X.T @ X


def closed_form(X, y):
    return np.linalg.solve(X.T @ X, X.T @ y)


def descend(X, y, eta, steps, theta):
    """All iterates of the step, (steps + 1, p)."""
    path = [np.asarray(theta, dtype=float)]
    for _ in range(steps):
        path.append(path[-1] - eta * gradient(path[-1], X, y))
    return np.array(path)


def components(path, X, y):
    """The errors of the iterates along the eigenvectors of the Hessian, and the curvatures."""
    h, directions = np.linalg.eigh(hessian(X))
    return (path - closed_form(X, y)) @ directions, h


@pytest.mark.formula("eq-lr-model")
def test_matrix_form_is_the_line_of_each_row(data):
    x, X, _ = data
    theta, errors = np.array([1.5, -2.0]), np.random.default_rng(2).normal(size=len(x))
    rows = [theta[0] + theta[1] * x[i] + errors[i] for i in range(len(x))]
    np.testing.assert_allclose(X @ theta + errors, rows, rtol=1e-14)
    scores = gd.Problem(gd.Linear(1)).scores(theta[::-1], x[:, None])
    np.testing.assert_allclose(X @ theta, scores, rtol=1e-14)


@pytest.mark.formula("eq-lr-mse")
def test_both_forms_of_the_mse_are_the_objective(data):
    x, X, y = data
    theta = np.array([0.3, 1.1])
    by_rows = sum((theta[0] + theta[1] * x[i] - y[i]) ** 2 for i in range(len(y))) / len(y)
    by_norm = np.linalg.norm(X @ theta - y) ** 2 / len(y)
    assert by_rows == pytest.approx(by_norm, rel=1e-13)
    objective = gd.Problem(gd.Linear(1)).objective(theta[::-1], x[:, None], y)
    assert by_rows == pytest.approx(objective, rel=1e-13)


@pytest.mark.formula("eq-lr-gradient")
def test_gradient_is_the_finite_difference(data):
    x, X, y = data
    theta, h = np.array([0.3, 1.1]), 1e-3
    differences = [(mse(theta + h * e, X, y) - mse(theta - h * e, X, y)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(gradient(theta, X, y), differences, rtol=1e-9)
    ours = gd.Problem(gd.Linear(1)).gradient(theta[::-1], x[:, None], y)
    np.testing.assert_allclose(gradient(theta, X, y), ours[::-1], rtol=1e-12)


@pytest.mark.formula("eq-lr-step")
def test_step_is_the_step_of_the_library(data):
    x, X, y = data
    theta, eta = np.array([0.3, 1.1]), 0.02
    run = gd.minimize(
        gd.Problem(gd.Linear(1)), x[:, None], y, schedule=eta, epochs=5, start=theta[::-1], tolerance=0, path=True
    )
    np.testing.assert_allclose(descend(X, y, eta, 5, theta), run.history.theta[:, ::-1], rtol=1e-12)


@pytest.mark.formula("eq-lr-normal")
def test_normal_equations_give_the_minimum(data):
    x, X, y = data
    theta = closed_form(X, y)
    slope, intercept = np.polyfit(x, y, 1)
    np.testing.assert_allclose(theta, [intercept, slope], rtol=1e-10)
    around = theta + 1e-3 * np.random.default_rng(3).normal(size=(50, 2))
    assert all(mse(near, X, y) > mse(theta, X, y) for near in around)


@pytest.mark.formula("eq-lr-hessian")
def test_curvatures_are_second_differences(data):
    x, X, y = data
    theta, step = np.array([0.3, 1.1]), 1e-2
    smoothness = gd.Problem(gd.Linear(1)).smoothness(x[:, None])
    h, directions = np.linalg.eigh(hessian(X))
    for curvature, v in zip(h, directions.T, strict=True):
        second = (mse(theta + step * v, X, y) - 2 * mse(theta, X, y) + mse(theta - step * v, X, y)) / step**2
        assert curvature == pytest.approx(second, rel=1e-8)
    assert (smoothness.L, smoothness.mu) == pytest.approx((h.max(), h.min()), rel=1e-12)
    assert smoothness.kappa == pytest.approx(h.max() / h.min(), rel=1e-12)


@pytest.mark.formula("eq-lr-contraction")
@pytest.mark.parametrize("share", [0.1, 0.7, 1.0, 1.05])
def test_each_component_shrinks_by_its_own_factor(data, share):
    _, X, y = data
    eta = share * 2 / np.linalg.eigvalsh(hessian(X))[-1]
    errors, h = components(descend(X, y, eta, 40, [5.0, 5.0]), X, y)
    t = np.arange(41)[:, None]
    np.testing.assert_allclose(errors, (1 - eta * h) ** t * errors[0], rtol=1e-9, atol=1e-12)


@pytest.mark.formula("eq-lr-limit")
@pytest.mark.parametrize(
    ("share", "arrives"), [(-0.01, False), (0.0, False), (0.01, True), (0.99, True), (1.01, False)]
)
def test_limit_is_sharp_on_both_sides(data, share, arrives):
    _, X, y = data
    best, L = closed_form(X, y), np.linalg.eigvalsh(hessian(X))[-1]
    for start in ([5.0, 5.0], [-3.0, 0.5]):
        path = descend(X, y, share * 2 / L, 3000, start)
        first, final = np.linalg.norm(path[[0, -1]] - best, axis=1)
        assert (final < 0.2 * first) == arrives


@pytest.mark.formula("eq-lr-gap")
@pytest.mark.parametrize("share", [0.3, 0.95, 1.02])
def test_loss_is_the_sum_over_the_components(data, share):
    _, X, y = data
    eta = share * 2 / np.linalg.eigvalsh(hessian(X))[-1]
    path = descend(X, y, eta, 60, [5.0, 5.0])
    errors, h = components(path, X, y)
    t = np.arange(61)[:, None]
    predicted = 0.5 * np.sum(h * (1 - eta * h) ** (2 * t) * errors[0] ** 2, axis=1)
    measured = [mse(theta, X, y) - mse(closed_form(X, y), X, y) for theta in path]
    np.testing.assert_allclose(measured, predicted, rtol=1e-9, atol=1e-12)


@pytest.mark.formula("eq-lr-steps")
@pytest.mark.parametrize("share", [0.2, 1.0])
@pytest.mark.parametrize("epsilon", [0.5, 1e-3, 1e-6])
def test_steps_are_the_first_at_which_every_component_is_small(data, share, epsilon):
    _, X, y = data
    h = np.linalg.eigvalsh(hessian(X))
    eta = share * 2 / (h[-1] + h[0])
    expected = math.ceil(math.log(epsilon) / math.log(1 - eta * h[0]))
    errors, _ = components(descend(X, y, eta, expected, [5.0, 5.0]), X, y)
    left = np.abs(errors / errors[0]).max(axis=1)
    assert left[expected] <= epsilon * (1 + 1e-6)
    assert left[expected - 1] > epsilon


@pytest.mark.formula("eq-lr-kappa")
@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (26.4, 4.4), (-3.0, 0.1)])
def test_condition_number_follows_from_mean_and_deviation(data, shift, scale):
    x = shift + scale * data[0]
    smoothness = gd.Problem(gd.Linear(1)).smoothness(x[:, None])
    L, mu, kappa = smoothness.L, smoothness.mu, smoothness.kappa
    mean, s = np.mean(x), np.std(x)
    expected = (1 + mean**2 + s**2) ** 2 / s**2
    assert (L + mu) ** 2 / (L * mu) == pytest.approx(expected, rel=1e-6)
    assert kappa + 2 + 1 / kappa == pytest.approx(expected, rel=1e-6)


@pytest.mark.formula("eq-lr-standardize")
def test_standardized_input_has_mean_0_deviation_1_and_a_round_bowl():
    X, _ = gd.datasets.diabetes("bmi")
    x = X[:, 0]
    z = (x - np.mean(x)) / np.std(x)
    assert np.mean(z) == pytest.approx(0.0, abs=1e-12)
    assert np.std(z) == pytest.approx(1.0, rel=1e-12)
    assert gd.Problem(gd.Linear(1)).smoothness(z[:, None]).kappa == pytest.approx(1.0, rel=1e-9)
    np.testing.assert_allclose(z, gd.datasets.diabetes("bmi", standardize=True)[0][:, 0], atol=1e-12)


@pytest.mark.formula("eq-lr-back")
def test_coefficients_come_back_to_raw_units(data):
    x, X, y = data
    mean, s = np.mean(x), np.std(x)
    b, w = closed_form(np.column_stack([np.ones(len(x)), (x - mean) / s]), y)
    np.testing.assert_allclose([b - w * mean / s, w / s], closed_form(X, y), rtol=1e-10)
