# The only entry points; CI calls the same ones. Each step leaves a stamp, so nothing is done twice.
#
#   make run      install what is missing, load the demo on first start, serve       (README.md)
#   make test     everything: static checks, then every test, browser tests too
#   make check    static checks alone
#   make bench / bench-quick / soak / screenshots / messages / docs                  (CONTRIBUTING.md)

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

export PLACA_ENV ?= demo
export PLACA_HOME ?= $(CURDIR)/var
ifneq ($(wildcard ../shared/data/manifest.csv),)
export PLACA_TESTDATA ?= $(abspath ../shared/data)
endif

BIN := .venv/bin
S := .cache/stamps
JOBS ?= 2
# the doors' walk over every address takes as long as all the rest, and asks the same rules as the matrix
ON_POSTGRES := src tests --ignore tests/access/test_routes.py --dist loadfile

.PHONY: run test check bench bench-quick messages screenshots soak docs setup setup-dev clean
.DEFAULT_GOAL := run

# --- what people call ---------------------------------------------------------

run: setup
	@$(BIN)/placa migrate
	@$(BIN)/placa demo --once
	@exec $(BIN)/placa run

# the static checks come first: they take a minute and say the most; then what asks the database, on PostgreSQL;
# then everything, on SQLite: pytest's line closes
test: setup-dev $(S)/system-test check
	@echo "On PostgreSQL"
	@PLACA_TEST_DATABASE=postgres $(BIN)/pytest -q -n $(JOBS) $(ON_POSTGRES)
	@echo "Everything, on SQLite"
	@PLACA_ENV=test $(BIN)/pytest -q -n $(JOBS) --dist loadfile

check: export PLACA_ENV := test
check: export PLACA_HOME := $(CURDIR)/.cache/check-home
check: setup-dev
	@scripts/check

bench: setup-dev $(S)/system-test
	@$(BIN)/python bench/run.py

bench-quick: setup-dev $(S)/system-test
	@$(BIN)/python bench/run.py --quick

soak: setup-dev $(S)/system-test
	@PLACA_ENV=test $(BIN)/pytest -q -m soak

screenshots: setup-dev $(S)/system-test
	@$(BIN)/python -m scripts.screenshots

messages: setup-dev $(S)/system-test
	@$(BIN)/python scripts/messages.py update

docs: setup-dev
	@PLACA_ENV=test $(BIN)/python scripts/conformance.py
	@PLACA_ENV=test $(BIN)/pytest -q tests/architecture/test_documents.py tests/architecture/test_conformance.py

clean:
	rm -rf .cache .venv .tools viewer/node_modules

# --- steps --------------------------------------------------------------------

setup: $(S)/venv $(S)/viewer $(S)/ohif $(S)/messages $(PLACA_HOME)/static/.collected
setup-dev: $(S)/venv-dev $(S)/viewer $(S)/ohif $(S)/messages

$(S):
	@mkdir -p $@

$(S)/system-python: scripts/system-packages scripts/find-python | $(S)
	@scripts/system-packages python
	@touch $@

$(S)/system-run: scripts/system-packages | $(S)
	@scripts/system-packages run
	@touch $@

$(S)/system-test: scripts/system-packages $(S)/system-run | $(S)
	@scripts/system-packages test
	@touch $@

.tools/uv/bin/uv: requirements-tools.txt scripts/get-uv | $(S)/system-python
	@echo "Getting uv"
	@scripts/get-uv
	@touch $@

$(S)/venv: requirements.txt requirements-dev.txt pyproject.toml scripts/sync-python .tools/uv/bin/uv | $(S)/system-run
	@echo "Installing Python packages"
	@scripts/sync-python run
	@touch $@

$(S)/venv-dev: requirements-dev.txt $(S)/venv
	@echo "Installing Python packages for development"
	@scripts/sync-python dev
	@touch $@

$(S)/messages: $(wildcard src/placa/locale/*/LC_MESSAGES/*.po) scripts/compile_messages.py $(S)/venv
	@$(BIN)/python scripts/compile_messages.py
	@touch $@

# The viewer and everything else taken from npm: fonts, icons, styles.
VIEWER_FILES := $(shell test ! -d viewer || find viewer -name node_modules -prune -o -type f -print)
STATIC_FILES := $(shell find src/placa -path '*/static/*' -not -path '*/static/build/*' -type f 2>/dev/null)

$(S)/npm: $(wildcard viewer/package-lock.json) scripts/node-path $(S)/venv
	@if [ -e viewer/package-lock.json ]; then \
	    echo "Installing npm packages" && \
	    PATH="$$(scripts/node-path):$$PATH" npm --prefix viewer ci --no-audit --no-fund --loglevel=error; fi
	@touch $@

$(S)/viewer: $(VIEWER_FILES) $(S)/npm
	@if [ -e viewer/package.json ]; then \
	    echo "Building the viewer" && \
	    PATH="$$(scripts/node-path):$$PATH" npm --prefix viewer run --silent build; fi
	@touch $@

# OHIF as npm has it, turned into what /ohif/ serves; 50 MB come once
$(S)/ohif: viewer/package.json $(wildcard viewer/scripts/ohif-*.mjs viewer/ohif/*) scripts/node-path $(S)/venv
	@echo "Getting OHIF"
	@PATH="$$(scripts/node-path):$$PATH" npm --prefix viewer run --silent ohif
	@touch $@

$(PLACA_HOME)/static/.collected: $(STATIC_FILES) $(S)/viewer
	@$(BIN)/placa manage collectstatic --noinput --clear --verbosity 0
	@touch $@
