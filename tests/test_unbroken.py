"""Lines do not end before a comma, a percent sign or a unit."""

import pytest
from docutils import nodes

from gdlearn._markup import inline
from unbroken import keep_together


def kept(*children):
    paragraph = nodes.paragraph("", "", *children)
    keep_together(paragraph)
    return paragraph


@pytest.mark.parametrize("closing", [",", ".", ";", ")."])
def test_punctuation_goes_with_the_formula_before_it(closing):
    paragraph = kept(nodes.Text("below "), nodes.math("", "2/L"), nodes.Text(f"{closing} Then"))
    _, span, rest = paragraph.children
    assert span["classes"] == ["unbroken"]
    assert [type(child) for child in span.children] == [nodes.math, nodes.Text]
    assert (span.astext(), rest.astext()) == (f"2/L{closing}", " Then")


@pytest.mark.parametrize("after", [nodes.Text(" is the limit"), nodes.emphasis("", ", the limit"), None])
def test_a_formula_without_punctuation_stays_as_it_is(after):
    children = [nodes.math("", "2/L"), *([after] if after else [])]
    assert [type(child) for child in kept(*children).children] == [type(child) for child in children]


def test_a_percent_sign_stays_with_its_number():
    text = kept(nodes.Text("over "), nodes.inline("", "87"), nodes.Text(" % and 77 % of")).astext()
    assert text == "over 87\N{NO-BREAK SPACE}% and 77\N{NO-BREAK SPACE}% of"


def test_a_unit_stays_with_its_number():
    text = kept(nodes.inline("", "3.9"), nodes.Text(" µs in Python, 18.3 ms in a loop, 7 msec")).astext()
    assert text == "3.9\N{NO-BREAK SPACE}µs in Python, 18.3\N{NO-BREAK SPACE}ms in a loop, 7 msec"


def test_a_percent_sign_stays_with_its_number_in_a_question():
    assert inline("until 1 % of `n % 2`") == "until 1\N{NO-BREAK SPACE}% of <code>n % 2</code>"


def test_code_is_left_alone():
    assert kept(nodes.literal("", "n % 2"), nodes.math("", "a % b")).astext() == "n % 2a % b"


def test_an_equals_sign_stays_with_the_number_from_a_cell():
    paragraph = kept(
        nodes.Text("the "), nodes.math("", "2/L ="), nodes.Text(" "), nodes.inline("", "1.75"), nodes.Text(" of")
    )
    _, span, rest = paragraph.children
    assert span["classes"] == ["unbroken"]
    assert [type(child) for child in span.children] == [nodes.math, nodes.Text, nodes.inline]
    assert (span.astext(), rest.astext()) == ("2/L = 1.75", " of")


def test_an_equals_sign_stays_between_two_numbers_from_cells():
    text = kept(nodes.Text("2/"), nodes.inline("", "18.4"), nodes.Text(" = "), nodes.inline("", "0.109")).astext()
    assert text == "2/18.4\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}0.109"


@pytest.mark.parametrize("after", [nodes.Text(" is"), nodes.math("", "x")])
def test_other_formulas_that_end_with_an_equals_sign_stay_as_they_are(after):
    children = [nodes.math("", "L ="), nodes.Text(" "), after]
    assert [type(child) for child in kept(*children).children] == [type(child) for child in children]
