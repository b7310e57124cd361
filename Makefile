# Everything a person needs: make run, make test, make lint, make bench, make clean.
# Each target sets up what it needs by itself; a second run starts in seconds.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
HOST ?= 127.0.0.1
WORKERS ?= 2
ARGS ?=

BIN := $(VENV)/bin
# The stamp's name carries a checksum of what was installed from: an edit installs again.
SUM := $(shell cat setup.cfg setup.py pyproject.toml requirements.lock 2>/dev/null | cksum | cut -d' ' -f1)
RUNTIME := $(VENV)/.runtime-$(SUM)
DEV := $(VENV)/.dev-$(SUM)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock

export PYTHONUTF8 = 1

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench lock assets clean

help:
	@echo "make run    set up, make the demo company once, serve http://$(HOST):$(PORT) (PORT=...)"
	@echo "make test   set up and run every test on SQLite and PostgreSQL (ARGS='-k lead')"
	@echo "make lint   ruff, mypy, floors, pages, metadata and rules"
	@echo "make format let ruff lay out the code"
	@echo "make bench  the benchmarks"
	@echo "make lock   renew requirements.lock"
	@echo "make assets build the styles, scripts and icons of the pages (needs Node; the built files are in git)"
	@echo "make clean  remove what was built and installed; the database stays"

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Fieldstone needs Python 3.11 or later; this is $$($(PYTHON) -V 2>&1). Use PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -m venv "$(VENV)" || \
	  { echo "Python could not make a virtual environment; on Debian: apt-get install python3-venv"; rm -rf "$(VENV)"; exit 1; }

# The build runs with the locked setuptools instead of fetching one of its own.
$(RUNTIME): | $(BIN)/python
	@echo "Installing Fieldstone into $(VENV) ..."
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation --editable .
	@rm -f $(VENV)/.runtime-* && touch $@

$(DEV): | $(RUNTIME)
	@echo "Installing the tools for tests and checks into $(VENV) ..."
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@rm -f $(VENV)/.dev-* && touch $@

# A demo that was interrupted half way leaves nothing, so that the next run makes it whole. A
# database named in the environment is never filled by itself.
run: $(RUNTIME)
	@if [ -z "$$FIELDSTONE_DATABASE_URL" ] && [ ! -e fieldstone.db ]; then \
	  forget() { rm -f fieldstone.db fieldstone.db-wal fieldstone.db-shm; exit 1; }; \
	  trap forget INT TERM; $(BIN)/fieldstone demo || forget; fi
	@exec $(BIN)/fieldstone serve --host $(HOST) --port $(PORT)

test: $(DEV)
	@$(BIN)/python -m tests.services.setup
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: $(DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@if [ -d ui_templates ]; then $(BIN)/djlint ui_templates --lint --quiet; fi
	@$(BIN)/fieldstone check

format: $(DEV)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(DEV)
	@$(BIN)/fieldstone bench $(ARGS)

lock: $(DEV)
	@$(BIN)/python -m pip freeze --exclude-editable --all | grep -v -i -E '^(pip|fieldstone)[ =]' > requirements.lock
	@echo "requirements.lock holds $$(wc -l < requirements.lock) packages"

assets:
	@cd ui_templates/src && npm ci --no-audit --no-fund --silent && node build.mjs

clean:
	rm -rf "$(VENV)" build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -name '*.egg-info' -type d -prune -exec rm -rf {} +
