# make run, make test: everything else is for people who work on the project.
PYTHON ?= python3
BIN := .venv/bin
# A test that fails runs once more, with the others at rest: on a busy machine a press or a signal may come too late. Twice is a failure.
ALONE := --last-failed --last-failed-no-failures none -n 0
AGAIN := $(ALONE) tests/e2e

.PHONY: run test test-slow test-walks test-gpu fuzz lint format bench docs docs-check reference space space-check release-check lock \
	audit sbom licences clean

run: .venv/app ## install and open the browser app
	$(BIN)/reswd serve --browser

test: .venv/dev ## install and run the tests; those that start the app in processes of their own, apart from what others leave
	$(BIN)/python -m pytest --ignore=tests/e2e || $(BIN)/python -m pytest $(ALONE) --ignore=tests/e2e
	$(BIN)/python -m pytest tests/e2e || $(BIN)/python -m pytest $(AGAIN)

test-slow: .venv/dev ## the proofs that take a minute or so each
	$(BIN)/python -m pytest -m slow --ignore=tests/e2e
	$(BIN)/python -m pytest -m slow tests/e2e || $(BIN)/python -m pytest -m slow $(AGAIN)

test-walks: .venv/dev ## walks over every tab, at three sizes and in two themes; ten minutes on two cores
	$(BIN)/python -m pytest -m walk --dist=load tests/e2e || $(BIN)/python -m pytest -m walk $(AGAIN)

test-gpu: .venv/dev ## the tests that need CUDA
	$(BIN)/python -m pytest -m gpu

fuzz: .venv/dev ## broken files into every reader, a minute for each family; guided by coverage where atheris installs
	-test -n "$(FUZZ)" || $(BIN)/python -m pip install --quiet atheris
	$(BIN)/python -m tests.fuzz $(FUZZ)

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/dev ## the figures of docs/figures.md
	$(BIN)/python -m benchmarks.match

docs: .venv/dev ## build the handbook: build/site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

docs-check: docs ## and look whether every link in it, and in the Markdown files, leads somewhere
	$(BIN)/python -m tools.links build/site

reference: .venv/dev ## docs/commands.md and docs/api.md anew, after a help text or a public name changed
	$(BIN)/python -m tools.reference

space: .venv/app ## upload to a Hugging Face Space: make space SPACE=user/name
	$(BIN)/python -m tools.space upload "$(SPACE)"

space-check: .venv/app ## install and start the app as a Space would, and match one pair
	$(BIN)/python -m tools.space check

release-check: build/tools ## build the wheels, look through them, and use them in an empty folder: build/dist
	build/tools/bin/python -m tools.release check

lock: build/tools ## requirements.lock anew, after requirements.txt was changed
	PATH="$(CURDIR)/build/tools/bin:$$PATH" build/tools/bin/python -m tools.lock

audit: build/tools ## what is known against the locked versions; fails where a package cannot be looked up
	build/tools/bin/pip-audit --strict --disable-pip --no-deps --requirement requirements.lock

sbom: build/tools .venv/app ## what is installed, as CycloneDX: build/sbom.json
	build/tools/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file build/sbom.json \
		$(BIN)/python

licences: .venv/dev ## docs/licences.md anew
	$(BIN)/python -m tools.licences

clean:
	rm -rf .venv build *.egg-info

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/app: pyproject.toml .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[app,guide,video]" "torch==2.13.*"
	touch $@

.venv/dev: pyproject.toml .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[app,guide,video,cluster,training,dev,docs]" "torch==2.13.*"
	touch $@ .venv/app

# Tools that look at the installed packages, apart from them.
build/tools: .venv/bin/python
	$(BIN)/python -m venv build/tools
	build/tools/bin/python -m pip install --quiet "uv>=0.9,<1" "pip-audit>=2.9,<3" "cyclonedx-bom>=7,<8" "build>=1.2,<2" \
		"twine>=6,<8"
	touch $@
