# `make test` sets everything up and runs all tests; `make help` tells the rest.
RUN_DIR ?= runs/first

# A PYTHON that is given is taken as it is; without one, the first that fits.
PYTHON ?= python3
ifeq ($(origin PYTHON),file)
PYTHONS := $(PYTHON) python3.11 python3.12
else
PYTHONS := $(PYTHON)
endif

RUN := .venv/bin/python -m
SOURCES := $(wildcard benchmarks ednas_tf examples export tests)
# What building leaves; old files in them would get into the next wheel.
BUILT := build dist ednas_tf.egg-info

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup lock audit search test lint settings-page docs wheel \
  check-wheel clean

help:  ## Say what the targets do.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) \
	  | expand -t 18

# Lets programs in other folders import the package. An editable install would
# also lend its modules to the wheel that check-wheel looks at.
IMPORTABLE := import pathlib, sysconfig; \
  folder = pathlib.Path(sysconfig.get_path("purelib")); \
  (folder / "ednas_tf_checkout.pth").write_text(f"{pathlib.Path.cwd()}\n")

setup: .venv/.installed  ## Make .venv with all that is needed (PYTHON=...).

.venv/.installed: requirements-dev.txt
	@for python in $(PYTHONS); do \
	  if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then \
	    exec "$$python" -m venv .venv; \
	  fi; \
	done; \
	echo "Python 3.11 or 3.12 is needed, and none of $(PYTHONS) is: make PYTHON=/path/to/it" >&2; \
	exit 2
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check \
	  -r requirements-dev.txt
	@.venv/bin/python -c '$(IMPORTABLE)'
	@touch $@

LOCK := $(RUN) uv pip compile --quiet --universal \
  --generate-hashes --no-header --no-annotate --no-emit-index-url \
  --no-emit-find-links --constraints=requirements-limits.in

lock: .venv/.installed  ## Pin all packages in requirements*.txt, with hashes.
	$(RUN) pip install --quiet --disable-pip-version-check uv==0.13.9
	$(LOCK) --python-version=3.11 \
	  --output-file=requirements-dev.txt requirements-dev.in
	$(LOCK) --python-version=3.11 --constraints=requirements-dev.txt \
	  --output-file=requirements-export.txt requirements-export.in
	$(LOCK) --python-version=3.11 --constraints=requirements-dev.txt \
	  --output-file=requirements.txt requirements.in
	$(LOCK) --python-version=3.11.5 --constraints=requirements-dev.txt \
	  --output-file=requirements-docs.txt requirements-docs.in

audit: .venv/.installed  ## Look up known vulnerabilities; needs a network.
	$(RUN) pip install --quiet --disable-pip-version-check pip-audit==2.9.0
	$(RUN) pip_audit --require-hashes --disable-pip \
	  -r requirements-dev.txt -r requirements-docs.txt

search: .venv/.installed  ## Search, train and export on cluttered_digits (RUN_DIR=...).
	$(RUN) ednas_tf.run --dataset=cluttered_digits --model_dir=$(RUN_DIR)

# Tests wait for processes of their own: three at once use two cores fully.
test: .venv/.installed  ## Run all tests.
	$(RUN) pytest -q -n 3 --dist loadfile --no-loadscope-reorder tests

lint: .venv/.installed  ## Check lint rules and format, changing nothing.
	$(RUN) ruff check .ci setup.py settings_page.py $(SOURCES)
	$(RUN) ruff format --check .ci setup.py settings_page.py $(SOURCES)

settings-page: .venv/.installed  ## Write the tables of docs/settings.md.
	.venv/bin/python settings_page.py

docs: .venv/.installed  ## Build the documentation in site/; a dead link fails.
	$(RUN) pip install --quiet --disable-pip-version-check \
	  -r requirements-docs.txt
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict
	@! grep -rE '<(script|link|img|iframe)[^>]*(src|href)="?(https?:)?//' \
	  --include='*.html' site || \
	  { echo "site/: a page loads something from a network." >&2; exit 1; }

wheel: .venv/.installed  ## Build the wheel and the source archive into dist/.
	rm -rf $(BUILT)
	$(RUN) build

check-wheel: wheel  ## Install the wheel elsewhere and run its commands there.
	.venv/bin/python .ci/check_wheel.py dist/*.whl

clean:  ## Remove .venv, caches and what was built; never runs/.
	rm -rf .venv .pytest_cache .ruff_cache site $(BUILT)
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
