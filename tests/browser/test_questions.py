"""Predictions and questions in the browser, without a kernel: hidden, committed, remembered, checked, from a file."""

import itertools
from pathlib import Path

import pytest

from gdlearn import plotting
from gdlearn._mistakes import judge
from gdlearn._questions import said_to
from gdlearn.experiments import Control, ask, choose, predict

pytestmark = pytest.mark.browser
WEB = Path(__file__).resolve().parents[2] / "web"
VALUES = ["0.5", "1", "2"]
OPTIONS = {"too small": "It would creep.", "too large": "It diverges.", "right": "It arrives."}
ANSWERS = [0.2, 38, 9, -7, 0, 50 * 13.8]


def draw(guess):
    fig, ax = plotting.figure(width=2, height=1)
    plotting.curve(ax, [0, 1], [0, float(guess)], "", plotting.COLORS["SGD"])
    return fig, f"You said {guess}, it is 1."


def written():
    """A page as the book has it: the questions, the style and the script."""
    questions = [
        predict(draw, Control("guess", "How much?", VALUES)),
        predict(draw, Control("guess", "How many?", [str(k) for k in range(1, 10)])),
        choose("Why?", OPTIONS, "right"),
        *(ask(f"Question {answer}", answer, mistakes={0.07: "The `seven` < eight."}) for answer in ANSWERS),
    ]
    style = f'<link rel="stylesheet" href="{(WEB / "downhill.css").as_uri()}">'
    script = f'<script src="{(WEB / "questions.js").as_uri()}"></script>'
    body = "".join(f'<div class="question">{question.data}</div>' for question in questions)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Questions</title>{style}'
    return (
        f'<!doctype html><html lang="en" data-theme="light"><head>{head}{script}</head>'
        f'<body><main class="bd-article">{body}</main></body></html>'
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("questions") / "page.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GDLEARN_FRAMES", "1")
        path.write_text(written(), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(browser, address):
    """The page in a fresh browser; what it asks from elsewhere or complains of fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page, wrong = context.new_page(), []
    page.set_default_timeout(10_000)
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or wrong.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    yield page
    context.close()
    assert wrong == []


def question(page, number):
    return page.locator("form").nth(number)


def seen(form):
    """The alternative texts of the pictures that are in the document."""
    return form.locator("img").evaluate_all("images => images.filter(i => i.checkVisibility()).map(i => i.alt)")


def test_nothing_of_the_outcome_is_there_before_the_commitment(opened):
    form = question(opened, 0)
    assert form.get_by_role("button", name="Commit").is_disabled()
    assert seen(form) == []
    assert "it is 1" not in opened.content().split("<template>")[0]
    assert "it is 1" not in opened.locator("body").aria_snapshot()
    assert form.get_by_role("button", name="Forget my answer").is_hidden()


def test_commit_by_keyboard(opened):
    form = question(opened, 0)
    form.get_by_role("radio").first.focus()
    for key in ["Space", "ArrowDown", "ArrowDown", "Tab"]:
        opened.keyboard.press(key)
    assert seen(form) == []
    opened.keyboard.press("Enter")
    assert seen(form) == ["You said 2, it is 1."]
    assert opened.evaluate("document.activeElement.className") == "downhill-outcome"
    assert form.get_by_role("radio", name="2", exact=True).is_checked()
    assert form.get_by_role("radio").first.is_disabled()
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.textContent") == "Forget my answer"


def test_the_answer_is_remembered_until_it_is_forgotten(opened):
    form = question(opened, 0)
    form.get_by_text("0.5").click()
    form.get_by_role("button", name="Commit").click()
    opened.reload()
    assert seen(form) == ["You said 0.5, it is 1."]
    assert form.get_by_role("radio", name="0.5").is_checked()
    assert seen(question(opened, 1)) == []
    form.get_by_role("button", name="Forget my answer").click()
    assert seen(form) == []
    assert form.get_by_role("radio", checked=True).count() == 0
    assert form.get_by_role("radio").first.evaluate("radio => radio === document.activeElement")
    opened.reload()
    assert seen(form) == []
    assert form.get_by_role("button", name="Commit").is_disabled()
    form.get_by_text("1", exact=True).click()
    form.get_by_role("button", name="Commit").click()
    assert seen(form) == ["You said 1, it is 1."]


def test_a_list_of_values(opened):
    form = question(opened, 1)
    select = form.get_by_role("combobox")
    assert select.input_value() == ""
    select.select_option("9")
    form.get_by_role("button", name="Commit").click()
    assert seen(form) == ["You said 9, it is 1."]
    opened.reload()
    assert seen(form) == ["You said 9, it is 1."]
    assert select.locator("option:checked").text_content() == "9"


def test_each_option_has_its_feedback_and_can_be_tried_again(opened):
    form = question(opened, 2)
    check, feedback = form.get_by_role("button", name="Check"), form.get_by_role("status")
    assert check.is_disabled()
    for option, said in {"too small": "Not yet. It would", "too large": "Not yet. It div", "right": "Right."}.items():
        form.get_by_role("radio", name=option).check()
        assert feedback.text_content() == ""
        check.click()
        assert feedback.text_content().startswith(said)


def attempts(answer):
    """Right and wrong numbers, at the boundary of the tolerance, and what is no number."""
    judged = judge(answer)
    wrong = [wrong for wrong, _ in judged.known]
    edges = [answer * (1 + sign * share) for sign, share in itertools.product([-1, 1], [0.01, 0.0100001, 0.37])]
    texts = ["", "x", "1/0", "0,07", "7 %", "−2", "1,000", "2·10^-3", "10^2", "1e999", "1/1e999", "٣", "0.07", "--1"]
    texts += ["20%", "38 %", "24 %", "0.3 %", "1 1/2", "1 0000", "1 000", "1\u202f000", "38 000 / 1 000", "2 · 10^-3"]
    return [*(repr(value) for value in [answer, *wrong, *edges, *(w * 1.01 for w in wrong)]), *texts]


@pytest.mark.parametrize("number", range(len(ANSWERS)))
def test_the_browser_says_what_python_says(opened, number):
    answer, form = ANSWERS[number], question(opened, 3 + number)
    field, feedback = form.get_by_role("textbox", name="Your answer"), form.get_by_role("status")
    judged = judge(answer, mistakes={0.07: "The `seven` < eight."})
    for attempt in attempts(answer):
        field.fill(attempt)
        field.press("Enter")
        assert feedback.text_content() == said_to(judged, attempt).replace("`", ""), attempt


def test_the_question_does_not_show_through_its_picture_on_a_dark_phone(opened):
    form = question(opened, 0)
    form.get_by_text("0.5").click()
    form.get_by_role("button", name="Commit").click()
    opened.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    picture, edge = form.locator("img"), form.bounding_box()["x"]
    assert picture.bounding_box()["x"] < edge
    assert picture.evaluate("image => getComputedStyle(image).mixBlendMode") == "normal"


def test_all_fits_a_phone_and_is_large_enough_to_touch(opened):
    assert opened.evaluate("document.documentElement.scrollWidth") == 390
    targets = opened.locator("label.downhill-choice, button:visible, input[type=text], select")
    assert min(targets.evaluate_all("all => all.map(target => target.getBoundingClientRect().height)")) >= 32
