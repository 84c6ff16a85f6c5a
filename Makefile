# Every target sets up what it needs, on a machine with Python 3.11 or newer, make, git and a package index for pip.

PYTHON ?= python3
BIN := .venv/bin
ENVIRONMENT := $(PYTHON) scripts/environment.py

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench faults fuzz docs environment clients

help: ## Say what can be made.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

demo: ## Train a small classifier, push two revisions of it, load both in a new process.
	@$(ENVIRONMENT) .venv requirements/demo.txt
	@$(BIN)/python examples/demo/demo.py

test: lint clients ## Lint, check types, run every test.
	@scripts/system_packages.sh git git-lfs sqlite3 strace
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: environment ## Check style and types.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

bench: ## Measure against the floor of the machine and against what a user would pick instead.
	@$(ENVIRONMENT) .venv-bench requirements/bench.txt
	@.venv-bench/bin/python -m benchmarks

faults: environment ## Kill every durable operation at every system call, cut the power, cut the network, and look at what is left.
	@scripts/system_packages.sh git strace
	@$(BIN)/python tests/faults/sweep.py
	@$(BIN)/python tests/faults/model_sweep.py
	@$(BIN)/python tests/faults/power_loss.py
	@$(BIN)/python tests/faults/hub_sweep.py
	@ANYHUB_SERVER_KILLS=60 $(BIN)/python -m pytest -s --timeout 0 tests/faults/test_server_kills.py
	@$(BIN)/python tests/faults/network_sweep.py

fuzz: environment ## Send the server what fits the description of its API, and what does not, for some minutes.
	@ANYHUB_FUZZ_EXAMPLES=200 $(BIN)/python -m pytest -n 2 --timeout 0 tests/server/test_fuzz.py

docs: environment ## Run every example in the documents.
	@$(BIN)/python -m pytest tests/test_docs.py

environment:
	@$(ENVIRONMENT) .venv requirements/test.txt

clients:
	@$(ENVIRONMENT) --clients .venv-clients requirements/clients
