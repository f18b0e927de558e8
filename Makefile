# Two commands on a fresh machine: `make demo` and `make test`. Needs Python 3.11 or newer (with venv), git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.set-up

.PHONY: demo quick test check setup wheel

setup: $(SETUP)

# Everything a demo or a test needs: Python packages at pinned versions, HTCondor, a data set. Nothing as root.
$(SETUP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "sweep needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "setting up $(VENV): torch alone is several GB, this takes minutes the first time"
	@$(PYTHON) -m venv $(VENV) >/dev/null || { $(PYTHON) -m venv --without-pip $(VENV) && \
		$(PYTHON) scripts/bootstrap_pip.py $(VENV); }
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[trainer,postgresql,samplers,tracking,dashboard,report,docs,dev]'
	$(BIN)/sweep pool install
	$(BIN)/sweep data fashion-mnist
	@touch $@

# A real sweep of 8 trials, in a new folder below demo/ each time; stops the pool if it started it.
demo: $(SETUP)
	@sh scripts/demo.sh "$(CURDIR)/$(BIN)" demo/$$(date +%Y%m%d-%H%M%S)

# In a minute: what needs neither a pool, nor processes of its own, nor torch, without samplers, the page and the trackers.
# Hypothesis tries fewer examples.
quick: $(SETUP)
	$(BIN)/python -m pytest -q -n 2 -m "not pool and not processes and not slow" --hypothesis-profile=quick \
		--ignore=tests/trainer --ignore=tests/results/page --ignore=tests/tracking --ignore=tests/optimizer

# All of it, by three workers: two have a pool each, and mostly wait for it; the third runs the rest.
test: $(SETUP)
	@$(BIN)/python scripts/chromium.py || echo "the page is not tested in a browser"
	$(BIN)/python -m pytest -n 3

check: $(SETUP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The documentation, into site/: open site/index.html. A broken link or anchor fails.
.PHONY: docs
docs: $(SETUP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
