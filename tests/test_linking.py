"""The links between reference and chapters, which tools/links.py makes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import links
from test_docstrings import REFERENCE

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
PAGES = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "book").rglob("*") if p.suffix in {".md", ".ipynb"})
CONF = f"""
import sys
sys.path[:0] = [{str(TOOLS)!r}, {str(ROOT)!r}]
import links
links.chapters = lambda: ["book/one", "book/two"]
links.equations = lambda: {{"minimize": ["eq-step", "eq-other"]}}
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "links"]
myst_enable_extensions = ["dollarmath"]
root_doc = "book/one"
nitpicky = True
"""
ONE = """# Steps

$$a = b$$ (eq-step)

$$c = d$$ (eq-other)

    run = gd.minimize(problem, X, y)
    @gd.losses.slope.kernel(Mine)

## Last section

```{toctree}
two
reference/api
```
"""
API = """# API

```{eval-rst}
.. py:module:: gdlearn
.. py:function:: minimize()
.. py:function:: fista()
.. py:module:: gdlearn.losses
.. py:function:: slope()
```
"""


def test_names_are_found_in_the_order_of_the_reference():
    documented = dict.fromkeys(["minimize", "L2", "losses.slope", "fista"])
    text = "@gd.losses.slope.kernel(Mine) x = gd.L2(0.1); gd.L2x; agd.fista; `gdlearn.minimize`, gd.losses.value"
    assert links.named(text, documented) == ["minimize", "L2", "losses.slope"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The pages of a book of two chapters, of which the second names nothing."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "book" / "reference").mkdir(parents=True)
    (folder / "conf.py").write_text(CONF)
    for name, text in {"one": ONE, "two": "# Nothing\n", "reference/api": API}.items():
        (folder / "book" / f"{name}.md").write_text(text)
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", ".", "out"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return {name: (folder / "out" / "book" / f"{name}.html").read_text() for name in ("one", "two", "reference/api")}


def links_in(page):
    """For each paragraph of links the (address, text) of each."""
    paragraphs = re.findall(r'<p class="both-ways">(.*?)</p>', page, re.DOTALL)
    return [re.findall(r'href="(.*?)".*?>([^<>]+)<', text) for text in paragraphs]


def test_a_chapter_ends_with_the_entries_it_names(built):
    assert links_in(built["one"]) == [
        [
            ("reference/api.html#gdlearn.minimize", "gd.minimize"),
            ("reference/api.html#gdlearn.losses.slope", "gd.losses.slope"),
        ]
    ]
    assert built["one"].index("Last section") < built["one"].index("In the library: ")
    assert links_in(built["two"]) == []


def test_an_entry_has_its_chapters_and_its_equations(built):
    chapter = ("../one.html", "Steps")
    equations = [("../one.html#equation-eq-step", "(1)"), ("../one.html#equation-eq-other", "(2)")]
    assert links_in(built["reference/api"]) == [[chapter, *equations], [chapter]]


@pytest.mark.parametrize(("name", "labels"), links.equations().items())
def test_names_and_labels_of_the_equations_exist(name, labels):
    assert name in REFERENCE
    assert labels and [label for label in labels if f"({label})" not in PAGES] == []
