# make book    the pages of the course, in _build/html
# make test    everything: library, formulas, notebooks, pages in a browser
# make plain   the library's tests in plain Python, with their coverage, and without Numba
# make serve   the pages on http://localhost:8000
# make .venv   only the Python environment in which all of it runs
# make bench   the table of book/reference/speed, measured anew beside other libraries (about 12 minutes)
# make lint    only the style of code and notebooks, and the types of the library
# make lock    newer versions of what requirements*.txt pin (make lock UPGRADE= only adds what is missing)
# make clean   forgets every page and computed result

PYTHON ?= python3
BIN := .venv/bin
BENCH := _build/bench-env
PAGES := _build/html
SOURCES := $(shell find book gdlearn tools web -mindepth 1 -not -path '*/.*' -not -path '*/__pycache__*' -not -path 'web/vendor*')

# Two threads that wait for each other, where two processes already fill the cores, are slower than one.
export OPENBLAS_NUM_THREADS ?= 1

UPGRADE ?= --upgrade
LOCK = _build/lock-env/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --fork-strategy fewest \
	--no-emit-package gdlearn --annotation-style line --custom-compile-command "make lock"

LIBRARY = $(wildcard tests/test_*.py) gdlearn

.PHONY: book test plain serve .venv lint lock clean bench

book: $(PAGES)/.complete
	@echo "The book is built: open $(CURDIR)/$(PAGES)/index.html, or run make serve."

test: .venv lint $(PAGES)/.complete
	$(BIN)/python tools/chromium.py
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not plain"
	$(MAKE) plain

# The library's tests in plain Python, where it is seen what they cover; then where there is no Numba at all.
plain: $(BIN)/.test-ready
	rm -rf _build/coverage
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m coverage run -m pytest -n 2 --dist loadfile $(LIBRARY)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report
	GDLEARN_TESTS=no-numba $(BIN)/python -m pytest -n 2 --dist loadfile -m "not plain" $(LIBRARY)

serve: book
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(PAGES) 8000

.venv: $(BIN)/.book-ready $(BIN)/.test-ready

# The other libraries have an environment of their own, so that the tests run without them; what cannot be installed
# becomes a line of the table that says so.
bench: $(BENCH)/.ready
	-$(BENCH)/bin/python -m pip install --quiet --no-build-isolation --editable '.[bench]'
	$(BENCH)/bin/python benchmarks

$(BENCH)/.ready: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet -r requirements.txt
	@touch $@

lint: $(BIN)/.test-ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python tools/notebooks.py check book

lock:
	$(PYTHON) -m venv _build/lock-env
	_build/lock-env/bin/python -m pip install --quiet uv
	$(LOCK) --extra book --output-file requirements.txt pyproject.toml
	$(LOCK) --extra test --constraint requirements.txt --output-file requirements-test.txt pyproject.toml

clean:
	rm -rf _build web/vendor

$(PAGES)/.complete: $(SOURCES) benchmarks/results.json benchmarks/reasons.yml _config.yml _toc.yml web/vendor/stamp.json $(BIN)/.book-ready
# All pages are written anew, since each shows the table of contents; notebooks come from the cache.
	rm -rf $(PAGES) _build/.doctrees
	$(BIN)/jupyter-book build . -W -n --keep-going
	find $(PAGES) -name '*.map' -delete
	$(BIN)/python tools/pages.py
	@touch $@

web/vendor/stamp.json: tools/vendor.py $(BIN)/.book-ready
	$(BIN)/python tools/vendor.py

$(BIN)/.book-ready: requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=...')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/.test-ready: requirements-test.txt $(BIN)/.book-ready
	$(BIN)/python -m pip install --quiet -r requirements-test.txt
	@touch $@
