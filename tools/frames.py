"""Takes the pictures that notebooks write into their pages, as base64, out into files of their own.

A page with experiments then opens at once and fetches what is seen; and a second
page, the gallery, can show the same frames without a copy of them. Each file is
named after its content, so that a picture seen twice is stored once.
"""

import base64
import hashlib
import re

PICTURE = re.compile(r"data:image/(webp|png|jpeg);base64,([A-Za-z0-9+/]+=*)")
FOLDER = "_images"  # where Sphinx keeps its own


def take_out(text, pages, depth):
    """The text of a file `depth` folders below `pages`, with addresses in place of the pictures that were in it."""

    def store(match):
        kind, data = match[1], base64.b64decode(match[2])
        name = f"{hashlib.sha256(data).hexdigest()[:20]}.{kind}"
        (pages / FOLDER).mkdir(exist_ok=True)
        (pages / FOLDER / name).write_bytes(data)
        return f"{'../' * depth}{FOLDER}/{name}"

    return PICTURE.sub(store, text)


def lighten(pages):
    """Takes the pictures out of all pages in a folder."""
    for page in pages.rglob("*.html"):
        before = page.read_text(encoding="utf-8")
        after = take_out(before, pages, len(page.relative_to(pages).parts) - 1)
        if after != before:
            page.write_text(after, encoding="utf-8", newline="\n")
