##@ Generated files

# Every package with a Kubernetes API access states it in +kubebuilder:rbac markers.
RBAC_PATHS := paths=./internal/controller/... paths=./internal/manager/...

.PHONY: generate
generate: ## Generate the DeepCopy methods of the API types.
	$(TOOL) controller-gen object paths=./api/...

.PHONY: manifests
manifests: ## Generate the CRDs and the ClusterRole of the operator.
	$(TOOL) controller-gen crd paths=./api/... output:crd:dir=config/crd/bases
	$(TOOL) controller-gen rbac:roleName=workspace-operator-manager $(RBAC_PATHS) output:rbac:dir=config/rbac
