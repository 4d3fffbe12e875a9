"""A function of many parameters along a line, against closed forms."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gdlearn import plotting

POINT = st.lists(st.floats(-3, 3), min_size=2, max_size=2)


def bowl(x, y):
    return (x**2 + 10 * y**2) / 2


@given(POINT, POINT)
def test_a_section_of_a_bowl_is_a_parabola(a, d):
    assume(any(d))
    _, ax = plotting.figure()
    plotting.section(ax, lambda w: bowl(*w), a, d, span=(-2, 1), label="f")
    t, y = ax.lines[0].get_data()
    slope, curvature = np.dot([a[0], 10 * a[1]], d), bowl(*d)
    np.testing.assert_allclose(y, bowl(*a) + slope * t + curvature * t**2, rtol=1e-9, atol=1e-9)
    assert (t[0], t[-1]) == ax.get_xlim() == (-2, 1)


def test_a_section_goes_from_one_point_to_another():
    _, ax = plotting.figure()
    a, b = np.array([1.0, 2.0, -1.0]), np.array([4.0, 0.0, 1.0])
    plotting.section(ax, np.prod, a, b - a, span=(0, 1))
    assert ax.lines[0].get_ydata()[[0, -1]].tolist() == [np.prod(a), np.prod(b)]


def test_a_section_is_interrupted_where_the_function_is_not_finite():
    _, ax = plotting.figure()
    plotting.section(ax, lambda w: np.log(w[0]), [0.0], [1.0])
    t, y = ax.lines[0].get_data()
    np.testing.assert_array_equal(np.isfinite(y), t > 0)


@pytest.mark.parametrize(
    ("f", "start", "direction", "span", "message"),
    [
        (np.sum, [0, 1], [1], (0, 1), "one shape"),
        (np.sum, 0.0, 1.0, (0, 1), "one shape"),
        (np.sum, [0, np.nan], [1, 1], (0, 1), "finite"),
        (np.sum, [0, 1], [0, 0], (0, 1), "not zero"),
        (np.sum, [0, 1], [1, 1], (1, 1), "span"),
        (np.array, [0, 1], [1, 1], (0, 1), "one number"),
    ],
)
def test_section_refuses(f, start, direction, span, message):
    with pytest.raises(ValueError, match=message):
        plotting.section(plotting.figure()[1], f, start, direction, span)
