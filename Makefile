# One command each: make run | example | test | test-postgres | check | bench | bench-check. Every one does all of its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps
OUT := build
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard src/queqiao/locale/*/LC_MESSAGES/*.po))

.PHONY: run example test test-postgres check bench bench-check setup assets browser postgres messages docs clean

setup: $(VENV)/dev.done $(CATALOGUES)

# The whole site with the demo city, on http://127.0.0.1:8000/ unless QUEQIAO_BIND says otherwise. Its data stays in data/.
run: $(VENV)/run.done $(CATALOGUES) assets
	@exec $(BIN)/queqiao start

# Matches the two example lists and names the report.
example: $(VENV)/run.done $(CATALOGUES)
	@mkdir -p $(OUT)
	@$(BIN)/queqiao match --needs examples/needs.csv --achievements examples/achievements.csv \
	  --out $(OUT)/matches.csv --report $(OUT)/report.html
	@$(BIN)/python -c 'import os, webbrowser; os.environ.get("DISPLAY") and webbrowser.open("file://" + os.path.abspath("$(OUT)/report.html"))'

# Style, script and icons that pages take from others, by package-lock.json.
assets: $(VENV)/run.done
	@$(BIN)/python -m queqiao.web.assets

test: setup assets browser
	@QUEQIAO_DATA_DIR=$(OUT)/test-data QUEQIAO_PLAIN_STATIC=true $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

# The same tests on PostgreSQL: on the server that QUEQIAO_TEST_DATABASE_URL names, else on one made for them.
test-postgres: setup assets browser postgres
	@QUEQIAO_DATA_DIR=$(OUT)/test-data QUEQIAO_PLAIN_STATIC=true $(BIN)/python tests/postgres.py -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

# Debian's PostgreSQL is installed where that is allowed; tests/postgres.py says what to do where it is not.
postgres:
	@[ -n "$$QUEQIAO_TEST_DATABASE_URL" ] || command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "安装 PostgreSQL / installing PostgreSQL" && \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; } || true

# The report is opened in a real browser; Debian's Chromium and a Chinese font are installed where that is allowed.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "安装 Chromium / installing Chromium" && \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null; } || \
	  { echo "浏览器测试需要 Chromium：在 Debian 或 Ubuntu 上用管理员身份运行 apt-get install chromium fonts-noto-cjk。/ The browser tests need Chromium: as administrator on Debian or Ubuntu, apt-get install chromium fonts-noto-cjk."; exit 2; }

check: setup
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@echo "检查通过 / checks passed"

# Measures against the data in ../shared/data; says so where it is absent.
bench: setup
	@$(BIN)/python -m bench

# Fails where the ranking has become worse, with confidence, than the results that were recorded.
bench-check: setup
	@$(BIN)/python -m bench.check

# Collects the sentences of the product into the catalogues; translate what is new, then make test.
messages: setup
	@mkdir -p $(OUT)
	@$(BIN)/pybabel --quiet extract -F src/queqiao/locale/babel.cfg -k both -k _ -k lazy --no-location --omit-header -o $(OUT)/queqiao.pot src/queqiao
	@$(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete -D queqiao -i $(OUT)/queqiao.pot -d src/queqiao/locale -l en

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "需要 Python 3.11 或更新的版本，用 make PYTHON=/path/to/python 指定。/ Python 3.11 or newer is needed; name it with make PYTHON=/path/to/python."; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "无法建立 .venv；在 Debian 或 Ubuntu 上请先安装 python3-venv。/ Could not create .venv; on Debian or Ubuntu install python3-venv first."; rm -rf $(VENV); exit 2; }

%.mo: %.po | $(VENV)/run.done
	@$(BIN)/pybabel --quiet compile -i $< -o $@

# The package itself is linked, not copied.
define finish
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-build-isolation --no-deps --no-index -e .
	@touch $@
endef

$(VENV)/run.done: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "安装依赖（首次约一两分钟）/ installing dependencies (a minute or two the first time)"
	@$(PIP) -r requirements.lock
	$(finish)

$(VENV)/dev.done: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "安装依赖与检查工具（首次约两分钟）/ installing dependencies and checks (two minutes or so the first time)"
	@$(PIP) -r requirements-dev.lock
	$(finish)
	@touch $(VENV)/run.done

# Writes the generated pages of docs/reference.
docs: setup
	@$(BIN)/python -m queqiao.cli.reference

clean:
	rm -rf $(VENV) $(OUT) .pytest_cache .mypy_cache .ruff_cache .hypothesis
