# One command each: make run | test | check | bench. Every one does all of its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps
OUT := build
LANG_OPTION ?= zh

.PHONY: run test check bench setup clean

setup: $(VENV)/dev.done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "需要 Python 3.11 或更新的版本，用 make PYTHON=/path/to/python 指定。/ Python 3.11 or newer is needed; name it with make PYTHON=/path/to/python."; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "无法建立 .venv；在 Debian 或 Ubuntu 上请先安装 python3-venv。/ Could not create .venv; on Debian or Ubuntu install python3-venv first."; rm -rf $(VENV); exit 2; }

# The package itself is linked, not copied; translations are compiled in place.
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

clean:
	rm -rf $(VENV) $(OUT) .pytest_cache .mypy_cache .ruff_cache .hypothesis
