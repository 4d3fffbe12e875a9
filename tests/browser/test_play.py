"""The button beside a slider plays its values one after the other, by pointer and by keyboard."""

import pytest

import expected
from test_controls import check
from visit import PAGES, Visit, pages_with_experiments

pytestmark = pytest.mark.browser
PAGES_THAT_PLAY = [page for page in pages_with_experiments() if '"PlayModel"' in (PAGES / page).read_text("utf-8")]
PLAYED = ".widget-subarea:has(.widget-play)"
# Notes each place at which the handle of a slider stands from now on.
FOLLOW = """handle => {
    handle.stood = [];
    const note = () => {
        const now = Number(handle.ariaValueNow);
        if (now !== handle.stood.at(-1)) handle.stood.push(now);
    };
    new MutationObserver(note).observe(handle, {attributes: true, attributeFilter: ['aria-valuenow']});
}"""


@pytest.fixture(params=PAGES_THAT_PLAY or ["no page plays"])
def playing(request, server, browser):
    """A page, its slider that is played, the button, and what the experiment must show."""
    with Visit(browser, server, request.param) as visit:
        area = visit.page.locator(PLAYED).first
        number = visit.page.locator(".widget-subarea").evaluate_all(
            "all => all.findIndex(area => area.querySelector('.widget-play'))"
        )
        handle = area.locator(".downhill-play .noUi-handle")
        yield visit.page, handle, area.get_by_role("button", name="Play"), expected.in_page(request.param)[number]


def by_pointer(button):
    button.click()


def by_keyboard(button):
    button.focus()
    button.press("Enter")


@pytest.mark.parametrize("press", [by_pointer, by_keyboard])
def test_plays_to_the_end_and_again_from_the_start(playing, press):
    page, handle, button, experiment = playing
    start, last = experiment.at[0], len(experiment.labels[0]) - 1
    handle.evaluate(FOLLOW)
    press(button)
    check(page, handle, experiment.move(0, last))
    assert handle.evaluate("handle => handle.stood") == list(range(start + 1, last + 1))
    press(button)
    check(page, handle, experiment.move(0, 0))
    check(page, handle, experiment.move(0, last))
    assert handle.evaluate("handle => handle.stood") == [*range(start + 1, last + 1), *range(last + 1)]


@pytest.mark.parametrize("press", [by_pointer, by_keyboard])
def test_pauses(playing, press):
    page, handle, button, experiment = playing
    pause = page.locator(PLAYED).first.get_by_role("button", name="Pause")
    press(button)
    check(page, handle, experiment.move(0, experiment.at[0] + 1))
    press(pause)
    button.wait_for()
    stood = handle.get_attribute("aria-valuenow")
    press(button)
    page.wait_for_function("([handle, stood]) => handle.ariaValueNow !== stood", arg=[handle.element_handle(), stood])
    assert float(handle.get_attribute("aria-valuenow")) >= float(stood) + 1
