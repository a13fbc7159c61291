# Entry points of the repository. `make help` lists them; each does its own set-up, which costs nothing the second time.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# the same surroundings for everybody: what a shell or a version manager left behind does not leak in
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH VIRTUAL_ENV
# Ansible refuses other encodings; Debian always has this one
export LC_ALL := C.UTF-8
# also where the clone is writable for others, in which Ansible ignores the file it finds by itself
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export PATH := $(CURDIR)/.venv/bin:$(PATH)

PYTHON := .venv/bin/python
# the lab needs root
AS_ROOT := tools/as_root.sh
# pytest workers: twice the cores, since half of the time is waiting for servers
WORKERS ?= 4
# more arguments for pytest: make test ARGS="tests/unit -k mac"
ARGS ?=

.PHONY: help demo test check lint bench lab-up lab-down docs format lock clean bundle \
	set-up set-up-lint set-up-lab lint-ruff lint-format lint-mypy lint-yaml lint-ansible lint-shell lint-secrets

help: ## この一覧を表示 / show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: set-up-lab ## 実サーバーで台帳から接続許可までを実演 / from a ledger's line to a switch port, on real servers
	@$(AS_ROOT) $(PYTHON) -m wardops demo

test: set-up-lab ## すべてのテスト(実サーバー、障害試験、make demo を含む)/ all tests, with real servers and faults
	@$(AS_ROOT) $(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: set-up ## 台帳とポリシーを検証(数秒)/ validate ledgers and policies, in seconds
	@$(PYTHON) -m wardops check

lint: set-up set-up-lint ## 静的検査 / static checks: ruff, mypy, yamllint, ansible-lint, shellcheck, secrets
	@$(MAKE) -k -j 2 --output-sync=target lint-ansible lint-mypy lint-ruff lint-format lint-yaml lint-shell lint-secrets

bench: set-up-lab ## 性能を比較対象と同じ実行で測定(ONLY=名前の先頭)/ measure beside the peers (ONLY=<prefix>)
	@$(AS_ROOT) $(PYTHON) -m benchmarks

lab-up: set-up-lab ## 実験環境を起動 / start the lab
	@$(AS_ROOT) $(PYTHON) -m lab up

lab-down: set-up ## 実験環境を跡形なく撤去 / remove every trace of the lab
	@$(AS_ROOT) $(PYTHON) -m lab down

docs: set-up ## docs/reference を生成 / generate docs/reference
	@tools/generate_docs.sh

format: set-up ## Python を整形 / format the Python files
	@$(PYTHON) -m ruff check --fix --quiet .
	@$(PYTHON) -m ruff format --quiet .

lock: set-up ## requirements.txt を作り直す(ARGS=--upgrade で更新)/ lock the Python packages anew
	@tools/lock.sh $(ARGS)

bundle: set-up ## 閉域へ持ち込む一式 build/wardops-bundle.tar を作成 / one file that installs on a closed network
	@tools/bundle.sh

clean: ## 生成物と仮想環境を削除 / remove what was built, and .venv
	@rm -rf build .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .ansible .venv
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

set-up:
	@tools/setup.sh python

set-up-lint:
	@tools/setup.sh lint

set-up-lab:
	@tools/setup.sh python lab

lint-ruff:
	@$(PYTHON) -m ruff check .

lint-format:
	@$(PYTHON) -m ruff format --check --quiet . || { echo "run: make format"; false; }

lint-mypy:
	@$(PYTHON) -m mypy --no-error-summary -p ansible_collections.ward.ops.plugins.module_utils -p wardops -p tools -p lab

lint-yaml:
	@$(PYTHON) -m yamllint --strict .

lint-ansible:
	@tools/lint_ansible.sh

lint-shell:
	@git ls-files -z --cached --others --exclude-standard '*.sh' .ci/run | xargs -0 shellcheck -x

lint-secrets:
	@$(PYTHON) tools/secret_scan.py
