"""Guards the built pages: python tools/pages.py exits 1 and says what is missing or broken.

Every page of the table of contents must be there and no other, and no page may
show what goes wrong without stopping a build: a message of the parser, markup
left as it was typed, or an error in a cell that is not tagged `raises-exception`.
"""

import html
import re
import sys
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "_build" / "html"
BROKEN = {
    r'class="[^"]*\bsystem-message\b': "a message of the parser",
    r'class="[^"]*\bproblematic\b': "markup that the parser did not understand",
    r"\{[a-z:-]+\}<code": "a role that was not resolved",
    r"\{\{ *\w+ *\}\}": "a substitution that was not made",
    r"(?m)^ *(:::|```)": "a directive that was not closed",
}
TRACEBACK = re.compile(r'class="[^"]*\b(?:traceback|stderr)\b')


def listed():
    """The pages that the table of contents names, without suffix."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = (chapter["file"] for part in toc["parts"] for chapter in part["chapters"])
    return [toc["root"], *chapters]


def article(page):
    """The part of a page that its author wrote, without code."""
    text = page.read_text(encoding="utf-8")
    text = re.search(r"<article.*?</article>", text, re.DOTALL).group()
    return re.sub(r"<pre.*?</pre>|<script.*?</script>", "", text, flags=re.DOTALL)


def expected_errors(name):
    """How many cells of a notebook may end in an error."""
    source = ROOT / (name + ".ipynb")
    if not source.exists():
        return 0
    cells = nbformat.read(source, as_version=4).cells
    return sum("raises-exception" in cell.metadata.get("tags", []) for cell in cells)


def faults(name):
    """What is wrong with one page, a sentence each."""
    page = PAGES / (name + ".html")
    if not page.exists():
        return [f"{name}: the page was not built"]
    text = html.unescape(article(page))
    wrong = [f"{name}: {what}" for pattern, what in BROKEN.items() if re.search(pattern, text)]
    errors, expected = len(TRACEBACK.findall(text)), expected_errors(name)
    if errors > expected:
        wrong.append(f"{name}: {errors} cells end in an error, {expected} are tagged raises-exception")
    return wrong


def main():
    names = listed()
    built = {page.relative_to(PAGES).with_suffix("").as_posix() for page in PAGES.glob("book/**/*.html")}
    wrong = [fault for name in names for fault in faults(name)]
    wrong += [f"{name}: a page that _toc.yml does not name" for name in sorted(built - set(names))]
    if not wrong:
        print(f"{len(names)} pages, all in order.")
    return "\n".join(wrong) or None


if __name__ == "__main__":
    sys.exit(main())
