# The tools are pinned in a module of their own, so that their dependencies never mix with the operator's.
TOOLS_MOD := hack/tools/go.mod
TOOL := go tool -modfile=$(TOOLS_MOD)

# golangci-lint with the Kubernetes API linter inside. It is large, so it is linked once and not for every run.
GOLANGCI_LINT := $(BIN)/tools/golangci-lint

$(GOLANGCI_LINT): $(TOOLS_MOD) hack/tools/go.sum
	@echo "building golangci-lint (about a minute the first time) ..."
	@mkdir -p $(@D)
	@go build -modfile=$(TOOLS_MOD) -trimpath -o $@ sigs.k8s.io/kube-api-linter/cmd/golangci-lint-kube-api-linter
