# Two commands start everything: `make demo` and `make test`. Both need Python 3.11 or later and make, nothing else.

VENV    := .venv
BIN     := $(VENV)/bin
PYTHON  ?= python3
PORT    ?= 8000
FRESH   ?=
WORKERS ?= 2
RECORDS ?= 10000 100000
DATABASE ?= sqlite
UV      := uv==0.13.9
JARS    := tests/estate/.jars

INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check
COMPILE := $(VENV)-lock/bin/uv pip compile pyproject.toml --group build --universal --python-version 3.11 \
           --generate-hashes --no-emit-index-url --no-header --quiet
PYTEST  := $(BIN)/python -m pytest -n $(WORKERS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- One virtual environment, in two steps: what the product needs, then what its tests need on top ---

.PHONY: setup
setup: $(VENV)/test.stamp $(VENV)/onefold.stamp ## Make .venv from the pinned, hashed requirements

$(VENV)/runtime.stamp: requirements/runtime.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Onefold needs Python 3.11 or later: make PYTHON=/path/to/python3.11 …'; exit 1; }
	@echo 'Installing what Onefold needs into $(VENV) …'
	@$(PYTHON) -m venv --clear $(VENV) || \
	  { echo 'No virtual environment without the venv module (Debian: apt-get install python3-venv).'; exit 1; }
	@$(INSTALL) --require-hashes -r $<
	@touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/runtime.stamp
	@echo 'Installing what the tests need into $(VENV) …'
	@$(INSTALL) --require-hashes -r $<
	@touch $@

$(VENV)/onefold.stamp: pyproject.toml $(VENV)/runtime.stamp
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# --- Running ---

.PHONY: demo
demo: $(VENV)/onefold.stamp ## Run Onefold with a shop and a till on this machine (PORT=8000, FRESH=1 starts over)
	@$(BIN)/onefold demo --port $(PORT) $(if $(filter-out 0,$(FRESH)),--fresh)

.PHONY: estate
estate: setup services ## Run the demo's businesses on real databases, with Kafka and Debezium (PORT=8000); Ctrl-C takes all down
	@$(BIN)/python -m tests.estate.lab --port $(PORT)

.PHONY: bench
bench: setup services ## Measure throughput and latency: from files, of GraphQL, and all of bench-kafka
	@$(BIN)/python -m bench
	@$(MAKE) --no-print-directory bench-kafka

.PHONY: bench-identity
bench-identity: setup ## Measure how well records are joined, beside Splink and exact matching (a quarter of an hour)
	@$(INSTALL) --require-hashes -r requirements/bench.txt
	@$(BIN)/python -m bench.identity

.PHONY: bench-resolution
bench-resolution: setup services ## Measure person events a second in stores of RECORDS records, beside Splink (minutes for each 100,000)
	@$(INSTALL) --require-hashes -r requirements/bench.txt
	@$(BIN)/python -m bench.resolution --records $(RECORDS) --database $(DATABASE)

.PHONY: bench-kafka
bench-kafka: setup services ## Measure events a second from Kafka to profiles with 1, 2 and 4 workers, beside a straw-man (minutes)
	@$(INSTALL) --require-hashes -r requirements/bench.txt
	@$(BIN)/python -m bench.kafka

# --- Checking ---

.PHONY: test
test: setup services lint ## Run every check and every test, and bring what they need
	@$(PYTEST)

.PHONY: check
check: setup lint ## Run the quick checks: style, types, imports, tests without services
	@$(PYTEST) $(wildcard tests/unit tests/property)

.PHONY: test-long
test-long: setup services ## Run every test with the big figures
	@ONEFOLD_LONG=1 $(PYTEST) --timeout 3600

.PHONY: lint
lint: setup ## Check style, types and imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.PHONY: format
format: setup ## Write the code in the common style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: services
services: setup $(JARS)/.complete
	@$(BIN)/python -m tests.services.postgres
	@$(BIN)/python -m tests.estate

$(JARS)/.complete: tests/estate/pom.xml tests/estate/jars.sha256 | packages
	@tests/estate/fetch.sh

.PHONY: packages
packages:
	@tests/services/install.sh

# --- Keeping house ---

.PHONY: lock
lock: ## Pin and hash the newest requirements that pyproject.toml allows
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/pip install --quiet --disable-pip-version-check $(UV)
	@$(COMPILE) --upgrade -o requirements/runtime.txt
	@$(COMPILE) --upgrade --extra test -c requirements/runtime.txt -o requirements/test.txt
	@$(COMPILE) --upgrade --extra postgres --extra mysql --extra tracing --extra compression \
	  -c requirements/runtime.txt -c requirements/test.txt \
	  -o requirements/container.txt
	@$(COMPILE) --upgrade --extra bench -c requirements/runtime.txt -c requirements/test.txt -o requirements/bench.txt

.PHONY: clean
clean: ## Remove what was made here, but no data
	@rm -rf $(VENV) $(VENV)-lock build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	        .import_linter_cache $(JARS)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
