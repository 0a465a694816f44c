# `make up` and `make test` do all the set-up by themselves: a virtual environment, and everything in it.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
RUN = $(BIN)/python
PYTEST = $(BIN)/pytest
N ?= 2
ISTIOD ?=

.PHONY: bench docs golden up test test-fast test-mesh check format clusters clusters-down clean

up: $(VENV)/.ready  ## Run the main job: the quickstart, with what this machine has
	$(BIN)/mesh-wasm up .

test: check test-fast test-mesh  ## Everything: the fast tests first, then those that need the test mesh

test-fast: $(VENV)/.ready  ## Tests that need nothing but Python, in under two minutes
	$(PYTEST) -q -n 2 -m "not cluster and not live and not engine and not browser and not install"

test-mesh: $(VENV)/.ready  ## Tests on real API servers, istiod and Envoy, and on a Pulumi engine where there is one
	cd tests && ../$(RUN) -m mesh build --parts all
	$(PYTEST) -q -m "cluster or live or engine or browser or install"

check: $(VENV)/.ready  ## Lint, types, and the walls between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.ready  ## What it costs, beside the same by hand: a quarter of an hour; ARGS=--quick: two
	PYTHONPATH=sdk:components:tests $(RUN) -m bench $(ARGS)

docs: $(VENV)/.ready  ## Build the documentation site into site/; fails on a broken link
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

golden: $(VENV)/.ready  ## Write the golden files anew; read the difference before you commit it
	UPDATE_GOLDEN=1 $(PYTEST) -q -m "not cluster and not live and not engine and not browser and not install" -k "golden or example or schema or pages"

format: $(VENV)/.ready  ## Put the code into its standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clusters: $(VENV)/.ready  ## Start N API servers (ISTIOD=1: an istiod for each)
	cd tests && ../$(RUN) -m mesh up $(N) $(if $(ISTIOD),--istiod)

clusters-down: $(VENV)/.ready  ## Stop just those
	cd tests && ../$(RUN) -m mesh down

$(VENV)/.ready: pyproject.toml
	@echo "Setting up $(VENV): half a minute"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --upgrade pip
	@$(BIN)/pip install -q -e '.[policy,modules,keyless,cluster,lua]' --group dev
	@touch $@

clean:  ## Remove what this Makefile made
	rm -rf $(VENV) rendered .state site
