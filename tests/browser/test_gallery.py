"""The gallery shows every experiment of the book as its chapter does, from a file and without a network."""

import io
import re

import numpy as np
import pytest
from PIL import Image

import expected
import gallery
import vendor
from test_controls import CONTROLS, EXPERIMENTS, by_keyboard, check
from test_pages import BARRIERS, GRAVE, LIMIT, THEMES, TOO_SMALL, TOO_WIDE
from visit import PAGES, Visit, pages_with_experiments

pytestmark = pytest.mark.browser
GALLERY = "book/reference/gallery.html"
HUNG = (
    "place => !place.matches('.downhill-waiting') && [...place.querySelectorAll('img')].every(image => image.complete)"
)


@pytest.fixture(scope="module")
def hung(browser):
    """The gallery, opened from a file, after a walk to its end."""
    with Visit(browser, PAGES.as_uri() + "/", GALLERY, offline=True) as visit:
        places = visit.page.locator("[data-script]")
        for number in range(places.count()):
            place = places.nth(number)
            place.scroll_into_view_if_needed()
            visit.page.wait_for_function(HUNG, arg=place.element_handle())
        yield visit


def in_folder(address):
    """The experiment in the script at an address."""
    return expected.in_script(PAGES / gallery.FOLDER / address.rpartition("/")[2])


def is_experiment(widget):
    return any(gallery.MARK in model["state"].get("_dom_classes", ()) for model in widget.models.values())


def test_shows_all_experiments_of_the_book(hung):
    pages = pages_with_experiments()
    shown = hung.page.locator(EXPERIMENTS)
    chapters = [widget.seen(0) for page in pages for widget in expected.in_page(page) if is_experiment(widget)]
    alts = shown.evaluate_all("areas => areas.map(area => area.querySelector('img').alt)")
    assert sorted(alts) == sorted(seen["pictures"][0][0] for seen in chapters)


def test_each_control_answers(hung):
    places = hung.page.locator("[data-script]")
    for number in range(places.count()):
        place = places.nth(number)
        experiment = in_folder(place.get_attribute("data-script"))
        for control, labels in enumerate(experiment.labels):
            handle, last = place.locator(CONTROLS).nth(control), len(labels) - 1
            for index in (last, 0):
                by_keyboard(hung.page, handle, index, last)
                check(hung.page, handle, experiment.move(control, index))


def test_headings_lead_to_the_experiment_in_its_chapter(hung):
    links = hung.page.locator("article h3 a.reference.internal").evaluate_all("links => links.map(link => link.href)")
    scripts = hung.page.locator("[data-script]").evaluate_all("places => places.map(place => place.dataset.script)")
    for address, script in zip(links, scripts, strict=True):
        page, _, anchor = address.removeprefix(PAGES.as_uri() + "/").partition("#")
        after = (PAGES / page).read_text(encoding="utf-8").partition(f'id="{anchor}"')[2]
        assert in_folder(script).root in after.partition('id="experiment-')[0]


def test_asks_nobody_and_is_quiet(hung):
    assert hung.outside == []
    assert hung.complaints == []


@pytest.mark.parametrize("theme", THEMES)
def test_keeps_nobody_out(hung, theme):
    hung.show(theme)
    if not hung.page.evaluate("() => 'axe' in window"):
        hung.page.add_script_tag(path=vendor.axe())
    assert [found for found in hung.page.evaluate(BARRIERS) if found[0] in GRAVE] == []


@pytest.mark.parametrize("width", [640, 390])
def test_fits_the_screen(hung, width):
    hung.show("light", width)
    assert hung.page.evaluate(TOO_WIDE) == []
    assert hung.page.evaluate(TOO_SMALL) == []


def luminance(color):
    """The relative luminance of sRGB colors from 0 to 255, after WCAG 2.2."""
    share = np.asarray(color) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def test_pictures_do_not_glare_in_the_dark(hung):
    """No brighter than the text beside them, which is what the eye is set to."""
    hung.show("dark")
    color = hung.page.evaluate("() => getComputedStyle(document.body).color")
    text = luminance([float(part) for part in re.findall(r"[\d.]+", color)[:3]])
    picture = Image.open(io.BytesIO(hung.page.locator("[data-script] img").first.screenshot())).convert("RGB")
    assert luminance(np.asarray(picture)).max() < text


def test_weight():
    """What a reader fetches who sees all of it: the page, its scripts and the pictures that are seen at first."""
    scripts = list((PAGES / gallery.FOLDER).glob("*.js"))
    first = {address for script in scripts for _, address in expected.in_script(script).seen(0)["pictures"]}
    files = [PAGES / GALLERY, *scripts, *((PAGES / GALLERY).parent / address for address in first)]
    assert sum(path.stat().st_size for path in files) <= LIMIT
