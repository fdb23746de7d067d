# One way to run anything. Each target ends with a non-zero status when what it checks does not hold.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
SOURCES := agent cli examples libs sandbox services
# Where `python -m tools.prometheus` keeps one, which tests do.
PROMETHEUS := $(wildcard $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/fairlead/prometheus)
$(shell mkdir -p build)

.PHONY: help demo test check fast kubernetes chaos mutants simulation bench docs constraints clean

help: ## what can be run
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Two environments in one folder: what Fairlead needs to run, and what its tests need on top.
.venv/run.done: constraints/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Fairlead needs Python 3.11 or newer: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing what Fairlead runs on into .venv"
	@$(BIN)/python -m pip install --quiet --require-hashes -r constraints/run.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.done: .venv/run.done constraints/dev.txt
	@echo "installing what the tests need into .venv"
	@$(BIN)/python -m pip install --quiet --require-hashes -r constraints/dev.txt
	@touch $@

demo: .venv/run.done ## releases as a story, in a minute: canary, approval, blue/green, webhook, analysis, and ways back
	@FAIRLEAD_PROMETHEUS="$${FAIRLEAD_PROMETHEUS:-$(PROMETHEUS)}" $(BIN)/fairlead demo

check: .venv/dev.done ## format, lint, types, import contracts, generated files up to date
	@$(BIN)/ruff format --check --quiet $(SOURCES) tests tools
	@$(BIN)/ruff check --quiet $(SOURCES) tests tools
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo >build/imports.log || { cat build/imports.log; exit 1; }
	@$(BIN)/python -m tools.generate --check
	@echo "check: clean"

fast: .venv/dev.done ## pure tests only, seconds
	@$(BIN)/pytest tests/unit -n 2 --hypothesis-profile=few

test: .venv/dev.done ## every test that this machine can run
	@$(BIN)/python -m tools.tiers

kubernetes: .venv/dev.done ## find or build a real API server for tests, and print its folder; minutes, once for each version
	@$(BIN)/python -m tools.kubernetes

chaos: .venv/dev.done ## kill, stop and cut off every process at random, then compare what clients, bus and cluster say; SEED=x KILLS=n
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(KILLS),--kills $(KILLS))

mutants: .venv/dev.done ## take each safety check away in turn: the simulation has to notice within SEEDS=n small schedules, or n/10 full ones
	@$(BIN)/python -m tests.mutants $(if $(SEEDS),--seeds $(SEEDS))

simulation: .venv/dev.done ## all services on virtual time under faults: SEEDS=n small schedules and n/10 full ones; SEED=x SIZE=scripted for one
	@$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED)) $(if $(SIZE),--size $(SIZE)) $(if $(SEEDS),--seeds $(SEEDS))

bench: .venv/dev.done ## figures beside their floors, NAME=commit for one
	@$(BIN)/python -m tests.bench $(NAME)

docs: .venv/dev.done ## generate what is generated: protobuf code, pages of docs/, the users of NATS
	@$(BIN)/python -m tools.generate

constraints: ## pin every dependency again, with hashes
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --all-extras --group build -o constraints/run.txt pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --all-extras --group build --group dev -o constraints/dev.txt pyproject.toml

clean: ## remove what was installed and built
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
