"""With a kernel, in a real JupyterLab, a chapter's experiments compute at each move what its page shows."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import nbformat
import pytest

import expected
from visit import PAGES, closed_to

pytestmark = pytest.mark.browser
ROOT = PAGES.parents[1]
CHAPTER = "book/algorithms/gradient-descent"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
PLAYS = """\
from gdlearn import experiments, plotting

def draw(steps):
    fig, ax = plotting.figure()
    plotting.curve(ax, [0, steps], [0, 1], "", plotting.COLORS["SGD"])
    return fig, f"It is {steps}."

experiments.experiment(draw, experiments.Control("steps", "steps", [1, 2, 5, 9], default=5, play=True))"""
STARTS, RUNS = 180, 480  # most seconds for a start, and for all cells; 10 and 20 where the machine is free
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # cells out of sight are on the page, too
}
PROMPTS = ".jp-CodeCell .jp-InputPrompt:not(.jp-Placeholder-prompt)"  # a cell with hidden code shows no number
DONE = f"""() => {{
    const prompts = [...document.querySelectorAll('{PROMPTS}')].map(prompt => prompt.textContent);
    return prompts.length && prompts.every(prompt => /\\d/.test(prompt));
}}"""
FAULTS = ".jp-OutputArea-output:is([data-mime-type$='error'], [data-mime-type$='stderr']), .downhill-error"
SEEN = """experiment => [...experiment.querySelectorAll('.downhill-picture img')].map(image => image.alt).join()"""
SHOWS = f"([experiment, wanted]) => ({SEEN})(experiment) === wanted"
CHANGED = f"([experiment, before]) => ![before, ''].includes(({SEEN})(experiment))"


def asked(address):
    """What a server answers, or None."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return None


def wait_for(condition, what):
    end = time.monotonic() + STARTS
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"{what} did not start within {STARTS} s")
        time.sleep(0.2)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def command(folder, port):
    """JupyterLab on this machine alone, without a token, with the settings of this test and no others."""
    (folder / "overrides.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    quiet = ["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0"]
    open_to_us = ["--IdentityProvider.token=", "--ServerApp.password=", f"--ServerApp.port={port}"]
    places = [f"--ServerApp.root_dir={folder}", f"--LabApp.app_settings_dir={folder}"]
    return [sys.executable, "-m", "jupyterlab", *quiet, *open_to_us, *places]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab in a folder with a copy of the chapter; it ends with the test."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy((ROOT / CHAPTER).with_suffix(".ipynb"), folder / "chapter.ipynb")
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PLAYS)], metadata={"kernelspec": KERNEL}),
        folder / "plays.ipynb",
    )
    own = {f"JUPYTER_{what}_DIR": str(folder / what) for what in ("CONFIG", "DATA", "RUNTIME")}
    env = {name: value for name, value in os.environ.items() if name != "GDLEARN_FRAMES"}
    address = f"http://127.0.0.1:{(port := free_port())}/"
    with (folder / "log.txt").open("wb") as log:
        server = subprocess.Popen(
            command(folder, port), env=env | own, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            wait_for(lambda: asked(address + "api") or server.poll() is not None, "JupyterLab")
            assert server.poll() is None, (folder / "log.txt").read_text(encoding="utf-8")[-3000:]
            yield address
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@contextmanager
def run_all(lab, browser, name):
    """A notebook in JupyterLab, all cells run; in a workspace of its own, or else others would be open, too."""
    context, outside = closed_to(browser, lab)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{lab}lab/workspaces/{name.partition('.')[0]}/tree/{name}")
    page.locator(".jp-CodeCell").first.wait_for()
    wait_for(lambda: idle(lab, name), "the kernel")
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
    page.wait_for_function(DONE, timeout=1000 * RUNS)
    yield page
    context.close()
    assert outside == []


def idle(lab, name):
    """Whether the kernel of a notebook waits for its cells."""
    sessions = asked(lab + "api/sessions") or ()
    return any(session["path"] == name and session["kernel"]["execution_state"] == "idle" for session in sessions)


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """The chapter, with a kernel."""
    with run_all(lab, browser, "chapter.ipynb") as page:
        yield page


def test_no_cell_fails(notebook):
    assert notebook.locator(FAULTS).all_text_contents() == []


def test_a_move_computes_the_picture(notebook):
    experiment = notebook.locator(".downhill-experiment").first
    assert experiment.locator(".downhill-mode").text_content().strip() == "Live: computed as you move."
    before, source = experiment.evaluate(SEEN), experiment.locator("img").get_attribute("src")
    experiment.locator(".noUi-handle").first.press("ArrowRight")
    notebook.wait_for_function(CHANGED, arg=[experiment.element_handle(), before])
    assert experiment.locator("img").get_attribute("src") != source
    assert experiment.evaluate(SEEN) == experiment.locator(".downhill-caption").text_content()


def test_kernel_and_page_say_the_same(notebook):
    """At both ends of all controls, which the sliders of the two have in common."""
    experiments, in_page = notebook.locator(".downhill-experiment"), expected.in_page(f"{CHAPTER}.html")
    assert experiments.count() == len(in_page)
    for number, static in enumerate(in_page):
        live = experiments.nth(number)
        for key, end in (("Home", 0), ("End", -1)):
            for control, labels in enumerate(static.labels):
                live.locator(".noUi-handle").nth(control).press(key)
                wanted = static.move(control, end % len(labels))["pictures"]
            notebook.wait_for_function(SHOWS, arg=[live.element_handle(), wanted[0][0]])
    assert notebook.locator(FAULTS).count() == 0


def test_a_button_plays_the_values(lab, browser):
    with run_all(lab, browser, "plays.ipynb") as page:
        experiment = page.locator(".downhill-experiment")
        button = experiment.locator(".widget-play button:has(.fa-play)")  # while it plays it shows another sign
        for press in (button.click, lambda: button.press("Space")):  # to the end, and once more from the start
            press()
            page.wait_for_function(SHOWS, arg=[experiment.element_handle(), "It is 9."])
            assert experiment.locator(".widget-readout").text_content() == "9"
            experiment.locator(".noUi-handle").press("Home")
            page.wait_for_function(SHOWS, arg=[experiment.element_handle(), "It is 1."])
        assert page.locator(FAULTS).count() == 0
