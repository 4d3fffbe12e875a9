"""Each control of each experiment shows the picture of its value: by pointer, and by keyboard without a network."""

import pytest
from playwright.sync_api import TimeoutError

import expected
from visit import PAGES, Visit

pytestmark = pytest.mark.browser

EXPERIMENTS = ".widget-subarea"
CONTROLS = ".noUi-handle"
OTHERS = ".widget-subarea :is(input, textarea, select, button):not([disabled], .widget-play *)"
# The name and the value that a screen reader says, the value and the pictures that are seen.
STATE = """handle => ({
    name: handle.ariaLabel,
    index: Number(handle.ariaValueNow),
    said: handle.ariaValueText,
    text: handle.closest('.widget-inline-hbox').querySelector('.widget-readout').textContent,
    pictures: [...handle.closest('.widget-subarea').querySelectorAll('img')]
        .filter(image => image.checkVisibility()).map(image => [image.alt, image.getAttribute('src')]),
})"""
ANSWERED = f"""([handle, wanted]) => {{
    const now = ({STATE})(handle);
    return now.said === wanted.text
        && Object.keys(wanted).every(part => JSON.stringify(now[part]) === JSON.stringify(wanted[part]));
}}"""


def check(page, handle, wanted):
    """Waits until a control and the pictures are as wanted."""
    try:
        page.wait_for_function(ANSWERED, arg=[handle.element_handle(), wanted], timeout=30_000)
    except TimeoutError:
        assert handle.evaluate(STATE) == wanted | {"name": "...", "said": wanted["text"]}


def by_keyboard(page, handle, index, last):
    """Moves a slider to its first, last or another value."""
    if index in (0, last):
        handle.press("End" if index else "Home")
    else:
        for _ in range(index):  # it stands at the first
            handle.press("ArrowRight")


def by_pointer(page, handle, index, last):
    """Drags the handle of a slider to a value."""
    handle.evaluate("handle => handle.scrollIntoView({block: 'center'})")
    start, track = (
        handle.bounding_box(),
        handle.locator("xpath=ancestor::*[contains(@class, 'noUi-base')]").bounding_box(),
    )
    height = start["y"] + start["height"] / 2
    page.mouse.move(start["x"] + start["width"] / 2, height)
    page.mouse.down()
    page.mouse.move(track["x"] + track["width"] * index / last, height, steps=3)
    page.mouse.up()


def try_experiment(page, area, experiment, move):
    """Brings each control to its first, middle and last value, and compares what is seen."""
    handles = area.locator(CONTROLS)
    assert handles.count() == len(experiment.names) > 0
    assert experiment.unlinked() == []
    for number, labels in enumerate(experiment.labels):
        handle, last = handles.nth(number), len(labels) - 1
        assert handle.evaluate(STATE)["name"], "a control has no accessible name"
        check(page, handle, experiment.seen(number))
        for index in sorted({0, (last + 1) // 2, last}):
            move(page, handle, index, last)
            check(page, handle, experiment.move(number, index))


def try_page(visit, experiments, move):
    areas = visit.page.locator(EXPERIMENTS)
    assert areas.count() == len(experiments) > 0
    assert visit.page.locator(OTHERS).count() == 0, "a control of a kind that this test does not know"
    for number, experiment in enumerate(experiments):
        try_experiment(visit.page, areas.nth(number), experiment, move)
    assert visit.complaints == []
    assert visit.outside == []


def test_pointer(experiments_page, server, browser):
    with Visit(browser, server, experiments_page) as visit:
        try_page(visit, expected.in_page(experiments_page), by_pointer)


def test_keyboard_from_a_file(experiments_page, browser):
    with Visit(browser, PAGES.as_uri() + "/", experiments_page, offline=True) as visit:
        assert visit.page.locator("mjx-container").count() > 0
        try_page(visit, expected.in_page(experiments_page), by_keyboard)
