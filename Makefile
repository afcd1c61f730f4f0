.DEFAULT_GOAL := help
.PHONY: help setup run wheel test soak bench seed-large bench-pages screenshots check requirements clean

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Tests wait for servers and browsers a good part of their time.
JOBS ?= 3

help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/ready ## Make .venv with what it takes to run (run and test share it), and build/ with static files
	@$(BIN)/python -m app.wsgi.static_manifest

run: setup ## Start the dashboard on http://localhost:7860 in dev mode
	@$(BIN)/python -m app.cli serve

wheel: .venv/ready-dev ## Make dist/keydesk-….whl, to install with pipx or uv
	@$(PIP) wheel . --no-deps --no-build-isolation --wheel-dir dist

test: .venv/ready-dev ## Run the whole suite
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not soak"

soak: .venv/ready-dev ## Run the long races
	@$(BIN)/python -m pytest -m soak --timeout 1800 -s

bench: .venv/ready-dev ## Measure verification; writes benchmarks/results.json (needs wrk)
	@$(BIN)/python -m benchmarks

seed-large: .venv/ready ## Fill an empty database (DATABASE_URL, or build/seed-large.db) with 1,000,000 keys; SCALE=0.1: a tenth
	@$(BIN)/python -m benchmarks.seed_large

bench-pages: .venv/ready-dev ## Measure each page with that data, on both databases (makes it first)
	@$(BIN)/python -m benchmarks.pages

screenshots: .venv/ready-dev ## Take the pictures of all pages and mails in docs/screenshots (needs Chromium)
	@$(BIN)/python -m screenshots

check: .venv/ready-dev ## Format, lint, types, architecture
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py

requirements: .venv/ready ## Pin requirements/*.txt anew from pyproject.toml
	@$(PIP) install uv
	@for group in run dev; do \
	  $(BIN)/uv pip compile pyproject.toml $$([ $$group = dev ] && echo --group dev) --universal --python-version 3.11 \
	    --upgrade --generate-hashes --no-emit-index-url --quiet --no-annotate \
	    --custom-compile-command "make requirements" -o requirements/$$group.txt; \
	done

clean: ## Remove .venv and caches (instance/ with your data stays)
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Keydesk needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "python3 is here but its venv module is not: install it (Debian: apt-get install python3-venv)" >&2; exit 1; }

.venv/ready: .venv/bin/python requirements/run.txt
	@echo "Installing what Keydesk needs to run ..."
	@$(PIP) install --require-hashes -r requirements/run.txt
	@touch $@

.venv/ready-dev: .venv/ready requirements/dev.txt
	@echo "Installing what the tests need ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
