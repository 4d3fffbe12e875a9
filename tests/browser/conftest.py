"""Serves the built pages and opens them in Chromium, every other host blocked."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import sync_playwright

import chromium
from visit import PAGES, Visit, built_pages, pages_with_experiments

SETS = {
    "page": built_pages,
    "experiments_page": pages_with_experiments,
}


def pytest_generate_tests(metafunc):
    for name, find in SETS.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, find() or ["no page is built"], scope="module")


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def server():
    """The address of the built pages."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=PAGES)) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}/"
        httpd.shutdown()


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
