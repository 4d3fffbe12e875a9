"""The gallery: every experiment and prediction of the book on one page, made from what the executed notebooks hold.

The directive `{gallery}` becomes a heading for each chapter and a picture for each
of its experiments, as it stands there at first. What moves it, the state of its
widgets, is a script of its own in `_experiments/`, which web/experiments.js fetches
when the picture comes near the screen: a script can be fetched from a file, too.
A prediction is the form that it is in its chapter.
"""

import html
import json
import re
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

import frames

VIEW = "application/vnd.jupyter.widget-view+json"
MARK = "downhill-experiment"  # the class that gdlearn.experiments gives to the box around an experiment
FOLDER = "_experiments"
LINK = "IPY_MODEL_"
PREDICTION = 'data-kind="predict"'  # in the form that gdlearn.experiments.predict writes


def views(doctree):
    """The widgets that a notebook shows: (the cell that shows it, the name of its model)."""
    for bundle in doctree.findall(lambda node: isinstance(node, nodes.Element) and node.get("mime_type") == VIEW):
        text = bundle.astext()
        yield cell_of(bundle), json.loads(text[text.index("{") : text.rindex("}") + 1])["model_id"]


def predictions(doctree):
    """The predictions that a notebook asks for: (the cell that does, its HTML)."""
    for raw in doctree.findall(nodes.raw):
        if PREDICTION in raw.astext():
            yield cell_of(raw), raw.astext()


def cell_of(node):
    """The cell of a notebook that something is in."""
    while node.get("nb_element") != "cell_code":
        node = node.parent
    return node


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


def experiments(env, doctree, docname):
    """The experiments of a chapter: (the cell that shows it, the name of its model, its models)."""
    models = widgets(env, docname)
    for cell, name in views(doctree) if models else ():
        mine = parts(models, name)
        if any(MARK in model["state"].get("_dom_classes", ()) for model in mine.values()):
            yield cell, name, mine


def name_places(app, doctree):
    """Gives the cells that show widgets or ask for predictions an anchor each, for links from elsewhere."""
    for kind, places in {"experiment": views(doctree), "prediction": predictions(doctree)}.items():
        for number, (cell, _) in enumerate(places, start=1):
            cell["ids"].append(f"{kind}-{number}")


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
    """Puts the experiments and predictions of all chapters in the place that the directive kept for them."""
    for place in list(doctree.findall(gallery)):
        rooms = [hang_chapter(app, docname, chapter) for chapter in in_order(app.env, app.config.root_doc)]
        place.replace_self([room for room in rooms if room])


def hang_chapter(app, docname, chapter):
    """The section of a chapter, or None if it has nothing to show."""
    doctree = app.env.get_doctree(chapter)
    bodies = {
        cell: hang_experiment(app, docname, f"{slug(chapter)}-{number}", name, models)
        for number, (cell, name, models) in enumerate(experiments(app.env, doctree, chapter), 1)
    }
    bodies |= {cell: (f"{slug(chapter)}-{cell['ids'][-1]}", text) for cell, text in predictions(doctree)}
    if not bodies:
        return None
    title = nodes.title("", "", *app.env.titles[chapter].deepcopy().children)
    address = app.builder.get_relative_uri(docname, chapter)
    cells = [cell for cell in doctree.findall() if cell in bodies]
    sections = dict.fromkeys(section_of(cell) for cell in cells)
    hung = [
        under_heading(address, section, [c for c in cells if section_of(c) is section], bodies) for section in sections
    ]
    return nodes.section("", title, *hung, ids=[chapter_anchor(chapter)])


def section_of(node):
    """The section of a chapter that something is in."""
    while not isinstance(node, nodes.section):
        node = node.parent
    return node


def under_heading(address, section, cells, bodies):
    """What the cells of a section show, below the heading that it has in its chapter, which leads to the first."""
    heading = section[0].deepcopy().children
    link = nodes.reference("", "", *heading, refuri=f"{address}#{cells[0]['ids'][-1]}", internal=True)
    shown = "".join(f'<div id="{own}">{text}</div>' for own, text in map(bodies.get, cells))
    title = nodes.title("", "", link)
    return nodes.section("", title, nodes.raw("", shown, format="html"), ids=[f"in-{bodies[cells[0]][0]}"])


def hang_experiment(app, docname, own, name, models):
    """The anchor of an experiment in the gallery, and the HTML of its picture, which its script will replace."""
    write_script(Path(app.outdir), docname, own, name, models)
    picture = next(text for text in seen(models, name) if "<img" in text)
    address = "../" * docname.count("/") + f"{FOLDER}/{own}.js"
    controls = sum("index" in model["state"] and bool(model["state"].get("description")) for model in models.values())
    return own, (
        f'<div class="downhill-waiting" data-script="{html.escape(address)}" style="--controls: {controls}">'
        f"{picture.replace('<img ', '<img loading=lazy ')}</div>"
    )


def list_chapters(app, env):
    """Puts the chapters of the gallery into the contents beside it, which are made before it is filled."""
    for docname in [name for name in env.tocs if next(env.get_doctree(name).findall(gallery), None)]:
        rows = nodes.bullet_list()
        for chapter in in_order(env, app.config.root_doc):
            doctree = env.get_doctree(chapter)
            if any(experiments(env, doctree, chapter)) or any(predictions(doctree)):
                link = nodes.reference("", "", *env.titles[chapter].deepcopy().children, internal=True, refuri=docname)
                link["anchorname"] = f"#{chapter_anchor(chapter)}"
                rows += nodes.list_item("", addnodes.compact_paragraph("", "", link))
        env.tocs[docname][0].append(rows)


def chapter_anchor(docname):
    return f"chapter-{slug(docname)}"


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
    app.connect("env-updated", list_chapters)
    app.connect("doctree-resolved", hang)
