"""Schedules: the plain formula at every step, and where one schedule hands over to the next."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gdlearn as gd
import naive
from gdlearn.schedules import rate
from strategies import etas, schedules


@given(schedules, st.integers(0, 200))
def test_schedules_equal_their_formula(schedule, t):
    assert rate(schedule, t) == pytest.approx(naive.rate(schedule, t), rel=1e-12, abs=1e-15)


@given(schedules, st.integers(0, 200))
def test_rates_are_never_negative(schedule, t):
    assert 0.0 <= rate(schedule, t) < math.inf


def test_linear_decay_arrives_and_stays():
    line = gd.LinearDecay(0.5, steps=4, final=0.1)
    assert [rate(line, t) for t in range(7)] == pytest.approx([0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1], rel=1e-15)


@given(etas, st.integers(1, 1000), st.one_of(st.just(0.0), etas), st.integers(0, 1000))
def test_linear_decay_ends_exactly_at_its_final_rate(eta, steps, final, later):
    assert rate(gd.LinearDecay(eta, steps, final), steps + later) == final


def test_warmup_hands_over_at_the_first_rate_of_the_next():
    up = gd.Warmup(4, gd.Exponential(0.8, decay=0.5))
    assert [rate(up, t) for t in range(7)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.4, 0.2], rel=1e-15)


def test_warmups_nest():
    nested = gd.Warmup(2, gd.Warmup(2, gd.Constant(0.4)))
    assert [rate(nested, t) for t in range(6)] == pytest.approx([0.1, 0.2, 0.2, 0.4, 0.4, 0.4], rel=1e-15)


def test_exponential_decay_ends_at_zero_without_a_warning():
    assert rate(gd.Exponential(1.0, decay=0.5), 10**6) == 0.0


def test_steps_are_counted_over_epochs():
    """Ten rows in batches of three are four steps an epoch; entry e of the history is the rate of step 4 e."""
    schedule = gd.Warmup(6, gd.Exponential(0.01, decay=0.9))
    X, y = np.ones((10, 1)), np.arange(10.0)
    run = gd.minimize(gd.Problem(gd.Linear(1)), X, y, schedule=schedule, batch_size=3, epochs=5)
    expected = [naive.rate(schedule, 4 * e) for e in range(6)]
    np.testing.assert_allclose(run.history.learning_rate, expected, rtol=1e-12)


def test_a_number_is_a_constant_rate():
    X, y = np.array([[1.0], [3.0]]), np.array([0.0, 1.0])
    for number in (0.125, np.float32(0.125), np.float64(0.125)):
        run = gd.minimize(gd.Problem(gd.Linear(1)), X, y, schedule=number, epochs=2)
        assert run.history.learning_rate.tolist() == [0.125, 0.125, 0.125]
