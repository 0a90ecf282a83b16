##@ Generated files

.PHONY: generate
generate: ## Generate the DeepCopy methods of the API types, and the table of what each vendor can do.
	$(TOOL) controller-gen object paths=./api/...
	go run ./hack/docs README.md docs/vendors.md

.PHONY: manifests
manifests: ## Generate the CRDs, and the ClusterRole from the +kubebuilder:rbac markers beside the code that needs them.
	$(TOOL) controller-gen crd paths=./api/... output:crd:dir=config/crd/bases
	$(TOOL) controller-gen rbac:roleName=workspace-operator-manager paths=./internal/... output:rbac:dir=config/rbac
