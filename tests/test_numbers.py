"""Powers of ten and units in a text, and in the text of a picture."""

import pytest

from gdlearn import plotting
from gdlearn._images import card
from gdlearn._numbers import power_of_ten, unbroken, written

SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(("exponent", "text"), [(-4, "10⁻⁴"), (0, "10⁰"), (12, "10¹²"), (-1, "10⁻¹")])
def test_powers_of_ten(exponent, text):
    assert power_of_ten(exponent) == text


@pytest.mark.parametrize(
    ("machine", "hand"),
    [
        ("1.9e-05 is left", "1.9 · 10⁻⁵ is left"),
        ("σ = 1e+03: 60 runs", "σ = 10³: 60 runs"),
        ("−2.096e+06 − 6.223e+05 x", "−2.096 · 10⁶ − 6.223 · 10⁵ x"),
        ("is 1.9e−04.", "is 1.9 · 10⁻⁴."),
        ("1e-33, 3e+304", "10⁻³³, 3 · 10³⁰⁴"),
        ("-5, (-0.1), -2e-05", "−5, (−0.1), −2 · 10⁻⁵"),
        ("x-1, 10-fold, 2020-11-29, f(x)-1", "x-1, 10-fold, 2020-11-29, f(x)-1"),
        ("0.5 of 1,000, 2e, x1e-3, 1e5", "0.5 of 1,000, 2e, x1e-3, 1e5"),
    ],
)
def test_numbers_are_written_as_by_hand(machine, hand):
    assert written(machine) == hand


@pytest.mark.parametrize("text", ["87 %", "3.9 µs", "18 ms", "2 · 10⁻⁹"])
def test_a_line_does_not_end_within_a_number(text):
    assert unbroken(f"about {text}.") == f"about {text.replace(' ', SPACE)}."


@pytest.mark.parametrize("text", ["η = 0.051", "2/η = 40.0", "μ = −3", "λ = 1/(ηt) = 0.2"])
def test_a_line_does_not_end_at_an_equals_sign(text):
    assert unbroken(f"at {text} and") == f"at {text.replace(' ', SPACE)} and"


@pytest.mark.parametrize("text", ["7 msec, n % 2, a · 5", "a = b", "(start = x)", "== 3"])
def test_other_lines_may_end(text):
    assert unbroken(text) == text


def test_the_text_of_a_picture_is_written_by_hand_too():
    made = card(plotting.figure()[0], "1e-33 of 10 %", "png", b"")
    assert made.count(f"10⁻³³ of 10{SPACE}%") == 2  # below it, and in its place for those who do not see it
