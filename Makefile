# One command starts the site and a real Kubernetes: make run. One command tests it: make test.
PYTHON ?= python3
LAUNCH := $(PYTHON) -m host.launch
.DEFAULT_GOAL := help
.PHONY: help run test check test-unit test-integration test-browser accuracy bench bench-grade \
	requirements clean

help:  ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run:  ## start the site and its Kubernetes; Ctrl-C stops all of it
	@$(LAUNCH) run

test:  ## everything below, on SQLite and on PostgreSQL
	@$(LAUNCH) test

check:  ## formats, lints, types, import rules, templates, migrations, deployment settings
	@$(LAUNCH) check

test-unit:  ## tests that need neither a cluster nor a browser (SQLite)
	@$(LAUNCH) test-unit

test-integration:  ## tests on the embedded Kubernetes
	@$(LAUNCH) test-integration

test-browser:  ## tests in Chromium
	@$(LAUNCH) test-browser

accuracy:  ## prove every lab on the embedded Kubernetes; writes docs/accuracy.md
	@$(LAUNCH) accuracy

bench:  ## every measurement, side by side with other tools
	@$(LAUNCH) bench

bench-grade:  ## one grade beside bash, chainsaw and the raw API; JSON in test-results/
	@$(LAUNCH) bench-grade

# Hash-pinned, for every Python from 3.11 on, and without the address that they came from.
COMPILE := .venv/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate
requirements:  ## compile requirements/*.txt anew from pyproject.toml
	.venv/bin/python -m pip install --quiet uv
	$(COMPILE) pyproject.toml --output-file requirements/base.txt
	$(COMPILE) pyproject.toml --group dev --output-file requirements/dev.txt
	$(COMPILE) --group go --output-file requirements/go.txt
	$(COMPILE) --group node --output-file requirements/node.txt

clean:  ## remove what this clone made; say what it leaves
	@$(LAUNCH) clean
