##@ Tests

# Two packages at a time: several suites start a control plane of their own, which takes a core and 300 MB each.
TEST_FLAGS ?= -race -timeout=20m -p=2
PACKAGES ?= ./...

.PHONY: test
test: controlplane ## Run all tests; PACKAGES and TEST_FLAGS narrow it down.
	CGO_ENABLED=1 go test $(TEST_FLAGS) $(PACKAGES)

.PHONY: counts
counts: controlplane ## Count Kubernetes writes and vendor calls per object, and measure the memory.
	go test -count=1 -v -timeout=20m -run='^TestCounts$$' ./test/perf/...
