"""A control refuses values that a reader could not tell apart or reach."""

import numpy as np
import pytest

from gdlearn.experiments import Control


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"values": []}, ValueError, "at least two"),
        ({"values": [1]}, ValueError, "at least two"),
        ({"values": [1, "a"]}, TypeError, "all finite numbers or all strings"),
        ({"values": [1, np.nan]}, TypeError, "finite"),
        ({"values": [True, False]}, TypeError, "finite numbers"),
        ({"values": [1, 2], "default": 3}, ValueError, "default 3"),
        ({"values": [1, 1.0000001]}, ValueError, "more digits"),
        ({"values": [2, 1, 2]}, ValueError, "look the same"),
        ({"values": [1, 2], "label": " "}, ValueError, "label"),
    ],
)
def test_control_refuses(options, error, message):
    with pytest.raises(error, match=message):
        Control(**{"name": "rate", "label": "rate"} | options)


def test_control_shows_values_in_its_format():
    assert Control("k", "k", (1.0, 2.5), format="{:.2f}").texts == ("1.00", "2.50")
    assert Control("k", "k", np.array([1, 2])).default == 1
