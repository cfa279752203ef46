# `make run` opens the dashboard, `make test` runs every check; both build the environment first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
# uv unpacks on all cores, a quarter of pip's time; pip takes over where uv finds no packages, as it reads no pip.conf.
# Neither compiles what may never be imported; the rest is at its first import, and kept, even on machines that
# forbid it: a run starts a dozen processes, and each would compile TensorFlow's three thousand modules anew.
install = $(BIN)/uv pip install -q --no-cache --python $(BIN)/python $(1) || $(BIN)/pip install -q --no-compile $(1)
unexport PYTHONDONTWRITEBYTECODE
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: run test lint types unit soak bench bench-pruning gallery messages docs audit lock clean chromium
.DELETE_ON_ERROR:

run: $(VENV)/.app
	$(if $(NETWORK),PRUNING_LAB_NETWORK=$(NETWORK) STREAMLIT_SERVER_ADDRESS=0.0.0.0 )$(BIN)/streamlit run app.py --server.port $(PORT)

test: lint types unit

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

# Tests of processes and threads often wait, so one more worker than cores; in the browser tests nobody waits.
PYTEST := $(BIN)/pytest -q --dist loadfile --no-loadscope-reorder
unit: $(VENV)/.dev chromium
	$(PYTEST) -n $(shell expr $$(nproc) + 1) --ignore tests/e2e
	$(PYTEST) -n $(shell nproc) tests/e2e

soak: $(VENV)/.dev chromium
	$(BIN)/pytest -q -m soak

# Side-by-side measurements; each prints a table and writes benchmarks/results/. Leave the machine alone meanwhile.
bench: $(VENV)/.dev chromium
	$(BIN)/pip install -q -r benchmarks/requirements.txt
	$(BIN)/python -m benchmarks.time_to_99
	$(BIN)/python -m benchmarks.start
	$(BIN)/python -m benchmarks.compare
	$(BIN)/python -m benchmarks.telemetry --page
	$(BIN)/python -m benchmarks.ui
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.latency

bench-pruning: $(VENV)/.dev
	$(BIN)/python -m benchmarks.pruning_records
	$(BIN)/python -m benchmarks.half_pruned
	$(BIN)/python -m benchmarks.speedup

# Records every run that a fresh start shows, on this machine (about an hour on two cores).
gallery: $(VENV)/.app
	$(BIN)/python -m core.gallery

messages: $(VENV)/.dev
	$(BIN)/python locale/extract.py

# The API reference, from docstrings.
docs: $(VENV)/.dev
	$(BIN)/python docs/reference.py

# Asks for known vulnerabilities of the locked packages; needs a network that reaches the advisories.
audit: $(VENV)/.dev
	$(BIN)/pip install -q pip-audit
	$(BIN)/pip-audit -r requirements.lock --no-deps --disable-pip

$(VENV)/.app: requirements.txt requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q uv
	$(call install,-r requirements.txt -c requirements.lock)
	@touch $@

$(VENV)/.dev: $(VENV)/.app requirements-dev.txt requirements-cluster.txt
	$(call install,-r requirements-dev.txt -c requirements.lock)
	@touch $@

# A browser and a C compiler (for the fake NVML) come from the distribution where they are not there yet. Chromium's
# headless build does for half the processor time; the whole one is taken where it is all there is.
APT := apt-get install -y -qq --no-install-recommends
chromium:
	@command -v $${CHROMIUM:-chromium-headless-shell} >/dev/null || command -v chromium >/dev/null || { \
		apt-get update -qq && { $(APT) chromium-headless-shell fonts-noto-cjk || $(APT) chromium fonts-noto-cjk; } >/dev/null; }
	@command -v cc >/dev/null || { apt-get update -qq && $(APT) gcc libc6-dev >/dev/null; }

lock: $(VENV)/.dev
	$(BIN)/pip freeze --all | grep -vE '^(pip|setuptools|uv|wheel)==' > requirements.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
