# Needs a Python of 3.11 or newer and nothing else: every target makes what it needs first.
# Another Python: make PYTHON=python3.12 rank. Arguments for pytest: make test ARGS="-k relief".

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# Twice quiet: errors only.
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
# Each of the many programs that a test starts would otherwise compile all of its modules.
unexport PYTHONDONTWRITEBYTECODE
RUN_PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

# Stamps: each is as old as the last time its part was installed.
MADE := $(VENV)/.made
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
PACKAGE := $(VENV)/.package

LOCALE := kalsel_gap/i18n/locale
# English is the language of the source, Indonesian the one catalogue.
CATALOGUE := $(LOCALE)/id/LC_MESSAGES/kalsel_gap.po
TEMPLATE := $(VENV)/kalsel_gap.pot
BENCHMARKS := $(sort $(wildcard benchmarks/*.py))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: rank test quick check fuzz kills mutants bench lock golden messages docs help

rank: $(RUN) $(PACKAGE) ## Install what is locked, rank the sample province, draw its map and list
	@$(BIN)/kalsel-gap rank
	@$(BIN)/kalsel-gap map --out runs/map.html
	@$(BIN)/kalsel-gap export csv --dialect id --out runs/schools.csv

test: $(DEV) $(PACKAGE) ## Run every test (ARGS="-k relief" hands words to pytest)
	@$(RUN_PYTEST) $(ARGS)

quick: $(DEV) $(PACKAGE) ## Run the tests nearest to what changed, in less than a minute
	@$(BIN)/python -m tests.quick $(ARGS)

mutants: $(DEV) $(PACKAGE) ## Change 300 lines, one by one: does a test notice? (ARGS="--seed 2")
	@nice -n 19 $(BIN)/python -m tests.mutants $(ARGS)

check: $(DEV) $(PACKAGE) ## Lint, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict kalsel_gap tests data $(if $(BENCHMARKS),benchmarks)

fuzz: $(DEV) $(PACKAGE) ## Read 200,000 broken files, in an hour or so (ARGS="--seed 7 --cases 1000")
	@$(BIN)/python -m tests.fuzz $(ARGS)

kills: $(DEV) $(PACKAGE) ## Kill the commands that write 300 times (ARGS="--kills 28 --only csv")
	@$(BIN)/python -m tests.kills $(ARGS)

bench: $(DEV) $(PACKAGE) ## Run every script of benchmarks/
	@set -e; for script in $(BENCHMARKS); do echo "== $$script"; $(BIN)/python "$$script"; done

lock: $(DEV) ## Resolve the newest versions that pyproject.toml allows into both lock files
	@echo "Resolving ..." >&2
	@$(BIN)/uv pip compile pyproject.toml --group install \
		--output-file requirements.lock $(LOCK_OPTIONS)
	@$(BIN)/uv pip compile pyproject.toml --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock $(LOCK_OPTIONS)

# The header of a lock would otherwise hold the command with its addresses and folders.
LOCK_OPTIONS = --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--only-binary :all: --emit-build-options --custom-compile-command "make lock"

golden: $(DEV) $(PACKAGE) ## Refresh the golden run that the tests compare with
	@$(BIN)/python tests/refresh_golden.py

messages: $(DEV) ## Bring the catalogue of messages up to date with the texts in the code
	@$(BIN)/pybabel --quiet extract --no-default-keywords \
		--keyword _ --keyword N_ --keyword ngettext:1,2 \
		--add-location file --sort-by-file --add-comments "Translators:" \
		--project kalsel-gap --output-file $(TEMPLATE) kalsel_gap
	@$(BIN)/pybabel --quiet $(if $(wildcard $(CATALOGUE)),update --no-fuzzy-matching \
		--ignore-pot-creation-date,init) --domain kalsel_gap --locale id \
		--input-file $(TEMPLATE) --output-dir $(LOCALE)
	@$(BIN)/pybabel compile --domain kalsel_gap --directory $(LOCALE) --statistics

docs: $(DEV) $(PACKAGE) ## Write the generated pages and the picture of docs/ anew
	@$(BIN)/python docs/generate.py
	@$(BIN)/python docs/picture.py

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- the virtual environment -------------------------------------------------

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "kalsel-gap needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Install a newer one and name it: make PYTHON=python3.12 rank" >&2; \
		exit 1; }
	@echo "Making a virtual environment in $(VENV) ..." >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(RUN): requirements.lock | $(MADE)
	@echo "Installing the locked dependencies (the first time takes a minute or two) ..." >&2
	@$(PIP_INSTALL) --require-hashes --only-binary :all: --requirement requirements.lock
	@touch $@

$(DEV): requirements-dev.lock | $(MADE)
	@echo "Installing the locked development tools and dependencies ..." >&2
	@$(PIP_INSTALL) --require-hashes --only-binary :all: --requirement requirements-dev.lock
	@touch $@ $(RUN)

$(PACKAGE): pyproject.toml | $(RUN)
	@$(PIP_INSTALL) --no-build-isolation --no-deps --editable .
	@touch $@
