# A fresh machine needs Python 3.11 and make; everything else is installed into .venv from the hashed locks.
PYTHON ?= python3
BIN := .venv/bin
PACKAGES := pipelines steps params runtime examples
# uv does not read pip's settings: hand it the mirror, if there is one.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

.PHONY: run install deploy-env test soak check lock sdk2 clean
.DEFAULT_GOAL := run

run: .venv/installed
	$(BIN)/python -m pipelines.upsert house-price --start --wait

install: .venv/installed

# What an image needs that only validates, plans and deploys: .venv-deploy/bin/python -m pipelines.upsert --env dev
deploy-env: .venv-deploy/installed

test: check
	$(BIN)/pytest -n 2 --dist worksteal --basetemp .pytest_tmp $(PYTEST_ARGS)
	@rm -rf .pytest_tmp

# Kills a runtime at random moments and feeds the rules random definitions: minutes.
soak: .venv/installed
	$(BIN)/pytest -m slow --basetemp .pytest_tmp
	@rm -rf .pytest_tmp

# The README's pictures of the studio, as its test draws them; needs Chromium.
screenshots: .venv/installed
	SCREENSHOTS=docs $(BIN)/pytest -n 0 tests/functional/ui/test_screenshots.py

check: .venv/installed
	$(BIN)/black --check -q $(PACKAGES) tests benchmarks
	$(BIN)/ruff check -q $(PACKAGES) tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/installed: requirements/installer.txt requirements/dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --require-hashes -r requirements/installer.txt
	$(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes --compile-bytecode requirements/dev.txt
	touch $@

.venv-deploy/installed: requirements/deploy.txt
	$(PYTHON) -m venv --clear .venv-deploy
	.venv-deploy/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements/deploy.txt
	touch $@

lock: .venv/installed
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements/installer.in -o requirements/installer.txt
	$(BIN)/uv pip compile -q --no-deps --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements/deploy.in -o requirements/deploy.txt
	$(BIN)/uv pip compile -q --all-extras --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements/sdk2.in -o requirements/sdk2.txt

# Version 2 of the SDK, for the tests that use it when it is there.
sdk2: .venv/installed
	$(BIN)/uv venv -q --allow-existing --python $(PYTHON) .venv-sdk2
	$(BIN)/uv pip sync -q --python .venv-sdk2/bin/python --require-hashes requirements/sdk2.txt

clean:
	rm -rf .venv .venv-deploy .venv-sdk2 .sagemaker
