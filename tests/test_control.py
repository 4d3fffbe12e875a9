"""A control refuses values that a reader could not tell apart or reach."""

import numpy as np
import pytest

from gdlearn import plotting
from gdlearn.experiments import Control, experiment


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


@pytest.mark.parametrize(
    ("first", "second", "ends"),
    [
        (True, True, "computed as you move."),
        (False, True, ": “η” moves in steps."),
        (False, False, ": “η” and “m” move in steps."),
    ],
)
def test_the_reader_hears_which_runs_were_computed_before(monkeypatch, first, second, ends):
    monkeypatch.delenv("GDLEARN_FRAMES", raising=False)
    controls = Control("eta", "η", [1, 2], between=first), Control("m", "m", [1, 2], between=second)
    shown = experiment(lambda eta, m: (plotting.figure(width=2, height=1)[0], f"{eta} {m}"), *controls)
    assert shown.children[-1].value.startswith("<small>Live: ")
    assert shown.children[-1].value.endswith(f"{ends}</small>")
