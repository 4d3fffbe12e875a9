"""The cover picture is what tools/cover.py draws."""

import re

import numpy as np

import cover

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def test_the_committed_picture_is_the_one_the_script_draws():
    """Up to the last digit, which another processor may round to the other side."""
    drawn, committed = cover.draw(), cover.OUT.read_text(encoding="utf-8")
    assert NUMBER.sub("#", drawn) == NUMBER.sub("#", committed), "run: python tools/cover.py"
    both = [np.array(NUMBER.findall(text), dtype=float) for text in (drawn, committed)]
    np.testing.assert_allclose(*both, atol=2.0)
