##@ Checks

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Run the linters.
	@$(GOLANGCI_LINT) run ./...
	@echo "lint: ok"

.PHONY: verify
verify: generate manifests ## Generate everything again and fail on a difference or an untracked file.
	@hack/verify.sh
