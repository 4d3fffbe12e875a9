"""The gallery shows every experiment and prediction of the book as its chapter does, from a file, without a network."""

import io
import re

import numpy as np
import pytest
from PIL import Image

import expected
import gallery
from test_controls import CONTROLS, EXPERIMENTS, by_keyboard, check
from visit import LIMIT, PAGES, THEMES, Visit, built_pages, pages_with_experiments

pytestmark = pytest.mark.browser
GALLERY = "book/reference/gallery.html"
PREDICTION = re.compile(r'<form [^>]*data-kind="predict" data-key="(\w+)"')
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


def test_shows_all_predictions_of_the_book(hung):
    chapters = [PAGES / page for page in built_pages("book") if page != GALLERY]
    asked = [form for path in chapters for form in PREDICTION.findall(path.read_text(encoding="utf-8"))]
    keys = hung.page.locator("form[data-kind=predict]").evaluate_all("forms => forms.map(form => form.dataset.key)")
    assert sorted(keys) == sorted(asked) != []


def test_a_prediction_is_answered_here_too(hung):
    form = hung.page.locator("form[data-kind=predict]").first
    form.locator("input[type=radio]").first.check()
    form.get_by_role("button", name="Commit").click()
    hung.page.wait_for_function(
        "form => form.querySelector('.downhill-outcome img').complete", arg=form.element_handle()
    )
    assert form.locator(".downhill-outcome img").evaluate("image => image.naturalWidth") > 0
    form.get_by_role("button", name="Forget").click()
    assert form.locator(".downhill-outcome img").count() == 0


def test_the_contents_beside_it_name_its_chapters(hung):
    chapters = hung.page.locator("article h2").evaluate_all("all => all.map(h => h.firstChild.textContent.trim())")
    beside = hung.page.locator(".bd-sidebar-secondary nav a")
    assert beside.evaluate_all("all => all.map(link => link.textContent.trim())") == chapters != []
    for number in range(beside.count()):
        goal = beside.nth(number).get_attribute("href")
        assert hung.page.locator(f"section{goal} > h2").count() == 1


def test_a_section_with_a_prediction_and_an_experiment_has_one_heading(hung):
    chapters = hung.page.locator("article section:has(> h2)").evaluate_all(
        "all => all.map(chapter => [...chapter.querySelectorAll('h3')].map(h => h.firstChild.textContent))"
    )
    assert chapters and all(len(set(headings)) == len(headings) > 0 for headings in chapters)
    assert any(hung.page.locator("section:has(> h3):has(form):has([data-script])").all())


def test_headings_lead_to_what_is_below_them(hung):
    """The anchor in the chapter is that of the first thing below the heading, and the others follow before the next."""
    places = hung.page.locator("article section:has(> h3)").evaluate_all(
        """all => all.map(place => [place.querySelector('h3 a.internal').href,
            [...place.querySelectorAll('form[data-kind=predict]')].map(form => form.dataset.key),
            [...place.querySelectorAll('[data-script]')].map(script => script.dataset.script)])"""
    )
    assert places
    for address, keys, scripts in places:
        page, _, anchor = address.removeprefix(PAGES.as_uri() + "/").partition("#")
        after = (PAGES / page).read_text(encoding="utf-8").partition(f'id="{anchor}"')[2]
        below = after[: after.find("<h2>")]
        assert all(key in below for key in keys)
        assert all(in_folder(script).root in below for script in scripts)
        first = keys[0] if anchor.startswith("prediction") else in_folder(scripts[0]).root
        assert first in after.partition('id="experiment-')[0].partition('id="prediction-')[0]


def test_asks_nobody_and_is_quiet(hung):
    assert hung.outside == []
    assert hung.complaints == []


@pytest.mark.parametrize("theme", THEMES)
def test_keeps_nobody_out(hung, theme):
    hung.show(theme)
    assert hung.barriers() == []


@pytest.mark.parametrize("width", [640, 390])
def test_fits_the_screen(hung, width):
    hung.show("light", width)
    assert hung.misfits() == []


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
