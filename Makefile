# Everything runs in .venv, which each target makes or refreshes first. A fresh machine needs Python 3.11 and make.
.DEFAULT_GOAL := check
.DELETE_ON_ERROR:
.PHONY: demo check lint unit test bench soak screenshots lock clean tmux postgresql

# Set PYTHON to choose; otherwise the newest of these that works and can make a virtual environment.
PYTHON ?=
PYTHONS := $(or $(PYTHON),python3.13 python3.12 python3.11 python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
BUILD := requirements/build.txt pyproject.toml
# As many at a time as there are cores; who is done takes half of what another has left.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist worksteal

demo: .venv/run.stamp
	$(BIN)/runbook demo

check: lint unit

lint: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy console tests
	$(BIN)/lint-imports

unit: .venv/dev.stamp
	$(BIN)/pytest -q $(SIDE_BY_SIDE) -m "not slow and not e2e and not soak"

test: lint tmux postgresql
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not soak"

bench: .venv/dev.stamp
	$(BIN)/python -m tests.bench

soak: .venv/dev.stamp
	bash -o pipefail -c '$(BIN)/pytest -m soak -v 2>&1 | tee soak.log'

screenshots: .venv/dev.stamp
	RUNBOOK_SCREENSHOTS=write $(BIN)/pytest -q tests/tui -k screenshot

# Pins the newest versions that pyproject.toml allows.
lock: .venv/bin/python
	$(BIN)/python .ci/lock

clean:
	rm -rf .venv dist build soak.log .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

tmux:
	@command -v tmux >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq --no-install-recommends tmux; } \
		|| { echo "The end-to-end tests need tmux. Install it (Debian: apt-get install tmux) and try again."; exit 1; }

postgresql:
	@test -x /usr/lib/postgresql/15/bin/postgres -a -x /usr/sbin/pgbouncer \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
		&& apt-get install -y -qq --no-install-recommends postgresql-15 pgbouncer; } \
		|| { echo "The tests need PostgreSQL 15 and PgBouncer. Install them (Debian: apt-get install postgresql-15 pgbouncer)" \
		"and try again."; exit 1; }

.venv: .venv/dev.stamp

# A stamp is younger than the pins it was made from. What developing needs includes what running needs.
.venv/run.stamp: .venv/bin/python requirements/run.txt $(BUILD)
	$(PIP) -r requirements/run.txt -r requirements/build.txt
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

.venv/dev.stamp: .venv/bin/python requirements/dev.txt requirements/run.txt $(BUILD)
	$(PIP) -r requirements/dev.txt -r requirements/build.txt
	$(PIP) --no-deps --no-build-isolation -e .
	touch .venv/run.stamp $@

.venv/bin/python:
	@for python in $(PYTHONS); do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		$$python -c 'import ensurepip, venv' 2>/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
			&& apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv; } || continue; \
		echo "$$python -m venv .venv"; $$python -m venv --clear .venv && exit 0; \
	done; rm -rf .venv; \
	echo "No Python 3.11 or newer that can make a virtual environment was found (looked for: $(PYTHONS))."; \
	echo "Install one (Debian: apt-get install python3 python3-venv), or say make PYTHON=/path/to/python."; exit 1
