# Stockhand. Everything a person or a machine does with this checkout starts here; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# What lint reads with, two at a time, the longest first.
LINTS := lint-types lint-device-types lint-templates lint-layers lint-format lint-code lint-vendored
.PHONY: help setup setup-test run lint $(LINTS) check quick test everything e2e bench sizes migration vendor

export PATH := $(CURDIR)/.venv/bin:$(PATH)
PYTHON := .venv/bin/python
STEP := scripts/timed.sh

# List the targets with their first comment line.
help:
	@awk '/^# /{text=substr($$0,3)} /^[a-z0-9-]+:/{split($$0,part,":"); if (text && part[1]!="help") \
	  printf "  make %-12s %s\n", part[1], text} !/^# /{text=""}' $(firstword $(MAKEFILE_LIST))

# Prepare this checkout to run Stockhand (once; quick when nothing changed).
setup:
	@scripts/setup.sh

# Prepare it for the tests as well: tools, Node packages, Chromium, PostgreSQL, Redis.
setup-test:
	@scripts/setup.sh test

# Start Stockhand with its sample company on http://127.0.0.1:8000.
run: setup
	@.venv/bin/stockhand demo --if-empty
	@exec .venv/bin/stockhand serve

# Read everything without running it: format, lint, types, import contracts, templates.
lint: setup-test
	@$(MAKE) --no-print-directory --jobs=2 --keep-going $(LINTS)

lint-types:
	@$(STEP) "types (mypy)" mypy

lint-device-types:
	@$(STEP) "types (tsc)" npm run --silent types

lint-format:
	@$(STEP) "format (ruff)" ruff format --check .

lint-code:
	@$(STEP) "lint (ruff)" ruff check .

lint-layers:
	@$(STEP) "layers (import-linter)" lint-imports

lint-templates:
	@$(STEP) "templates (djlint)" djlint --lint --quiet pwa/templates

lint-vendored:
	@$(STEP) "vendored files" $(PYTHON) scripts/vendor.py --check

# What needs no database: lint, the edge and the unit tests (under a minute).
check:
	@STEP_OUTPUT=1 $(STEP) "check" $(MAKE) --no-print-directory lint quick

quick:
	@$(STEP) "edge tests (node)" npm test --silent
	@$(STEP) "unit tests (pytest)" pytest -q -n 2 -m "not (database or slow or services or postgres or redis)"

# Everything: lint, all tests on SQLite and PostgreSQL, the edge, whole stories in a browser.
test:
	@STEP_OUTPUT=1 $(STEP) "test" $(MAKE) --no-print-directory lint everything

everything:
	@rm -rf build/pages
	@$(STEP) "edge tests (node)" npm test --silent
	@$(STEP) "tests on SQLite" scripts/tests.sh -q -n 2 --database=sqlite
	@$(STEP) "tests on PostgreSQL" scripts/tests.sh -q -n 2 --database=postgres -m database
	@$(STEP) "stories in a browser" scripts/tests.sh -q -n 2 e2e
	@$(STEP) "pages (html-validate)" $(PYTHON) scripts/pages.py

# Whole stories in Chromium: scanner, network cut, board (make e2e STORY=picking for some of them).
e2e: setup-test
	@STEP_OUTPUT=1 $(STEP) "stories in a browser" pytest e2e $(if $(STORY),-k "$(STORY)")

# Measure push, pull, fan-out, scan to screen and search against raw baselines (make bench NAME=push for one).
bench: setup-test
	@set -e; for file in benchmarks/bench_$(or $(NAME),*).py; do \
	  STEP_OUTPUT=1 $(STEP) "$$file" $(PYTHON) -m "benchmarks.$$(basename $$file .py)"; done

# How long functions and files are, next to what STYLE calls healthy.
sizes:
	@$(PYTHON) scripts/sizes.py

# Write the migration that turns the newest tables into the ones in tables.py (make migration NAME=add_lots).
migration: setup
	@$(PYTHON) -m piccolo.main migrations new stockhand --auto --desc="$(or $(NAME),change)"

# Copy the browser's libraries again after changing a version in package.json.
vendor: setup-test
	@npm install --silent && $(PYTHON) scripts/vendor.py
