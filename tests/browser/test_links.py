"""Links inside the book lead somewhere, and each notebook can be launched."""

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from visit import PAGES

ROOT = PAGES.parents[1]
LEFT_TO_SCRIPTS = {"#"}  # buttons that the theme writes as links


class Links(HTMLParser):
    """The targets and the anchors of a page."""

    def __init__(self):
        super().__init__()
        self.targets, self.anchors = set(), {""}

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.targets |= {named[name] for name in ("href", "src") if named.get(name)}
        self.anchors |= {named[name] for name in ("id", "name") if named.get(name)}


@cache
def links(path):
    parser = Links()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser


def leads_somewhere(path, target):
    """Whether a target inside the book is a file, with the anchor if one is named."""
    parts = urlsplit(target)
    goal = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not goal.is_file():
        return False
    return goal.suffix != ".html" or unquote(parts.fragment) in links(goal).anchors


def test_links_inside_the_book_lead_somewhere(page):
    path = (PAGES / page).resolve()
    inside = [target for target in links(path).targets - LEFT_TO_SCRIPTS if not urlsplit(target).scheme]
    assert [target for target in inside if not leads_somewhere(path, target)] == []


@pytest.mark.parametrize("notebook", sorted((ROOT / "book").rglob("[!.]*.ipynb")), ids=lambda path: path.stem)
def test_notebook_can_be_launched(notebook):
    source = notebook.relative_to(ROOT)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    place = urlsplit(config["repository"]["url"]).path.strip("/")
    launch = f"https://mybinder.org/v2/gh/{place}/{config['repository']['branch']}?urlpath=lab/tree/{source.as_posix()}"
    assert launch in links((PAGES / Path(source)).with_suffix(".html").resolve()).targets
