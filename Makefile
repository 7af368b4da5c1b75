# `make` alone lists what you can do. Nothing but Python 3.11 or newer and make is needed.
.DEFAULT_GOAL := help
.PHONY: help run test check fix bench words lock clean

PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8501

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 10

run: .venv/installed  ## start the app
	@echo "Starting ResNet Lab; the address follows."
	@$(BIN)/streamlit run app.py --server.port $(PORT)

test: .venv/installed  ## run every test that needs no GPU (with Chromium: the browser tests too)
	@$(BIN)/python -m pytest $(ARGS)

check: .venv/installed  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

fix: .venv/installed  ## format, and repair what can be repaired
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/installed  ## measure what the project claims; prints ratios
	$(BIN)/python -m tests.benchmarks.run $(ARGS)

words: .venv/installed  ## collect the code's texts for translation; keeps what is translated
	@mkdir -p build
	PYTHONPATH=. $(BIN)/pybabel -q extract -F babel.cfg --add-location=file -w 100 \
	  -o build/words.pot app.py pages resnet_core
	PYTHONPATH=. $(BIN)/pybabel -q update -i build/words.pot -D resnet_lab -d assets/locale -l zh \
	  -N --ignore-pot-creation-date -w 100

lock: .venv/installed  ## choose the newest versions again, for Linux and macOS alike
	$(BIN)/uv pip compile -q --universal --upgrade --python-version 3.11 --no-annotate \
	  requirements.txt requirements-dev.txt -o requirements.lock

clean:  ## remove what make has made
	rm -rf .venv build *.egg-info

# uv installs the lock in seconds, several packages at a time; torch comes with its torchvision.
.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else \
	  f"Python 3.11 or newer is needed, but $(PYTHON) is {v.major}.{v.minor}: make PYTHON=python3.12 would do.")'
	@echo "Making .venv and installing what the app needs: several GB on Linux, once (a minute or two)."
	@$(PYTHON) -m venv .venv || (echo "On Debian: apt install python3-venv"; exit 1)
	@$(BIN)/pip install -q --disable-pip-version-check "uv>=0.9"
	@$(BIN)/uv pip install -q --python $(BIN)/python -r requirements.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@
	@echo "Installed."
