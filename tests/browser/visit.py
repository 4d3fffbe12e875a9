"""The built pages, and one of them in a fresh browser context with a record of what it asks for and complains of."""

import re
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import vendor

PAGES = Path(__file__).resolve().parents[2] / "_build" / "html"
WIDGET = "application/vnd.jupyter.widget-view+json"

# What other projects write on the console, and why it may stay.
ALLOWED = (
    "Got invalid theme mode",  # the theme, on the first visit: no mode is stored yet
    "strict mode: ",  # ajv inside the widget manager, about its own schemas
)
LIMIT = 3e6  # bytes of a page and its pictures
THEMES = ["light", "dark"]
GRAVE = {"serious", "critical"}

TOO_WIDE = """() => {
    const scrolls = element => /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX);
    const held = element => {
        for (let up = element.parentElement; up && up.tagName !== 'ARTICLE'; up = up.parentElement)
            if (scrolls(up)) return true;
        return false;
    };
    const wide = [...document.querySelectorAll('article *')].filter(element =>
        element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1 && !held(element));
    const all = document.documentElement.scrollWidth > innerWidth ? [document.documentElement, ...wide] : wide;
    return all.map(element => element.outerHTML.slice(0, 120));
}"""

BARRIERS = """async () => {
    const found = await axe.run(document, {resultTypes: ['violations']});
    return found.violations.map(({impact, id, nodes}) => [impact, id, nodes.map(node => node.html.slice(0, 150))]);
}"""

# What a finger meets: handles of 24 pixels at least, tracks long enough to hit each value, no text below 14 pixels.
TOO_SMALL = """() => {
    const small = (selector, wrong) => [...document.querySelectorAll(selector)]
        .filter(element => element.checkVisibility() && wrong(element)).map(element => element.outerHTML.slice(0, 120));
    const size = element => element.getBoundingClientRect();
    return [
        ...small('.noUi-handle', handle => Math.min(size(handle).width, size(handle).height) < 23.5),
        ...small('.noUi-base', track => size(track).width < 200),
        ...small('.downhill-caption, .widget-label, .widget-readout, .downhill-mode small',
            text => parseFloat(getComputedStyle(text).fontSize) < 14),
        ...small('.widget-label, .widget-readout, .downhill-caption', text => text.scrollWidth > text.clientWidth + 1),
    ];
}"""

# Not one function that waits for the promise: Playwright takes any promise for a yes.
LOADED = "() => !window.MathJax || MathJax.startup?.promise"  # no formulas, or the script that sets them is there
TYPESET = "() => window.MathJax && MathJax.startup.promise.then(() => true)"
DRAWN = f"""() => {{
    const views = document.querySelectorAll('script[type="{WIDGET}"]');
    const drawn = [...document.querySelectorAll('.widget-subarea')].filter(area => area.children.length);
    const pictures = [...document.images].filter(image => image.loading !== 'lazy'); // the others wait for a reader
    return drawn.length === views.length && pictures.every(image => image.complete);
}}"""


def built_pages(folder="."):
    """All pages below a folder, found on disk; their names are relative to PAGES."""
    found = sorted(page.relative_to(PAGES).as_posix() for page in (PAGES / folder).rglob("*.html"))
    return [page for page in found if not page.startswith("_static/")]


def pages_with_experiments():
    return [page for page in built_pages("book") if WIDGET in (PAGES / page).read_text(encoding="utf-8")]


def closed_to(browser, base, **options):
    """A browser context that asks no address but those under `base`, and a list of the others it was asked for.

    It shows no motion: a color on its way from one theme to the other is neither's.
    """
    desk = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "reduced_motion": "reduce"}
    context, outside = browser.new_context(**desk, **options), []

    def refuse(route):
        outside.append(route.request.url)
        route.abort()

    context.route(re.compile(rf"^(?!{re.escape(base)}|data:|blob:)"), refuse)
    return context, outside


class Handler(SimpleHTTPRequestHandler):
    """A server of the built pages that says nothing."""

    def __init__(self, *args):
        super().__init__(*args, directory=PAGES)

    def log_message(self, *args):
        pass


@contextmanager
def serving(handler=Handler):
    """The address of the built pages, as long as they are served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}/"
        httpd.shutdown()


class Visit:
    """`with Visit(browser, base, page) as visit:` opens a page and waits until all of it is drawn.

    `visit.page` is Playwright's page, `visit.outside` the addresses on other
    hosts that it asked for, `visit.complaints` what it wrote on the console.
    """

    def __init__(self, browser, base, page, offline=False):
        self.complaints = []
        self.context, self.outside = closed_to(browser, base, offline=offline)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", self.note)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("response", self.answer)
        self.page.goto(base + page)
        self.page.wait_for_selector("main", state="attached")  # the first page only leads to another
        self.page.wait_for_function(LOADED)
        self.page.evaluate(TYPESET)
        self.page.wait_for_function(DRAWN)

    def show(self, theme, width=1280):
        """Shows the page in a theme, "light" or "dark", at a width in CSS pixels."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)

    def barriers(self):
        """What axe finds that keeps somebody out, as the page is shown now."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.add_script_tag(path=vendor.axe())
        return [found for found in self.page.evaluate(BARRIERS) if found[0] in GRAVE]

    def misfits(self):
        """What is too wide for the screen, as the page is shown now, or too small for fingers and eyes."""
        return self.page.evaluate(TOO_WIDE) + self.page.evaluate(TOO_SMALL)

    def note(self, message):
        if message.type in {"error", "warning"} and not any(text in message.text for text in ALLOWED):
            self.complaints.append(f"{message.type}: {message.text}")

    def answer(self, response):
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.context.close()
