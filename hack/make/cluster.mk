##@ Local control plane

CONTROLPLANE := $(BIN)/controlplane
CLUSTER := $(BIN)/tools/cluster

.PHONY: controlplane
controlplane: ## Download or build etcd, kube-apiserver, kube-controller-manager and kubectl.
	@hack/controlplane/install.sh $(CONTROLPLANE)

.PHONY: cluster-up
cluster-up: controlplane cluster-tool ## Start a control plane in the background, with the CRDs installed.
	@$(CLUSTER) -dir $(BIN)/cluster up

.PHONY: cluster-down
cluster-down: cluster-tool ## Stop it and remove its state.
	@$(CLUSTER) -dir $(BIN)/cluster down

.PHONY: cluster-tool
cluster-tool:
	@mkdir -p $(@D) && go build -o $(CLUSTER) ./hack/cluster

.PHONY: demo
demo: controlplane build ## Show the whole path on this machine; KEEP=1 leaves it running.
	@mkdir -p $(BIN)/tools && go build -o $(BIN)/tools/demo ./hack/demo
	@$(BIN)/tools/demo $(if $(KEEP),-keep)
