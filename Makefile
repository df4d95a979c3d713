# make demo   a rehearsal of 16 January 2021 on this machine; prints its address, Ctrl-C ends it
# make test   all tests; CI=true turns a skipped browser test into a failure
# make check  ruff, mypy --strict, import contracts
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
UNIT := not process and not browser

.PHONY: demo test check browser clean

demo: $(STAMP)
	@exec $(BIN)/tikawatch demo

test: check browser
	$(BIN)/coverage erase
	$(BIN)/python -m pytest tests -n 2 -m "$(UNIT)" --cov --cov-report=
	$(BIN)/python -m pytest tests -m "not ($(UNIT))" --cov --cov-append --cov-report=term

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# the browser tests drive Debian's chromium; without it (and without leave to install it) they are skipped by name
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || true

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $(STAMP)

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .coverage*
