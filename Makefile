# The commands of this project. `make serve` and `make test` are the two that a newcomer needs;
# they build what they miss, from Python >= 3.11 and make alone.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
JOBS ?= 3
ROUNDS ?= 50
FUZZ_SEED ?= 20260101
MUTANTS ?= 200

UV_VERSION := 0.13.9
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-header --no-annotate
# Slow tests stand together: whoever has nothing left takes some of the others' over.
SHARED := -n $(JOBS) --dist worksteal
PYTEST := $(BIN)/python -m pytest $(SHARED)

# What was compiled is kept, whatever the surroundings say: tests start hundreds of programs, and
# without it each of them compiles every module anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help env env-dev serve test static check lint format types imports bandit docs-check locks-check audit \
	coverage faults fuzz mutation bench lock openapi security-rows sbom clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

env: .venv/.run-time ## Build .venv with what the service needs

env-dev: .venv/.development ## Build .venv with what the tests and checks need, too

.venv/.run-time: requirements.lock pyproject.toml tools/build_env.sh
	@PYTHON="$(PYTHON)" sh tools/build_env.sh requirements.lock
	@touch $@

.venv/.development: requirements-dev.lock requirements.lock pyproject.toml tools/build_env.sh
	@PYTHON="$(PYTHON)" sh tools/build_env.sh requirements-dev.lock
	@touch .venv/.run-time $@

serve: .venv/.run-time ## Serve on SQLite at HOST:PORT (127.0.0.1:8000)
	@exec $(BIN)/hexkey serve --host $(HOST) --port $(PORT)

test: .venv/.development ## Run the whole test suite
	@$(PYTEST)

static: lint types imports bandit docs-check locks-check audit

check: static coverage ## Prove everything that can be proved

lint: .venv/.development ## Check style and form
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/.development ## Put the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: .venv/.development ## Check types
	$(BIN)/mypy

imports: .venv/.development ## Check the direction of imports
	$(BIN)/lint-imports

bandit: .venv/.development ## Look for constructs that are dangerous
	$(BIN)/bandit --quiet --recursive src -lll

docs-check: .venv/.development ## Look for dead links and for pages that lag behind the code
	$(BIN)/python tools/check_links.py
	$(BIN)/python tools/security_rows.py --check
	$(BIN)/python tools/pin_openapi.py --check
	$(BIN)/python tools/settings_reference.py --check

locks-check: .venv/.development ## Check that the locks are whole, hashed and name no index
	$(BIN)/python tools/check_locks.py

audit: .venv/.development ## Ask for known vulnerabilities of what is locked
	$(BIN)/python tools/audit.py

# One run of the suite, two bounds: the core is held higher than the rest. What drives real
# processes, browsers and installations, or goes many ways through what others have gone through,
# adds minutes and no coverage, and so does doing on PostgreSQL what was done on SQLite, beyond
# the adapters; `make test` runs it all.
APART := browser docs examples faults frontline fuzz life races served stateful timing wheel worker
coverage: .venv/.development ## Run the suite and demand its branch coverage
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest $(SHARED) -q -m 'not postgres and not lengthy' \
		$(APART:%=--ignore=tests/integration/%)
	$(BIN)/coverage run -m pytest $(SHARED) -q -m 'postgres and not lengthy' \
		tests/integration/sql
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=95 --include='hexkey/domain/*,hexkey/application/*' \
		--skip-covered --skip-empty
	$(BIN)/coverage report --fail-under=90 --skip-covered --skip-empty

faults: .venv/.development ## Kill, stop and rotate things again and again (ROUNDS), and keep a ledger
	@HEXKEY_TEST_FAULT_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest -q -s --timeout 0 tests/integration/faults

fuzz: .venv/.development ## Send 220,000 odd requests (FUZZ_SEED) to real servers on both databases
	@HEXKEY_TEST_FUZZ_COUNT=100000 HEXKEY_TEST_FUZZ_CASES=10000 HEXKEY_TEST_FUZZ_SEED=$(FUZZ_SEED) \
		$(BIN)/python -m pytest -q -s --timeout 0 tests/integration/fuzz

mutation: .venv/.development ## Make small mistakes in the security modules, and see tests fail
	@$(BIN)/python tools/mutation.py --sample $(MUTANTS)

bench: .venv/.development ## Measure against peers, in one run (needs wrk)
	@$(BIN)/python -m benchmarks

lock: .venv/.development ## Resolve the dependencies of pyproject.toml anew
	echo "uv==$(UV_VERSION)" | $(LOCK) - --output-file requirements-uv.lock
	$(LOCK) pyproject.toml --group build --upgrade --output-file requirements.lock
	$(LOCK) pyproject.toml --group dev --constraint requirements.lock --upgrade \
		--output-file requirements-dev.lock

openapi: .venv/.development ## Pin the OpenAPI document as it is now
	$(BIN)/python tools/pin_openapi.py

security-rows: .venv/.development ## Write docs/security-rows.md from the tests
	$(BIN)/python tools/security_rows.py

sbom: .venv/.development ## Write dist/hexkey.cdx.json, the list of what is inside (CycloneDX)
	$(BIN)/python tools/sbom.py

clean: ## Remove what the commands have made, except data
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist htmlcov
	rm -f .coverage .coverage.*
