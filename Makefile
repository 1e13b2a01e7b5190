# From a clone, with Python 3.11 or newer, make and git: `make run`, `make test`, `make check`.
# The environment is made in .venv on first use, from requirements.lock alone, and again when that file changes.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
python = $(or $(PYTHON),$(error Tenantry needs Python 3.11 or newer, in Debian and Ubuntu the package python3))
UV := $(or $(shell command -v uv),.uv/bin/uv)
# How tests are spread over processes; CI machines have two cores.
TEST_PROCESSES ?= 2

.PHONY: help run test check fmt bench lock

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

run: $(READY) ## sample workspaces in ./demo.db, served on 127.0.0.1:8000
	$(BIN)/tenantry demo

test: $(READY) ## every test, on SQLite and on PostgreSQL
	$(BIN)/pytest -n $(TEST_PROCESSES)

check: $(READY) ## formatting, lint, types, layout and published contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_layout.py tests/test_settings.py tests/test_docs.py tests/graph/test_contract.py tests/scim/test_openapi.py

fmt: $(READY) ## format, and mend what ruff can
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

bench: $(READY) ## time the SCIM workloads against a server of our own
	$(BIN)/python bench/run.py

lock: $(UV) ## write requirements.lock anew from pyproject.toml
	$(UV) pip compile --quiet --universal --python-version 3.11 --group dev --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --upgrade --output-file requirements.lock pyproject.toml

$(READY): requirements.lock pyproject.toml | $(UV) $(BIN)/python
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/python: | $(UV)
	$(UV) venv --quiet --clear --no-python-downloads --python "$$(command -v $(python))" $(VENV)

# Only when the machine has no uv: the one the lock names, in a place of its own.
.uv/bin/uv:
	@$(python) -m venv --clear .uv >/dev/null 2>&1 || { \
		package=$$($(python) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		echo "Python's venv does not work; in Debian and Ubuntu it is the package $$package." >&2; \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null || { echo "Run: sudo apt-get install $$package" >&2; exit 1; }; \
		apt-get update -qq && apt-get install -qq -y --no-install-recommends "$$package" && $(python) -m venv --clear .uv; }
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .uv/requirements.txt
	.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .uv/requirements.txt
