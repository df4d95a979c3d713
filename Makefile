# make demo   a rehearsal of 16 January 2021 on this machine; prints its address, Ctrl-C ends it
# make test   all tests; CI=true turns a skipped browser test into a failure
# make check  ruff, mypy --strict, import contracts
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
UNIT := not process and not browser
# slow, and not measuring time: two at once; the rest has the machine to itself
BY_TWO := tests/bad_input tests/browser tests/dashboard

# compiled code is kept whatever this machine says: hundreds of processes that the tests start would compile it again
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check tools clean

demo: $(STAMP)
	@exec $(BIN)/tikawatch demo

test: check tools
	$(BIN)/coverage erase
	$(BIN)/python -m pytest tests -n 2 --dist loadfile -m "$(UNIT)" --cov --cov-report= --cov-fail-under=0
	$(BIN)/python -m pytest $(BY_TWO) -n 2 --dist loadfile -m "not ($(UNIT))" --cov --cov-append --cov-report= --cov-fail-under=0
	$(BIN)/python -m pytest tests $(BY_TWO:%=--ignore=%) -m "not ($(UNIT))" --cov --cov-append --cov-report=term

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# what some tests drive: Debian's chromium, its C compiler and openssl; without them, and without leave to install them, those tests
# are skipped by name
tools:
	@command -v chromium >/dev/null && command -v cc >/dev/null && command -v openssl >/dev/null && command -v ip >/dev/null && command -v iptables >/dev/null && command -v faketime >/dev/null && command -v strace >/dev/null || [ "$$(id -u)" != 0 ] || \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq --no-install-recommends chromium gcc libc6-dev openssl iproute2 iptables faketime strace; } >/dev/null 2>&1 || true

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $(STAMP)

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .coverage*
