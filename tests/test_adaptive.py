"""Adaptive optimizers, Lion, Muon and Clip: what theory says of them, and where their runs must end."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gdlearn as gd
import naive_training
import running
from gdlearn.muon import orthogonalize
from strategies import dtypes

RNG = np.random.default_rng(11)
X = RNG.standard_normal((60, 5))
Y = X @ [2.0, -1.0, 0.0, 0.0, 0.5] + 0.3 * RNG.standard_normal(60) + 4.0
SETTLING = gd.Cosine(0.3, 4000)


@pytest.fixture(autouse=True)
def _plain_python():
    with running.plainly():
        yield


# --- Fixed points


@pytest.mark.parametrize(
    "optimizer",
    [
        gd.AdaGrad(),
        gd.RMSProp(),
        gd.Adam(),
        gd.AMSGrad(),
        gd.AdamW(0.0),
        gd.Clip(0.5),
        gd.Clip(0.5, gd.Momentum(0.5)),
        gd.Clip(5.0, gd.Adam()),
    ],
    ids=repr,
)
@pytest.mark.parametrize("penalty", [gd.L1(0.5), gd.ElasticNet(0.6, 0.7)], ids=repr)
def test_every_optimizer_finds_the_sparse_optimum(optimizer, penalty):
    """The certificate: the gradient is -kink * sign(w) where w is not 0, within +-kink where it is, 0 for b."""
    problem, kink = gd.Problem(gd.Linear(5), penalty=penalty), penalty.lam * getattr(penalty, "ratio", 1.0)
    rate = 1.0 if isinstance(optimizer, gd.AdaGrad) else 0.1 if "Adam" not in repr(optimizer) else SETTLING
    schedule = SETTLING if isinstance(optimizer, gd.RMSProp) else rate
    run = gd.minimize(problem, X, Y, optimizer=optimizer, schedule=schedule, epochs=4000, tolerance=1e-8)
    w, g = run.theta[:5], problem.gradient(run.theta, X, Y)
    assert 0 < np.count_nonzero(w) < 5
    np.testing.assert_allclose(g[:5][w != 0], -kink * np.sign(w[w != 0]), atol=1e-5)
    assert (np.abs(g[:5][w == 0]) < kink).all()
    assert abs(g[5]) < 1e-5


@pytest.mark.parametrize("optimizer", [gd.AdamW(0.1), gd.Lion(lam=0.1), gd.Clip(1.0, gd.AdamW(0.1))], ids=repr)
@pytest.mark.parametrize("model", [gd.Linear(2, 3), gd.MLP(2, (4, 3), 3)], ids=repr)
def test_decoupled_decay_spares_the_intercepts(optimizer, model):
    """Without a slope only the decay moves a parameter: a weight by 1 - eta lam a step, an intercept not at all."""
    inputs, w = np.zeros((4, 2)), gd.models.weights(model)
    start = np.concatenate([RNG.standard_normal(w), np.zeros(gd.models.size(model) - w)])
    start[-3:] = [1.0, 2.0, 3.0]  # the last intercepts are the scores of inputs 0, and the targets
    problem, targets = gd.Problem(model), np.tile([1.0, 2.0, 3.0], (4, 1))
    run = gd.minimize(problem, inputs, targets, optimizer=optimizer, schedule=0.5, start=start, epochs=7, tolerance=0.0)
    if run.epochs == 0:  # converged at once, as it should with a gradient of 0
        run = gd.minimize(problem, inputs, targets, optimizer=optimizer, start=start, batch_size=2, schedule=0.5)
    assert run.theta[w:].tolist() == start[w:].tolist()


@pytest.mark.parametrize("then", [gd.AdamW(0.2), gd.Lion(lam=0.2)], ids=repr)
def test_decoupled_decay_is_a_factor_before_the_step(then):
    """Against the same optimizer without decay: one step from the same place differs by eta lam w."""
    problem, start = gd.Problem(gd.Linear(5)), np.append(RNG.standard_normal(5), 1.0)
    free = then._replace(lam=0.0)
    one, other = (
        gd.minimize(problem, X, Y, optimizer=optimizer, schedule=0.1, epochs=1, start=start).theta
        for optimizer in (free, then)
    )
    np.testing.assert_allclose(one - other, 0.1 * 0.2 * np.append(start[:5], 0.0), rtol=1e-9, atol=1e-14)


# --- Sizes of steps


@given(st.floats(-1.5, 6.0), st.sampled_from([gd.Adam(), gd.AdamW(0.0), gd.AMSGrad(), gd.Lion(), gd.AdaGrad()]))
def test_the_first_step_is_as_long_as_the_rate_whatever_the_scale(power, optimizer):
    """Hence the scale of the loss does not matter to them."""
    with running.plainly():
        bowl, y = gd.Problem(gd.Linear(1, intercept=False)), [10.0**power]
        run = gd.minimize(bowl, [[1.0]], y, optimizer=optimizer, schedule=0.01, epochs=1, tolerance=0.0)
    assert run.theta[0] == pytest.approx(0.01, rel=1e-2)


def test_lion_moves_every_parameter_by_the_rate():
    method = {"optimizer": gd.Lion(), "schedule": 0.01, "epochs": 20, "path": True}
    path = gd.minimize(gd.Problem(gd.Linear(5)), X, Y, **method).history.theta
    np.testing.assert_allclose(np.abs(np.diff(path, axis=0)), 0.01, rtol=1e-10)


@given(st.floats(1e-3, 1e3))
def test_clip_bounds_the_step_and_keeps_its_direction(limit):
    with running.plainly():
        problem = gd.Problem(gd.Linear(5), penalty=gd.L2(0.1))
        start = np.arange(6.0)
        method = {"schedule": 0.1, "epochs": 1, "start": start, "tolerance": 0.0}
        step = gd.minimize(problem, X, Y, optimizer=gd.Clip(limit), **method).theta - start
        g = problem.gradient(start, X, Y)
    assert np.linalg.norm(step) == pytest.approx(0.1 * min(limit, np.linalg.norm(g)), rel=1e-12)
    assert step @ g == pytest.approx(-np.linalg.norm(step) * np.linalg.norm(g), rel=1e-12)


def test_an_infinite_limit_is_no_clip_and_clips_nest():
    problem = gd.Problem(gd.Linear(5))

    def theta(optimizer):
        return gd.minimize(problem, X, Y, optimizer=optimizer, schedule=0.05, epochs=9, batch_size=7).theta.tolist()

    assert theta(gd.Clip(1e300, gd.Adam())) == theta(gd.Adam())
    assert theta(gd.Clip(5.0, gd.Clip(1.0, gd.Momentum()))) == pytest.approx(theta(gd.Clip(1.0, gd.Momentum())))


# --- Muon


@given(st.integers(1, 6), st.integers(1, 6), dtypes, st.integers(0, 10**6))
def test_orthogonalize_is_the_definition(q, p, dtype, seed):
    N = np.random.default_rng(seed).standard_normal((q, p)).astype(dtype)
    expected = np.sqrt(max(1.0, q / p)) * np.array(naive_training.newton_schulz(N.astype(float).tolist()))
    orthogonalize(N)
    close = 1e-4 if dtype == np.float32 else 1e-11
    np.testing.assert_allclose(N, expected, rtol=close, atol=close)


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3)])
def test_five_steps_bring_singular_values_near_one(shape):
    """From [0.005, 1] to [0.682, 1.202]; the vectors stay. Many small values, so that the norm does not shrink them."""
    for small in (0.006, 0.02, 0.1, 0.3, 0.99):
        U, _, V = np.linalg.svd(RNG.standard_normal(shape), full_matrices=False)
        s = np.array([1.0, *np.full(len(V) - 1, small)])
        N = (U * s) @ V
        inside = s / np.linalg.norm(s)
        assert inside.min() >= 0.005 or small < 0.01
        orthogonalize(N)
        N /= np.sqrt(max(1.0, shape[0] / shape[1]))
        found = np.linalg.svd(N, compute_uv=False)
        assert found.max() <= 1.2025
        if inside.min() >= 0.005:
            assert found.min() >= 0.6815
        diagonal = U.T @ N @ V.T
        np.testing.assert_allclose(diagonal, np.diag(np.diag(diagonal)), atol=1e-12)


def test_the_polynomial_maps_the_interval_as_told():
    """A matrix with one row has one singular value, its norm: five steps bring all of [0.005, 1] near 1."""
    s = np.geomspace(0.004, 1.0, 20_001)
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    assert s.max() == pytest.approx(1.202, abs=5e-4)
    assert s[np.geomspace(0.004, 1.0, 20_001) >= 0.005].min() == pytest.approx(0.682, abs=5e-4)


def test_muon_steps_along_orthogonal_matrices_in_every_layer():
    model = gd.MLP(5, (4, 3), 2, gd.Tanh())
    method = {"optimizer": gd.Muon(), "schedule": 0.1, "epochs": 1, "path": True, "seed": 3}
    table = RNG.standard_normal((60, 2))
    start, end = gd.minimize(gd.Problem(model), X, table, **method).history.theta
    w, units = 0, (5, 4, 3, 2)
    for p, q in itertools.pairwise(units):
        step = (end - start)[w : w + p * q].reshape(q, p) / (0.1 * np.sqrt(max(1.0, q / p)))
        assert 0.2 < np.linalg.svd(step, compute_uv=False).max() < 1.21
        w += p * q
    # The intercepts step along the gradient: beta (1 - beta) + (1 - beta) of it in the first step.
    g = gd.Problem(model).gradient(start, X, table)[w:]
    np.testing.assert_allclose((end - start)[w:], -0.1 * (0.95 * 0.05 + 0.05) * g, rtol=1e-9)


def test_a_gradient_of_zero_stays_zero():
    N = np.zeros((3, 2))
    orthogonalize(N)
    assert N.tolist() == np.zeros((3, 2)).tolist()


def test_muon_reaches_the_optimum_with_a_falling_rate():
    """Its steps never get shorter by themselves."""
    problem, table = gd.Problem(gd.Linear(5, 3)), X @ RNG.standard_normal((5, 3)) + 1.0
    method = {"optimizer": gd.Muon(0.9), "schedule": gd.Cosine(0.2, 400), "epochs": 400}
    history = gd.minimize(problem, X, table, **method).history
    assert history.objective[-1] < 1e-3 * history.objective[0]
