# Every command of a developer. `make run` and `make test` do their own set-up; nothing else is needed first.
# `make PYTHON=python3.12 …` chooses the Python.
PYTHON ?= python3
VENV := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run setup setup-dev test lint fix bench messages wheel clean
.NOTPARALLEL:

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: setup ## start Vunnet with everything it needs; stop with Ctrl-C
	@exec $(VENV)/vunnet up

setup:
	@$(PYTHON) scripts/set_up.py run

setup-dev:
	@$(PYTHON) scripts/set_up.py dev

test: lint ## linters, types, import rules and all tests, the browser's too
	@$(VENV)/python scripts/browser.py
	$(VENV)/pytest -n auto --dist loadfile --ignore=tests/e2e
	$(VENV)/pytest -n auto --dist worksteal tests/e2e

lint: setup-dev ## style, types and who may import whom
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports

fix: setup-dev ## mend what can be mended by machine
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .

bench: setup-dev ## measure, and print tables (bench/README.md)
	@set -e; for part in bench/[a-z]*.py; do $(VENV)/python -m "bench.$$(basename $$part .py)"; done

messages: setup-dev ## collect the texts to translate into locale/nb
	$(VENV)/python scripts/messages.py update

wheel: setup-dev ## an installable package in dist/, with compiled assets; whoever installs it needs no Node
	$(VENV)/python -m hatchling build -t wheel

clean: ## remove what set-up made; your data in .vunnet/ stay
	rm -rf .venv node_modules src/vunnet/web/static/dist dist
