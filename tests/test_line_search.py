"""A line search at the boundary of its conditions, and where it looks next."""

import numpy as np
import pytest
import scipy

from gdlearn.line_search import ARMIJO, INSIDE, End, Point, between, falls


@pytest.mark.parametrize("over", [1e-6, 0.0, -1e-6])
def test_armijos_condition_at_its_boundary(over):
    """The slope of -1 promises to fall by 2 in a step of 2; it has to fall by ARMIJO times that."""
    start = Point(np.zeros(1), 0.0, -np.ones(1), 1.0)
    end = start._replace(objective=-2.0 * ARMIJO * (1.0 + over))
    assert falls(start, end, -2.0, -1.0, 0.0, 1e-13) is (over >= 0.0)


def test_where_rounding_hides_the_objective_the_slope_tells():
    start = Point(np.zeros(1), 1.0, -np.ones(1), 1.0)
    end, steepest = start._replace(objective=1.0 + 1e-13), 1.0 - 2.0 * ARMIJO
    assert falls(start, end, -1e-30, -1.0, steepest, 1e-12)
    assert not falls(start, end, -1e-30, -1.0, steepest * (1.0 + 1e-9), 1e-12)
    assert not falls(start, end, -1e-30, -1.0, steepest, 1e-14)  # a rise that is no rounding
    for outside in (np.nan, np.inf):
        assert not falls(start, start._replace(objective=outside), -1.0, -1.0, 0.0, 1e-12)


def test_the_next_point_of_a_search_is_where_the_cubic_is_lowest():
    """The cubic (t - 1)^2 (t + 2) falls at -1/2 and rises at 2, and is lowest at 1."""
    ends = [End(t, (t - 1.0) ** 2 * (t + 2.0), 3.0 * t * t - 3.0) for t in (-0.5, 2.0)]
    assert between(*ends) == pytest.approx(1.0, abs=1e-15)
    fit = scipy.interpolate.CubicHermiteSpline([0.0, 4.0], [1.0, 3.0], [-2.0, -1.0])
    lowest = scipy.optimize.minimize_scalar(fit, bounds=(0.0, 4.0), method="bounded", options={"xatol": 1e-10}).x
    assert between(End(0.0, 1.0, -2.0), End(4.0, 3.0, -1.0)) == pytest.approx(lowest, abs=1e-6)


def test_the_next_point_of_a_search_is_inside():
    start = End(0.0, 1.0, -1.0)
    assert between(start, End(1.0, 1e9, 3e9)) == INSIDE
    assert between(start, End(1.0, 0.0, -0.5)) == 1.0 - INSIDE
    assert between(start, End(1.0, 0.0, -1.0)) == 0.5  # a straight line
    assert between(start, End(1.0, np.nan, np.nan)) == 0.5
    assert between(start, End(1.0, np.inf, np.inf)) == 0.5
