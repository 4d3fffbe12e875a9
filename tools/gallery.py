"""The gallery: every experiment of the book on one page, made from what the executed notebooks hold.

The directive `{gallery}` becomes a heading for each chapter and a picture for each
of its experiments, as it stands there at first. What moves it, the state of its
widgets, is a script of its own in `_experiments/`, which web/experiments.js fetches
when the picture comes near the screen: a script can be fetched from a file, too.
"""

import html
import json
import re
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.util.docutils import SphinxDirective

import frames

VIEW = "application/vnd.jupyter.widget-view+json"
MARK = "downhill-experiment"  # the class that gdlearn.experiments gives to the box around an experiment
FOLDER = "_experiments"
LINK = "IPY_MODEL_"


def views(doctree):
    """The widgets that a notebook shows: (the cell that shows it, the name of its model)."""
    for bundle in doctree.findall(lambda node: isinstance(node, nodes.Element) and node.get("mime_type") == VIEW):
        cell = bundle
        while cell.get("nb_element") != "cell_code":
            cell = cell.parent
        text = bundle.astext()
        yield cell, json.loads(text[text.index("{") : text.rindex("}") + 1])["model_id"]


def widgets(env, docname):
    """The models of all widgets of a notebook, by name."""
    _, script = NbMetadataCollector.get_js_files(env, docname).get(
        "ipywidgets_state", (None, {"body": '{"state": {}}'})
    )
    return json.loads(script["body"])["state"]


def parts(models, name):
    """The models that make up a widget: itself, what it refers to, and the links between those."""
    found, new = {}, [name]
    while new:
        name = new.pop()
        if name not in found:
            found[name] = models[name]
            new += re.findall(rf'"{LINK}(\w+)"', json.dumps(models[name]["state"]))
            new += [other for other in models if is_link_within(models[other]["state"], found)]
    return found


def is_link_within(state, found):
    """Whether a model links two that were found."""
    ends = [state.get("source"), state.get("target")]
    return all(end and end[0].removeprefix(LINK) in found for end in ends)


def seen(models, name):
    """The HTML that a widget shows, part by part."""
    state = models[name]["state"]
    if isinstance(state.get("value"), str):
        yield state["value"]
    children = state.get("children", [])
    if "selected_index" in state:
        children = children[state["selected_index"] :][:1]
    for child in children:
        yield from seen(models, child.removeprefix(LINK))


def experiments(env, docname):
    """The experiments of a chapter: (the cell that shows it, the name of its model, its models)."""
    models = widgets(env, docname)
    for cell, name in views(env.get_doctree(docname)) if models else ():
        mine = parts(models, name)
        if any(MARK in model["state"].get("_dom_classes", ()) for model in mine.values()):
            yield cell, name, mine


def name_places(app, doctree):
    """Gives the cells that show widgets an anchor each, for links from elsewhere."""
    for number, (cell, _) in enumerate(views(doctree), start=1):
        cell["ids"].append(f"experiment-{number}")


class gallery(nodes.General, nodes.Element):
    """Stands where the experiments will be shown."""


class GalleryDirective(SphinxDirective):
    """All experiments of the book, chapter by chapter."""

    def run(self):
        for number, (path, options) in enumerate(self.env.config.nb_ipywidgets_js.items()):
            NbMetadataCollector.add_js_file(self.env, self.env.docname, f"ipywidgets_{number}", path, options)
        return [gallery()]


def in_order(env, docname):
    """All pages, in the order of the table of contents."""
    yield docname
    for below in env.toctree_includes.get(docname, []):
        yield from in_order(env, below)


def hang(app, doctree, docname):
    """Puts the experiments of all chapters in the place that the directive kept for them."""
    for place in list(doctree.findall(gallery)):
        rooms = [
            room for chapter in in_order(app.env, app.config.root_doc) if (room := hang_chapter(app, docname, chapter))
        ]
        place.replace_self(rooms)


def hang_chapter(app, docname, chapter):
    """The section of a chapter, or None if it has no experiment."""
    hung = [
        hang_one(app, docname, chapter, number, *one) for number, one in enumerate(experiments(app.env, chapter), 1)
    ]
    if not hung:
        return None
    title = nodes.title("", "", *app.env.titles[chapter].deepcopy().children)
    return nodes.section("", title, *hung, ids=[f"chapter-{slug(chapter)}"])


def hang_one(app, docname, chapter, number, cell, name, models):
    """An experiment below the heading that it has in its chapter, which leads there."""
    section = cell
    while not isinstance(section, nodes.section):
        section = section.parent
    goal = f"{app.builder.get_relative_uri(docname, chapter)}#{cell['ids'][-1]}"
    link = nodes.reference("", "", *section[0].deepcopy().children, refuri=goal, internal=True)
    own, pages = f"{slug(chapter)}-{number}", Path(app.outdir)
    write_script(pages, docname, own, name, models)
    picture = next(text for text in seen(models, name) if "<img" in text)
    address = "../" * docname.count("/") + f"{FOLDER}/{own}.js"
    controls = sum("index" in model["state"] and bool(model["state"].get("description")) for model in models.values())
    shown = (
        f'<div class="downhill-waiting" data-script="{html.escape(address)}" style="--controls: {controls}">'
        f"{picture.replace('<img ', '<img loading=lazy ')}</div>"
    )
    return nodes.section("", nodes.title("", "", link), nodes.raw("", shown, format="html"), ids=[own])


def slug(docname):
    return docname.removeprefix("book/").replace("/", "-")


def write_script(pages, docname, own, name, models):
    """The script that hands the widgets of an experiment to the page."""
    state = json.dumps({"version_major": 2, "version_minor": 0, "state": {key: lean(models[key]) for key in models}})
    view = json.dumps({"version_major": 2, "version_minor": 0, "model_id": name})
    path = pages / FOLDER / f"{own}.js"
    path.parent.mkdir(exist_ok=True)
    text = frames.take_out(f'downhill.hang("{own}", {state}, {view});\n', pages, docname.count("/"))
    path.write_text(text, encoding="utf-8", newline="\n")


def lean(model):
    """A model without the many properties that say nothing: their defaults are null."""
    return model | {"state": {key: value for key, value in model["state"].items() if value is not None}}


def setup(app):
    app.add_node(gallery)
    app.add_directive("gallery", GalleryDirective)
    app.add_js_file("experiments.js")
    app.connect("doctree-read", name_places)
    app.connect("doctree-resolved", hang)
