"""Links the reference and the chapters both ways, whenever the book is built.

Under each entry of the reference stand the chapters that name it, in code (``gd.minimize``) or prose, and the
equations that explain it, from ``book/reference/equations.yml``. At the end of each chapter stand the entries it names.
"""

import re
from pathlib import Path

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

import pages

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = "book/reference/"
API = REFERENCE + "api"
NAMED = re.compile(r"\b(?:gd|gdlearn)\.([A-Za-z_][\w.]*)")


def chapters():
    """The pages of the course, in its order, without those of the reference."""
    return [name for name in pages.listed() if not name.startswith(REFERENCE)]


def equations():
    """The labels of the equations that explain a name, for each name that has some."""
    return yaml.safe_load((ROOT / REFERENCE / "equations.yml").read_text(encoding="utf-8"))


def named(text, documented):
    """Which of the documented names a text names, in their order: ``gd.losses.slope.kernel`` is ``losses.slope``."""
    found = set()
    for dotted in NAMED.findall(text):
        parts = dotted.split(".")
        prefixes = (".".join(parts[:k]) for k in range(len(parts), 0, -1))
        found.update([next((prefix for prefix in prefixes if prefix in documented), None)])
    return [name for name in documented if name in found]


class LinkBothWays(SphinxPostTransform):
    """Late, when all pages are known, and before their references are resolved."""

    default_priority = 5

    def run(self, **kwargs):
        docname = self.env.docname
        if docname == API:
            self.link_entries()
        elif docname in chapters() and (entries := self.named_in(docname)):
            links = [self.link("py", "obj", f"gdlearn.{name}", nodes.literal("", f"gd.{name}")) for name in entries]
            section = next(iter(self.document.findall(nodes.section)))
            section += paragraph("In the library: ", links)

    def link_entries(self):
        where = {}
        for chapter in chapters():
            for name in self.named_in(chapter):
                where.setdefault(name, []).append(self.link("std", "doc", f"/{chapter}", nodes.inline("", chapter)))
        for name, labels in equations().items():
            where.setdefault(name, []).extend(
                self.link("math", "eq", label, nodes.inline("", label)) for label in labels
            )
        for entry in self.document.findall(addnodes.desc):
            name = next(iter(entry[0]["ids"]), "").removeprefix("gdlearn.")
            if name in where:
                entry[-1] += paragraph("In the course: ", where[name])

    def named_in(self, docname):
        text = Path(self.env.doc2path(docname)).read_text(encoding="utf-8")
        return named(text, self.documented())

    def documented(self):
        """The names of all entries of the reference but the modules, in its order."""
        entries = self.env.domaindata["py"]["objects"].items()
        return {
            name.removeprefix("gdlearn."): None
            for name, entry in entries
            if entry.docname == API and entry.objtype != "module"
        }

    def link(self, domain, kind, target, shown):
        explicit = domain == "py"
        where = {"refdomain": domain, "reftype": kind, "reftarget": target, "refdoc": self.env.docname}
        return addnodes.pending_xref("", shown, **where, refexplicit=explicit, refwarn=True)


def paragraph(opening, links):
    """The links in one line, with commas between them."""
    parts = [part for link in links for part in (nodes.Text(", "), link)][1:]
    return nodes.paragraph("", "", nodes.strong("", opening), *parts, classes=["both-ways"])


def setup(app):
    app.add_post_transform(LinkBothWays)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
