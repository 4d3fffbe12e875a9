"""Predictions and questions: what is asked, what is hidden, what is said to an answer."""

import base64
import json
import math
import re

import ipywidgets as widgets
import pytest

from gdlearn import _drawing, _mistakes, plotting
from gdlearn._mistakes import judge, number
from gdlearn._questions import said_to
from gdlearn.experiments import Control, ask, choose, predict

VALUES = [0.5, 1.0, 2.0]


def draw(guess):
    fig, ax = plotting.figure(width=2, height=1)
    plotting.curve(ax, [0, 1], [0, guess], "", plotting.COLORS["SGD"])
    return fig, f"You said {guess}, it is 1."


def guess(values=VALUES, **options):
    return Control("guess", "What is $x < 1$?", values, **options)


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setenv("GDLEARN_FRAMES", "1")


@pytest.fixture
def kernel(monkeypatch):
    monkeypatch.delenv("GDLEARN_FRAMES", raising=False)


def revealed(html):
    """The data for the script."""
    return json.loads(base64.b64decode(re.search('data-secret="([^"]*)"', html).group(1)))


# The catalogue: each mistake as somebody makes it, independently of the table


@pytest.mark.parametrize(
    ("answer", "wrong", "said"),
    [
        (0.2, -0.2, "sign"),
        (0.2, 0.4, "factor 2 too large: the 1/2 convention?"),
        (0.2, 0.1, "factor 2 too small: the 1/2 convention?"),
        (0.2, 5.0, "Upside down"),
        (38, 39, "One too many"),
        (38, 37, "One too few"),
        (0.9, 0.81, "the square of what is asked"),
        (100, 10, "the square root of what is asked"),
        (0.82, 0.18, "what is left asked, or what is gone"),
        (0.21, 21, "a percentage, where a share is asked"),
        (21, 0.21, "a share, where a percentage is asked"),
        (50 * math.log(1e6), 50 * 6, "log10, where the natural logarithm is meant"),
        (50 * 6, 50 * math.log(1e6), "natural logarithm, where log10 is meant"),
        (math.log(7), math.log2(7), "log2, where the natural logarithm is meant"),
        (math.log2(7), math.log(7), "natural logarithm, where log2 is meant"),
        (0.3, 3.0, "factor 10 too large"),
        (3.0, 0.3, "factor 10 too small"),
        (2.5, 10.0, "factor 4 too large"),
        (10.0, 2.5, "factor 4 too small"),
        (3.0, -6.0, "The sign, and a factor 2 too large"),
        (3.0, -1.5, "The sign, and a factor 2 too small"),
        (50.0, math.log(50.0), "This is the natural logarithm of what is asked"),
        (1.5, math.exp(1.5), "What is asked is the natural logarithm of this"),
    ],
)
def test_each_mistake_is_recognized(answer, wrong, said):
    assert said in said_to(judge(answer), repr(wrong))


def test_every_entry_of_the_catalogue_is_tested():
    cases = test_each_mistake_is_recognized.pytestmark[0].args[1]
    recognized = {hint for answer, wrong, _ in cases for hint in judge(answer).hints(wrong)}
    assert recognized == {hint for hint, _ in _mistakes.CATALOGUE}


@pytest.mark.parametrize("answer", [0, 1, -1, 0.5, 2, 4, 1e-3, 1234.5, -7, 1e300, 5e-324])
def test_the_answer_is_right_and_no_mistake_is(answer):
    judged = judge(answer)
    assert said_to(judged, repr(answer)) == "Right."
    assert all(math.isfinite(wrong) and not judged.right(wrong) for wrong, _ in judged.known)
    assert not {"{", "nan", "inf"} & set(said_to(judged, "3.7"))


def test_two_mistakes_that_give_one_number_are_both_named():
    assert said_to(judge(2), "4") == (
        "Not yet. A factor 2 too large: the 1/2 convention? Or: This is the square of what is asked."
    )


def test_an_unknown_mistake_is_too_large_or_too_small():
    assert said_to(judge(10), "13.7") == "Not yet. Too large."
    assert said_to(judge(10), "6") == "Not yet. Too small."
    assert said_to(judge(-10), "-13.7") == "Not yet. Too small."


def test_own_mistakes_come_first():
    judged = judge(0.2, mistakes={0.1: "That is 1/L."})
    assert said_to(judged, "0.1") == "Not yet. That is 1/L."
    assert said_to(judged, "0.4").startswith("Not yet. A factor 2 too large")


def test_tolerance_at_its_boundary():
    judged = judge(8, rtol=0.25, atol=0.5)
    assert said_to(judged, "10.5") == said_to(judged, "5.5") == "Right."
    assert said_to(judged, "10.51") != "Right."
    assert said_to(judged, "5.49") != "Right."


def test_an_exact_answer_can_still_be_written_down():
    assert said_to(judge(0.1 + 0.2, rtol=0), "0.3") == "Right."
    assert said_to(judge(38, rtol=0), "38.0001") != "Right."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"answer": math.nan}, "finite"),
        ({"answer": 1, "rtol": -1}, "negative"),
        ({"answer": 1, "atol": math.inf}, "finite"),
        ({"answer": 1, "mistakes": {1.005: "almost"}}, r"\[1.005\] would count as the answer"),
        ({"answer": 1, "mistakes": {math.inf: "diverges"}}, "finite"),
    ],
)
@pytest.mark.parametrize("make", [judge, lambda **arguments: ask("?", **arguments)])
def test_ask_refuses(make, arguments, message):
    with pytest.raises(ValueError, match=message):
        make(**arguments)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.25", 0.25), (".25", 0.25), ("0,25", 0.25), ("1/4", 0.25), (" 1 / 4 ", 0.25), ("25 %", 25), ("+3.", 3),
        ("-2", -2), ("−2", -2), ("1,000", 1000), ("1,234,567.5", 1234567.5), ("0,125", 0.125), ("1 000", 1000),
        ("1 234 567", 1234567), ("-1\u202f000 000", -1000000), ("1 000 / 4", 250), ("- 2 · 10^-3", -0.002),
        ("2.5e-3", 0.0025), ("2·10^-3", 0.002), ("2*10^3", 2000), ("10^-3", 0.001), ("1e3/2e3", 0.5),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(written, value):
    assert number(written) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    "written",
    [
        "", "x", "1/0", "1e999", "nan", "inf", "1.2.3", "1,2,3", "2/L", "٣", "1/2/3", "1 1/2", "1 0000", "1 000 1/2",
        "12 34", "0.2 5",
    ],
)  # fmt: skip
def test_what_is_no_number(written):
    assert number(written) is None
    assert said_to(judge(1), written).startswith("Write a number")


def test_a_percentage_may_be_meant_as_a_share():
    judged = judge(0.9512, rtol=1e-3, mistakes={0.975: "The cautious step."})
    assert said_to(judged, "95.12%") == said_to(judged, "95,12 %") == said_to(judged, "0.9512") == "Right."
    assert "factor 100 too large" in said_to(judged, "95.12")
    assert said_to(judged, "97.5 %") == "Not yet. The cautious step."
    assert said_to(judged, "93 %") == "Not yet. Too small."
    assert said_to(judge(38), "38 %") == "Right."
    assert said_to(judge(38), "41 %") == "Not yet. Too large."
    assert said_to(judge(38), "33 %") == "Not yet. Too small."


# In a page


@pytest.mark.usefixtures("page")
def test_the_page_holds_a_hidden_picture_of_each_prediction():
    html = predict(draw, guess()).data
    shown, hidden = html.split("<template>", 1)
    assert "<img" not in shown
    assert "it is 1" not in shown
    assert re.findall(r'alt="([^"]*)"', hidden) == [draw(value)[1] for value in VALUES]
    assert shown.count('type="radio"') == 3
    assert "checked" not in shown
    assert re.search(r'type="submit"[^>]* disabled>Commit', shown)
    assert "What is $x &lt; 1$?" in shown
    assert 'class="tex2jax_process"' in shown


@pytest.mark.usefixtures("page")
def test_more_than_eight_values_are_a_list():
    html = predict(draw, guess(list(range(1, 10)))).data
    assert "radio" not in html
    assert html.count("<option") == 10
    assert html.count("<template>") == 9


@pytest.mark.usefixtures("page")
def test_questions_are_told_apart_by_what_they_ask():
    key = re.compile('data-key="([^"]+)"')
    made = [predict(draw, guess()), predict(draw, guess([1, 2])), ask("a", 1), ask("b", 1), ask("b", 2)]
    assert len({key.search(html.data).group(1) for html in made}) == 4


@pytest.mark.usefixtures("page")
def test_pictures_that_weigh_too_much_are_refused(monkeypatch):
    monkeypatch.setattr(_drawing, "MOST_BYTES", 3_000)
    with pytest.raises(ValueError, match=r"3 frames .* MB .* fewer values"):
        predict(draw, guess())


@pytest.mark.usefixtures("page")
def test_the_answer_cannot_be_read_in_passing():
    html = ask("Below which $\\eta$?", 0.1375, mistakes={0.06875: "That is `1/L` < 2/L."}).data
    assert "0.1375" not in html
    assert "1/L" not in html
    data = revealed(html)
    assert data["answer"] == 0.1375
    assert data["tables"][0] == [[0.06875, "That is <code>1/L</code> &lt; 2/L."]]
    assert len(data["tables"][1]) > 10


@pytest.mark.usefixtures("page")
def test_options_keep_their_order_and_their_feedback_is_hidden():
    html = choose("Why?", {"too $\\eta$": "No: it is small.", "too <flat>": "Yes, `kappa`."}, "too <flat>").data
    assert re.findall(r'value="\d"><span[^>]*>([^/]*)</span>', html) == ["too $\\eta$", "too &lt;flat&gt;"]
    assert "No:" not in html
    said = ["Not yet. No: it is small.", "Right. Yes, <code>kappa</code>."]
    assert revealed(html) == {"said": said, "right": 1}


@pytest.mark.parametrize(
    ("options", "right", "message"),
    [
        ({"a": "yes"}, "a", "at least two"),
        ({"a": "yes", "b": " "}, "a", r"feedback for \['b'\]"),
        ({"a": "yes", "b": "no"}, "c", "one of the options"),
    ],
)
def test_choose_refuses(options, right, message):
    with pytest.raises(ValueError, match=message):
        choose("?", options, right)


@pytest.mark.parametrize("mode", ["page", "kernel"])
@pytest.mark.parametrize(
    ("function", "control", "message"),
    [
        (draw, VALUES, "must be a Control"),
        (lambda other: draw(other), guess(), r"names \['guess'\]"),
    ],
)
def test_predict_refuses(request, mode, function, control, message):
    request.getfixturevalue(mode)
    with pytest.raises(TypeError, match=message):
        predict(function, control)


# With a kernel


@pytest.mark.usefixtures("kernel")
def test_nothing_is_drawn_before_the_commitment():
    drawn = []
    box = predict(lambda guess: drawn.append(guess) or draw(guess), guess())
    text, answer, button, outcome = box.children
    assert "What is $x &lt; 1$?" in text.value
    assert (answer.index, button.disabled, outcome.value, drawn) == (None, True, "", [])
    answer.index = 2
    assert (button.disabled, outcome.value, drawn) == (False, "", [])
    button.click()
    assert drawn == [2.0]
    assert 'alt="You said 2.0, it is 1."' in outcome.value
    assert answer.disabled


@pytest.mark.usefixtures("kernel")
def test_an_answer_can_be_forgotten_and_given_anew():
    _, answer, button, outcome = predict(draw, guess()).children
    answer.index = 2
    button.click()
    button.click()
    assert (answer.index, answer.disabled, button.disabled, outcome.value) == (None, False, True, "")
    assert button.description == "Commit"
    answer.index = 0
    button.click()
    assert "You said 0.5" in outcome.value


@pytest.mark.usefixtures("kernel")
def test_an_error_is_shown_instead_of_the_outcome():
    _, answer, button, outcome = predict(lambda guess: 1 / 0, guess()).children
    answer.index = 0
    button.click()
    assert "ZeroDivisionError" in outcome.value
    assert "img" not in outcome.value


@pytest.mark.usefixtures("kernel")
def test_ask_checks_at_each_press():
    box = ask("Below which $\\eta$?", 0.2, mistakes={0.05: "That is < `1/L`."})
    text, row, feedback = box.children
    field, button = row.children
    assert "Below which $\\eta$?" in text.value
    for written, said in {"0.1": "factor 2 too small", "0.05": "&lt; <code>1/L</code>", "1/5": "Right."}.items():
        field.value = written
        button.click()
        assert said in feedback.value
    assert not re.search(r"0\.2\b", json.dumps([part.get_state() for part in (text, field, button)], default=str))


@pytest.mark.usefixtures("kernel")
def test_choose_can_be_tried_again():
    _, answer, button, feedback = choose("Why?", {"a": "No.", "b": "Yes."}, "b").children
    button.click()
    assert "Choose" in feedback.value
    answer.index = 0
    button.click()
    assert feedback.value == "Not yet. No."
    answer.index = 1
    button.click()
    assert feedback.value == "Right. Yes."


@pytest.mark.usefixtures("kernel")
def test_formulas_in_options_are_set_in_a_list_of_letters():
    _, listed, answer, _, _ = choose("Why?", {"$\\eta$": "No.", "b": "Yes."}, "b").children
    assert isinstance(listed, widgets.HTMLMath)
    assert "(a) $\\eta$" in listed.value
    assert answer.options == ("a", "b")
