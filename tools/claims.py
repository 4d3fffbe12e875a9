"""The ledger of claims: what the article says, what is true of it, and the cell that shows it.

Each chapter has a file book/reference/claims/CHAPTER.yml, a list of claims with `number`, `says`
(our paraphrase), `verdict`, `precise` (the precise statement) and, where a formula answers, the
`equation`. A cell that shows a claim carries it in its metadata::

    "claim": [{"number": "3.4.2", "value": "a-glued-number", "low": 0.0, "high": 0.1}]

The directive `{claims}` writes those of one section of the article, with the values that the cells
have computed. A value outside its interval, or a claim without a cell, is a warning, and so an error
of the build.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

from gdlearn._numbers import written

FOLDER = Path(__file__).resolve().parent.parent / "book" / "reference" / "claims"
# A slot is a formula or a symbol that the article leaves blank.
VERDICTS = ("right", "loose", "wrong", "slot")
log = logging.getLogger(__name__)


class Claim(NamedTuple):
    """What the article says in one place, and what we say of it."""

    chapter: str
    number: str
    says: str
    verdict: str
    precise: str
    equation: str = ""

    @property
    def order(self):
        """Sorts 3.10 after 3.9, and 3.2a between 3.2 and 3.2.1."""
        return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", self.number.replace(".", "~"))]


class Showing(NamedTuple):
    """The cell of a page that shows a claim: the name of the value it computes, and the interval of it."""

    page: str
    number: str
    value: str
    low: float
    high: float

    @property
    def anchor(self):
        return "claim-" + re.sub(r"[^a-z0-9]+", "-", self.number.lower())


def ledger(folder=FOLDER):
    """All claims, in the order of the article."""
    claims = []
    for path in sorted(folder.glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            fields = {key: str(text).strip() for key, text in entry.items()}
            claims.append(Claim(path.stem, **fields))
    return sorted(claims, key=lambda claim: claim.order)


def faults(claims, showings, values, chapters):
    """What is wrong with the ledger, a sentence each.

    `values` maps (page, name) to the numbers that the executed pages hold, `chapters` are the names of those
    that must have claims.
    """
    wrong = [f"chapter {name} has no file in book/reference/claims" for name in chapters - {c.chapter for c in claims}]
    wrong += [f"book/reference/claims/{name}.yml: no such chapter" for name in {c.chapter for c in claims} - chapters]
    numbers = [claim.number for claim in claims]
    wrong += [f"claim {number} stands twice" for number in sorted({n for n in numbers if numbers.count(n) > 1})]
    shown = {showing.number for showing in showings}
    wrong += [f"{s.page}: claim {s.number} is not in the ledger" for s in showings if s.number not in numbers]
    for claim in claims:
        if claim.verdict not in VERDICTS:
            wrong.append(f"claim {claim.number}: the verdict must be one of {VERDICTS}, not {claim.verdict!r}")
        elif claim.verdict == "slot" and not claim.equation:
            wrong.append(f"claim {claim.number} is a slot: name the equation that fills it")
        elif claim.verdict != "slot" and claim.number not in shown:
            wrong.append(f"claim {claim.number} of {claim.chapter} has no cell that shows it")
    return wrong + [fault for showing in showings if (fault := out_of_bounds(showing, values))]


def out_of_bounds(showing, values):
    """What is wrong with a value, or None. NaN lies in no interval."""
    value = values.get((showing.page, showing.value))
    if not isinstance(value, (int, float)):
        return f"{showing.page}: claim {showing.number} needs a glued number {showing.value!r}, and finds {value!r}"
    if not showing.low <= value <= showing.high:
        where = f"[{showing.low:g}, {showing.high:g}]"
        return f"{showing.page}: claim {showing.number}: {showing.value} is {value:.6g}, outside of {where}"
    return None


def in_words(value):
    """1234.5 → 1234, 0.03567 → 0.03567, 1.8e-19 → 1.8 · 10⁻¹⁹, 1e6 → 10⁶"""
    return written(f"{value:.4g}")


def collect(app, doctree):
    """Notes the cells of a page that show claims, and gives each a place to link to."""
    found = []
    for cell in [cell for cell in doctree.findall(nodes.container) if cell.get("nb_element") == "cell_code"]:
        for claim in cell.get("cell_metadata", {}).get("claim", []):
            showing = Showing(app.env.docname, **claim)
            known = {other.anchor for other in found}
            if showing.anchor not in known:
                cell.parent.insert(cell.parent.index(cell), nodes.target("", "", ids=[showing.anchor]))
            found.append(showing)
    everything(app.env)[app.env.docname] = found


def everything(env):
    """The showings of each page."""
    if not hasattr(env, "claims_shown"):
        env.claims_shown = {}
    return env.claims_shown


def glued(env, page):
    """The numbers and texts that a notebook has glued."""
    path = Path(env.mystnb_config.output_folder, f"{page}.glue.json")
    data = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {key: number(output["data"].get("text/plain")) for key, output in data.items()}


def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


def values(env):
    """The glued numbers of all pages that show claims."""
    pages = [page for page, found in everything(env).items() if found]
    return {(page, key): value for page in pages for key, value in glued(env, page).items()}


def check(app, env):
    """Warns of all that is wrong with the ledger, once all pages are read."""
    pages = [page for page in env.found_docs if env.doc2path(page).endswith(".ipynb")]
    chapters = {Path(page).name for page in pages if not page.startswith("book/reference/")}
    showings = [showing for found in everything(env).values() for showing in found]
    for fault in sorted(faults(ledger(), showings, values(env), chapters)):
        log.warning("claims: %s", fault)


class shown(nodes.Inline, nodes.TextElement):
    """Stands where the links to the cells that show a claim, and their values, will be written."""


class ShownRole(SphinxRole):
    def run(self):
        node = shown(number=self.text)
        self.set_source_info(node)
        return [node], []


class WriteShown(SphinxPostTransform):
    """Writes where a claim is shown; it is late, because all pages must be read before."""

    default_priority = 5

    def run(self, **kwargs):
        pending = [*self.document.findall(shown)]
        if not pending:
            return
        found = [showing for showings in everything(self.env).values() for showing in showings]
        numbers = values(self.env)
        for node in pending:
            mine = [showing for showing in found if showing.number == node["number"]]
            node.replace_self([part for showing in mine for part in self.sentence(showing, numbers)])

    def sentence(self, showing, numbers):
        title = self.env.titles[showing.page].astext()
        link = nodes.inline("", title)
        reference = make_refnode(self.app.builder, self.env.docname, showing.page, showing.anchor, link)
        value = numbers.get((showing.page, showing.value))
        text = "no value"
        if isinstance(value, float):
            span = " to ".join(dict.fromkeys(map(in_words, (showing.low, showing.high))))
            text = f"{in_words(value)} (allowed: {span}). "
        return [nodes.Text("Shown in "), reference, nodes.Text(f": {text}")]


class Claims(SphinxDirective):
    """`{claims} 3.4` writes the claims whose number begins with 3.4, `{claims}` all of them."""

    optional_arguments = 1

    def run(self):
        prefix = self.arguments[0] if self.arguments else ""
        for path in sorted(FOLDER.glob("*.yml")):
            self.env.note_dependency(str(path))
        written = []
        for claim in ledger():
            if claim.number.startswith(prefix):
                written += self.parse_text_to_nodes(entry(claim))
        return written


def entry(claim):
    """One claim as Markdown."""
    formula = f" The formula: {{eq}}`{claim.equation}`." if claim.equation else ""
    cell = "" if claim.verdict == "slot" else f"\n\n{{claim-shown}}`{claim.number}`"
    what = "left blank" if claim.verdict == "slot" else claim.verdict
    return (
        f":::{{div}} claim {claim.verdict}\n"
        f"[{claim.number}]{{.claim-number}} [{what}]{{.claim-verdict}} *{claim.says}*\n\n"
        f"{claim.precise}{formula}{cell}\n:::\n"
    )


def setup(app):
    app.add_node(shown)
    app.add_role("claim-shown", ShownRole())
    app.add_directive("claims", Claims)
    app.add_post_transform(WriteShown)
    app.connect("doctree-read", collect)
    app.connect("env-check-consistency", check)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
