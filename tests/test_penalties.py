"""Penalties: costs, proximal operators as exact minimizers, smallest subgradients."""

import math

import numpy as np
import pytest
from hypothesis import given

import gdlearn as gd
import naive
from gdlearn.penalties import cost, curvature, prox, pull, subgradient
from strategies import dtypes, numbers, penalties, steps, strengths

weights = numbers(1e3)
shares = strengths.map(lambda s: min(s, 1.0))


@given(penalties, weights, weights, steps)
def test_penalties_equal_their_formula(penalty, w, g, step):
    assert cost(penalty, w) == pytest.approx(naive.cost(penalty, w), rel=1e-14)
    assert pull(penalty, w) == pytest.approx(naive.strengths(penalty)[1] * w, rel=1e-14)
    assert curvature(penalty) == pytest.approx(naive.strengths(penalty)[1], rel=1e-14)
    assert prox(penalty, w, step) == pytest.approx(naive.prox(penalty, w, step), rel=1e-12, abs=1e-12)
    assert subgradient(penalty, w, g) == pytest.approx(naive.least_subgradient(penalty, w, g), rel=1e-12, abs=1e-12)


@given(penalties, weights)
def test_pull_is_the_derivative_of_the_smooth_part(penalty, w):
    """A central difference is exact for a parabola, up to rounding."""
    kink, _ = naive.strengths(penalty)

    def smooth(u):
        return cost(penalty, u) - kink * abs(u)

    rounding = 1e-12 * (1.0 + cost(penalty, w))
    assert (smooth(w + 0.5) - smooth(w - 0.5)) == pytest.approx(pull(penalty, w), rel=1e-9, abs=rounding)


@given(penalties, weights, weights, steps)
def test_prox_is_the_argmin(penalty, w, u, step):
    """The objective phi(u) = (u - w)^2 / 2 + step r(u) rises from its argmin p by at least (u - p)^2 / 2."""
    kink, _ = naive.strengths(penalty)

    def phi(v):
        return (v - w) ** 2 / 2.0 + step * kink * abs(v)

    p = prox(penalty, w, step)
    for v in (u, p + 1e-3, p - 1e-3, 0.0, w):
        assert phi(v) - phi(p) >= (v - p) ** 2 / 2.0 - 1e-14 * (phi(v) + phi(p) + w**2)


@given(penalties, weights, weights, steps)
def test_prox_is_firmly_non_expansive(penalty, v, w, step):
    p, q = prox(penalty, v, step), prox(penalty, w, step)
    assert (p - q) ** 2 <= (p - q) * (v - w) + 1e-14 * (v - w) ** 2


@given(penalties, weights, weights)
def test_subgradient_is_the_least_of_all(penalty, w, g):
    """Every subgradient g + kink * s, with s = sign(w), or any s in [-1, 1] at 0, is at least as long."""
    kink, _ = naive.strengths(penalty)
    signs = np.linspace(-1.0, 1.0, 101) if w == 0.0 else np.array([math.copysign(1.0, w)])
    assert abs(subgradient(penalty, w, g)) <= np.abs(g + kink * signs).min()


@given(penalties, weights, steps)
def test_a_fixed_point_of_the_proximal_step_has_subgradient_zero(penalty, w, step):
    """p = prox(p - step g) for g = (w - p) / step, so 0 is a subgradient at p."""
    p = prox(penalty, w, step)
    g = (p - w) / step
    assert abs(subgradient(penalty, p, g)) <= 1e-12 * (1.0 + abs(w)) / step


@given(strengths, shares, weights, weights, steps)
def test_elastic_net_is_the_sum_of_its_parts(lam, ratio, w, g, step):
    net, kink, ridge = gd.ElasticNet(lam, ratio), gd.L1(lam * ratio), gd.L2(lam * (1.0 - ratio))
    assert cost(net, w) == pytest.approx(cost(kink, w) + cost(ridge, w), rel=1e-13)
    assert pull(net, w) == pytest.approx(pull(ridge, w), rel=1e-13)
    assert prox(net, w, step) == pytest.approx(prox(kink, w, step), rel=1e-13, abs=1e-13)
    assert subgradient(net, w, g) == pytest.approx(subgradient(kink, w, g), rel=1e-13, abs=1e-13)
    assert curvature(net) == pytest.approx(curvature(ridge), rel=1e-13)


@given(weights, steps)
def test_the_ends_of_elastic_net_are_l1_and_l2(w, step):
    for f in (cost, lambda penalty, w: pull(penalty, w), lambda penalty, w: prox(penalty, w, step)):
        assert f(gd.ElasticNet(0.3, 1.0), w) == f(gd.L1(0.3), w)
        assert f(gd.ElasticNet(0.3, 0.0), w) == f(gd.L2(0.3), w)


@given(weights, dtypes)
def test_no_penalty_changes_nothing(w, dtype):
    w, free = dtype(w), gd.NoPenalty()
    assert (cost(free, w), pull(free, w), prox(free, w, 0.1), subgradient(free, w, w)) == (0.0, 0.0, w, w)


def test_the_soft_threshold_makes_exact_zeros():
    assert [prox(gd.L1(2.0), w, 0.5) for w in (-3.0, -1.0, -0.2, 0.0, 1.0, 1.5)] == [-2.0, 0.0, 0.0, 0.0, 0.0, 0.5]
