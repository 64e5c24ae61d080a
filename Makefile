# `make test` sets everything up and runs all tests; `make help` tells the rest.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12)
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: help setup test lint

help:
	@echo "make setup  a virtual environment in .venv with all that is needed"
	@echo "make test   all tests"
	@echo "make lint   formatter and linter, changing nothing"

setup: .venv/.installed

.venv/.installed: requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { \
	  echo "Python 3.11 or 3.12 is needed: make PYTHON=/path/to/it" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet -r requirements-dev.txt
	touch $@

test: setup
	.venv/bin/python -m pytest -q tests

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
