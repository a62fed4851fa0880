# Needs Python 3.11+, make and the package index; everything else is fetched into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test quick lint bench fuzz docs site sbom lock clean

demo: $(VENV)/.run ## the main job, offline, in a temporary folder
	@$(BIN)/trustrig demo

# Tests start hundreds of processes: what these import is compiled once, whatever the caller's environment says.
unexport PYTHONDONTWRITEBYTECODE
# One worker more than processors, as many tests wait for another program; each takes some 800 MB in the whole suite.
WORKERS ?= $(shell $(BIN)/python -c 'import os; print(min(8, 1 + (os.cpu_count() or 1)))')
# COVERAGE=1 measures it, as CI does with the quick suite: what runs in process takes twice as long then.
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(if $(COVERAGE),--cov --cov-report=term:skip-covered)

test: $(VENV)/.dev ## the whole suite
	$(PYTEST)

# Folders that test from outside what others test from within, or wait for peers that stay silent.
OUTSIDE := conformance consistency fuzz handshake hostile live plugin
quick: $(VENV)/.dev ## what needs no other program, follows no guide and is not slow
	$(PYTEST) -m "not peer and not guide and not slow" $(OUTSIDE:%=--ignore=tests/%)

lint: $(VENV)/.dev ## every gate: style, types, import directions, generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(BIN)/zizmor --offline --quiet --no-progress .github action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[0-9]*.yml

bench: $(VENV)/.dev ## ratios beside peers, one run, medians
	$(BIN)/python -m tests.bench

SECONDS ?= 60
fuzz: $(VENV)/.dev ## mutated input for the parsers and the evaluator; make fuzz SECONDS=1800
	$(BIN)/python -m pip install --quiet --group fuzz
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

sbom: $(VENV)/.dev ## dist/: wheel, sdist, and a CycloneDX list of what they come to with all they need
	.ci/sbom

docs: $(VENV)/.dev ## write the generated pages
	$(BIN)/python docs/generate.py

site: $(VENV)/.dev ## the documentation as HTML in build/site, offline, its links checked
	$(BIN)/python docs/build_site.py

clean:
	rm -rf $(VENV) build dist .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# pylock.toml needs pip 26.1; a fresh venv may bring an older one.
$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("trustrig needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=26.1"

$(VENV)/.run: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable . --group lock
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml pylock.toml
	$(BIN)/python -m pip install --quiet --requirement pylock.toml
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

# What everybody develops with and CI tests with, to the byte, for every system and Python (PEP 751). Of the public index alone,
# whatever index this machine is told to ask.
lock: $(VENV)/bin/python ## pylock.toml anew: the newest releases that pyproject.toml allows
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --format pylock.toml \
		--default-index https://pypi.org/simple --no-config --no-sources --quiet --no-annotate \
		--custom-compile-command "make lock" --output-file pylock.toml
