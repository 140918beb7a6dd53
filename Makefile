# make run   the dashboard with the demo company, or with your own data
# make test  format, lint, types and every test
# make long  those that try many random cases, kills and movers, with all of them, and the browser's tests once more, over
#            PostgreSQL: minutes, and part of CI
# make bench every limit in seconds that a quiet machine can be held to, about six minutes; two take longer and are asked
#            for by name: python -m benchmarks.snapshots (a year of weekly reviews) and python -m benchmarks.users
# make audit known holes in the packages; asks PyPI, so that it needs the network
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
# Compiled modules are kept: where the surroundings forbid it, each of the hundreds of processes that the tests start
# compiles the program anew, which is an eighth of all their work.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test long check format bench audit clean

run: $(VENV)/.run-ready
	@$(BIN)/python -m dashboard demo --if-empty
	@$(BIN)/python -m dashboard serve --port $(PORT)

# Three at a time on two cores: servers and browsers are waited for.
test: check
	@$(BIN)/python -m pytest -n 3 --dist loadgroup

long: $(VENV)/.test-ready
	@BACKORDERS_TEST_LONG=1 $(BIN)/python -m pytest -n 2 --dist loadgroup -m long
	@BACKORDERS_TEST_BROWSERS_ON=postgresql $(BIN)/python -m pytest -n 2 --dist loadgroup tests/browser

check: $(VENV)/.test-ready
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(VENV)/.test-ready
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.test-ready
	@$(BIN)/python -m benchmarks.run
	@$(BIN)/python -m benchmarks.reruns
	@$(BIN)/python -m benchmarks.previews
	@$(BIN)/python -m benchmarks.bridges
	@$(BIN)/python -m benchmarks.demo
	@$(BIN)/python -m benchmarks.reports

# --strict: a package that cannot be looked up is a failure, not a pass.
audit: $(VENV)/.test-ready
	@$(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r constraints.txt

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.run-ready: requirements.txt constraints.txt | $(BIN)/python
	@echo "Installing the packages into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

$(VENV)/.test-ready: requirements-dev.txt requirements.txt constraints.txt | $(BIN)/python
	@echo "Installing the packages into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@touch $@ $(VENV)/.run-ready

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
