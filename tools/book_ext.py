"""What the book asks of Sphinx beyond _config.yml."""

import hashlib
import os
import platform
import posixpath
import re
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

import bib_style
import frames
import gallery
import signatures
import unbroken

ROOT = Path(__file__).resolve().parent.parent
CACHES = ROOT / "_build" / "notebook-cache"
CACHES_KEPT = 3
FRAMES = ("GDLEARN_FRAMES", "1")  # experiments render all their frames, for readers without a kernel
log = logging.getLogger(__name__)


def environment_key():
    """A short hash of all that a notebook's outputs depend on besides the notebook."""
    digest = hashlib.sha256(f"{platform.python_version()} {FRAMES}".encode())
    library = [path for path in (ROOT / "gdlearn").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    for path in [*sorted(library), ROOT / "requirements.txt", *sorted((ROOT / "benchmarks").glob("re*.*"))]:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def key_the_cache(app, config):
    """One cache of executed notebooks for each state of the library: jupyter-cache looks only at the notebook."""
    os.environ.update([FRAMES])
    cache = CACHES / environment_key()
    cache.mkdir(parents=True, exist_ok=True)
    cache.touch()
    newest_first = sorted(CACHES.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest_first[CACHES_KEPT:]:
        shutil.rmtree(old)
    config.nb_execution_cache_path = str(cache)


def tidy_scripts(app, pagename, templatename, context, doctree):
    """Leaves thebe out, which names another host and declares its constants twice, and takes each script once."""
    kept = {}
    for script in context.get("script_files", []):
        name = str(getattr(script, "filename", script) or "")
        body = getattr(script, "attributes", {}).get("body") or ""
        if "THEBE_JS_URL" not in body and not name.endswith("sphinx-thebe.js"):
            kept.setdefault((name, body), script)
    context["script_files"] = list(kept.values())


def mend_back_links(app, pagename, templatename, context, doctree):
    """Lets the source of a module link back to its functions: viewcode takes all names to be those of the package."""
    if not pagename.startswith("_modules/gdlearn/"):
        return
    module = pagename.removeprefix("_modules/").replace("/", ".")
    documented = app.env.domaindata["py"]["objects"]

    def mend(link):
        return link[0] if f"gdlearn.{link[1]}" in documented else f'#{module}.{link[1]}"'

    context["body"] = re.sub(r'#gdlearn\.([\w.]+)"', mend, context["body"])


class runtime(nodes.Inline, nodes.TextElement):
    """Stands where the run time of a notebook will be written."""


class RuntimeRole(SphinxRole):
    """{runtime}`.` is the run time of this notebook, {runtime}`../code/linear-regression` that of another."""

    def run(self):
        docname = self.env.docname
        if self.text != ".":
            docname = posixpath.normpath(posixpath.join(posixpath.dirname(docname), self.text))
            self.env.note_dependency(self.env.doc2path(docname))
        node = runtime(docname=docname)
        self.set_source_info(node)
        return [node], []


class WriteRuntimes(SphinxPostTransform):
    """Writes the measured run times; it is late, because a notebook is executed while it is read."""

    default_priority = 5

    def run(self, **kwargs):
        for node in list(self.document.findall(runtime)):
            measured = self.env.nb_metadata.get(node["docname"], {}).get("exec_data")
            if not measured:
                log.warning("runtime: %s was not executed", node["docname"], location=node)
                continue
            node.replace_self(nodes.Text(in_words(measured["runtime"])))


def lighten_pages(app, exception):
    if not exception and app.builder.format == "html":
        frames.lighten(Path(app.outdir))


def in_words(seconds):
    """0.4 s, 11 s, 3 min"""
    if seconds < 0.95:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def setup(app):
    bib_style.register()
    gallery.setup(app)
    signatures.setup(app)
    unbroken.setup(app)
    app.add_node(runtime)
    app.add_role("runtime", RuntimeRole())
    app.add_post_transform(WriteRuntimes)
    app.connect("config-inited", key_the_cache, priority=1)
    app.connect("html-page-context", tidy_scripts, priority=900)
    app.connect("html-page-context", mend_back_links)
    app.connect("build-finished", lighten_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
