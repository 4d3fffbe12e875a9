"""Serves the built pages and opens them in Chromium, every other host blocked."""

import pytest
from playwright.sync_api import sync_playwright

import chromium
from visit import Visit, built_pages, pages_with_experiments, serving

SETS = {
    "page": built_pages,
    "experiments_page": pages_with_experiments,
}


def pytest_generate_tests(metafunc):
    for name, find in SETS.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, find() or ["no page is built"], scope="module")


@pytest.fixture(scope="session")
def server():
    """The address of the built pages."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    path = chromium.find()
    if not path:
        pytest.fail("No Chromium: `make test` installs one, or run `python tools/chromium.py`.")
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield instance
        instance.close()


@pytest.fixture(scope="module")
def opened(page, server, browser):
    """A page in the browser, formulas and widgets drawn."""
    with Visit(browser, server, page) as visit:
        yield visit
