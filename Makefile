# Every target is listed by `make help`, from the comment behind its name. The recipes are in hack/make.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ROOT := $(CURDIR)
BIN := $(ROOT)/bin

include hack/make/tools.mk
include hack/make/generate.mk
include hack/make/cluster.mk
include hack/make/test.mk
include hack/make/verify.mk

##@ General

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN {FS = ":.*## "; printf "Usage: make TARGET\n"} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/manager and bin/emulator.
	@mkdir -p $(BIN)
	CGO_ENABLED=0 go build -trimpath -o $(BIN)/ ./cmd/manager ./cmd/emulator

.PHONY: clean
clean: cluster-down ## Stop the local control plane and remove everything that was built.
	rm -rf $(BIN)
