"""Every control of every experiment answers to the keyboard, without a kernel, over http and from a file."""

import pytest
from playwright.sync_api import TimeoutError

from visit import PAGES, Visit, pages_with_experiments

pytestmark = pytest.mark.browser

CONTROLS = ".widget-subarea .noUi-handle, .widget-subarea select"
OTHERS = ".widget-subarea :is(input, textarea, button):not([disabled])"
NAME = "control => control.getAttribute('aria-label') || control.labels?.[0]?.textContent"
# Where a control stands, the value that a screen reader says, and the pictures that are seen; only those count that
# have an alternative text
STATE = """control => ({
    place: control.ariaValueNow ?? String(control.selectedIndex),
    last: control.ariaValueMax ?? String(control.length - 1),
    value: control.getAttribute('aria-valuetext') ?? control.selectedOptions[0].textContent,
    picture: [...control.closest('.widget-subarea').querySelectorAll('img')]
        .filter(image => image.alt && image.checkVisibility()).map(image => image.alt + image.src).join(),
})"""
ANSWERED = f"""([control, before]) => {{
    const now = ({STATE})(control);
    return ['place', 'value', 'picture'].every(part => now[part] !== before[part]);
}}"""


def press(page, control, key):
    """Presses a key on a control and waits until it moved, says another value and shows another picture."""
    before = control.evaluate(STATE)
    control.press(key)
    try:
        page.wait_for_function(ANSWERED, arg=[control.element_handle(), before], timeout=10_000)
    except TimeoutError:
        now = control.evaluate(STATE)
        dead = [part for part in ("place", "value", "picture") if now[part] == before[part]]
        pytest.fail(f"{control.evaluate(NAME)} = {before['value']}: same {' and '.join(dead)} after {key}")
    return control.evaluate(STATE)


def is_first(state):
    return float(state["place"]) == 0


def is_last(state):
    return float(state["place"]) == float(state["last"])


def try_control(page, control):
    """Moves one control through all its values and from end to end."""
    assert control.evaluate(NAME), "a control has no accessible name"
    state = control.evaluate(STATE)
    assert state["picture"], "an experiment shows no picture"
    first = state = state if is_first(state) else press(page, control, "Home")
    while not is_last(state):
        state = press(page, control, "ArrowRight")
    last, state = state, press(page, control, "ArrowLeft")
    assert first == (state if is_first(state) else press(page, control, "Home"))
    assert last == press(page, control, "End")


def try_all(visit):
    controls = visit.page.locator(CONTROLS)
    assert controls.count() > 0, "widgets, but no control"
    assert visit.page.locator(OTHERS).count() == 0, "a control of a kind that this test does not know"
    for number in range(controls.count()):
        try_control(visit.page, controls.nth(number))
    assert visit.complaints == []
    assert visit.outside == []


def test_experiments_answer(experiments_page, server, browser):
    with Visit(browser, server, experiments_page) as visit:
        try_all(visit)


def test_experiments_answer_from_a_file(browser):
    page = pages_with_experiments()[0]
    with Visit(browser, PAGES.as_uri() + "/", page) as visit:
        assert visit.page.locator("mjx-container").count() > 0
        try_all(visit)
