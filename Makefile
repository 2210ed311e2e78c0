SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3

# Each virtual environment is stamped with the checksum of its requirements, so
# that it is made again when they change and costs nothing when they do not.
TEST_REQUIREMENTS := tests/requirements.txt
TEST_VENV := $(CURDIR)/target/venv
TEST_STAMP = $(TEST_VENV)/requirements-$(call checksum,$(TEST_REQUIREMENTS) examples/breast-cancer/requirements.txt)

BENCH_REQUIREMENTS := benches/requirements.txt
BENCH_VENV := $(CURDIR)/target/bench-venv
BENCH_STAMP = $(BENCH_VENV)/requirements-$(call checksum,$(BENCH_REQUIREMENTS))

TOOLS_REQUIREMENTS := tests/requirements-tools.txt
TOOLS_VENV := $(CURDIR)/target/tools
TOOLS_STAMP = $(TOOLS_VENV)/requirements-$(call checksum,$(TOOLS_REQUIREMENTS))

# Evidently and alibi-detect do not go with the newest of what the other tests need.
JUDGES_REQUIREMENTS := tests/requirements-judges.txt
JUDGES_VENV := $(CURDIR)/target/judges
JUDGES_STAMP = $(JUDGES_VENV)/requirements-$(call checksum,$(JUDGES_REQUIREMENTS))

NODE := $(CURDIR)/target/node
NODE_STAMP = $(NODE)/packages-$(call checksum,tests/node/package-lock.json)

PARTS := tests/docker/parts.sh

SKIPPED := $(CURDIR)/target/skipped.txt

checksum = $(shell cat $(1) | cksum | cut -d ' ' -f 1)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## build the release and take the example from a commit to a verdict
	cargo build --release --locked
	target/release/modelgate demo target/demo

.PHONY: lint
lint: lint-action lint-gitlab ## formatting, clippy, the order of the modules, the action, the workflows and the include
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	cargo test --quiet --locked --test layering

# tests/action.rs does the same for the workflows in the documents.
.PHONY: lint-action
lint-action: export PATH := $(TOOLS_VENV)/bin:$(PATH)
lint-action: test-tools
	shellcheck --external-sources --source-path=SCRIPTDIR .github/action/*.sh
	shellcheck --external-sources --check-sourced --source-path=SCRIPTDIR tests/docker/parts.sh
	actionlint
	zizmor --offline --quiet .
	check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml

# The header of the inputs is a document of its own, which the schema does not know. tests/gitlab_ci.rs does the same
# for the pipelines in the documents, and hands the scripts to shellcheck.
.PHONY: lint-gitlab
lint-gitlab: export PATH := $(TOOLS_VENV)/bin:$(PATH)
lint-gitlab: test-tools
	sed '1,/^---$$/d' gitlab/modelgate.yml | \
		check-jsonschema --quiet --builtin-schema vendor.gitlab-ci --default-filetype yaml -

# The documentation's tests go first, so that nextest's summary comes last.
# A test that cannot run on this machine writes a line to $(SKIPPED). Those lines
# are known only when nextest is done, so its summary is held back until they are
# printed. In CI a skipped test is a failure: there, everything must have run.
# parts.sh sets MODELGATE_TEST_DOCKER and MODELGATE_TEST_REGISTRY, and stops what it
# started before the pipe closes, so that nothing follows the summary.
.PHONY: test
test: export MODELGATE_TEST_PYTHON := $(TEST_VENV)/bin/python
test: export MODELGATE_TEST_JUDGES := $(JUDGES_VENV)/bin/python
test: export MODELGATE_TEST_TOOLS := $(TOOLS_VENV)/bin
test: export MODELGATE_TEST_NODE := $(NODE)/node_modules
test: export MODELGATE_SKIPPED := $(SKIPPED)
test: test-venv test-judges test-tools test-node rsync nextest ## all tests; what could not run is listed
	@rm -f '$(SKIPPED)'
	cargo test --doc --locked
	@echo cargo nextest run --locked
	@$(PARTS) run cargo nextest run --locked 2>&1 | awk -v skipped='$(SKIPPED)' '$(print_skipped)'
	@if [[ "$${CI:-}" == true && -e '$(SKIPPED)' ]]; then \
		echo 'tests were skipped, which CI does not allow' >&2; exit 1; fi

# Continued lines, because a newline would end the shell's command.
print_skipped = \
	/Summary.* \[ *[0-9.]+s\]/ { held = 1 } \
	held { summary = summary $$0 "\n"; next } \
	{ print; fflush() } \
	END { \
		while ((getline line < skipped) > 0) { \
			if (!n++) print "skipped:"; \
			print "  " line \
		} \
		printf "%s", summary \
	}

.PHONY: parts
parts: ## start the engine and the registry of the tests, and print their variables
	@$(PARTS) up

.PHONY: bench
bench: bench-venv test-judges ## measure against what people use otherwise
	cargo build --release --locked
	'$(BENCH_VENV)/bin/python' benches/bench.py
	@$(PARTS) run sh -c 'DOCKER_HOST=$$MODELGATE_TEST_DOCKER "$$0" benches/image.py' '$(BENCH_VENV)/bin/python'

.PHONY: nextest
nextest:
	@cargo nextest --version > /dev/null 2>&1 || cargo install cargo-nextest --locked

.PHONY: test-venv
test-venv: $(TEST_STAMP)
$(TEST_STAMP):
	$(call make-venv,$(TEST_VENV),$(TEST_REQUIREMENTS))

.PHONY: test-judges
test-judges: $(JUDGES_STAMP)
$(JUDGES_STAMP):
	$(call make-venv,$(JUDGES_VENV),$(JUDGES_REQUIREMENTS))

.PHONY: test-tools
test-tools: $(TOOLS_STAMP)
$(TOOLS_STAMP):
	$(call make-venv,$(TOOLS_VENV),$(TOOLS_REQUIREMENTS))

# No script of a package runs while it is installed.
.PHONY: test-node
test-node: $(NODE_STAMP)
$(NODE_STAMP):
	rm -rf '$(NODE)'
	mkdir -p '$(NODE)'
	cp tests/node/package.json tests/node/package-lock.json '$(NODE)'
	npm ci --prefix '$(NODE)' --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch '$@'

# gitlab-ci-local copies the project with it. Where it cannot be installed, those tests are skipped.
.PHONY: rsync
rsync:
	@command -v rsync > /dev/null || { apt-get update && apt-get install --yes rsync; } || true

.PHONY: bench-venv
bench-venv: $(BENCH_STAMP)
$(BENCH_STAMP):
	$(call make-venv,$(BENCH_VENV),$(BENCH_REQUIREMENTS))

# Debian and Ubuntu ship Python without ensurepip, which venv needs.
define make-venv
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
		{ apt-get update && apt-get install --yes python3-venv; }
	rm -rf '$(1)'
	$(PYTHON) -m venv '$(1)'
	'$(1)/bin/python' -m pip install --quiet --disable-pip-version-check --requirement '$(2)'
	@touch '$@'
endef
