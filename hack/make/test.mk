##@ Tests

# Two packages at a time: several suites start a control plane of their own, which takes a core and 300 MB each.
# The race detector needs a C compiler; without one the tests run all the same.
RACE := $(if $(shell command -v "$$(go env CC)" 2>/dev/null),-race)
TEST_FLAGS ?= $(RACE) -timeout=45m -p=2
PACKAGES ?= ./...

.PHONY: test
test: controlplane ## Run all tests; PACKAGES and TEST_FLAGS narrow it down.
	$(if $(RACE),,@echo "test: there is no C compiler, so the race detector is off")
	CGO_ENABLED=$(if $(RACE),1,0) go test $(TEST_FLAGS) $(PACKAGES)

.PHONY: counts
counts: controlplane ## Count Kubernetes writes and vendor calls per object, and measure the memory.
	go test -count=1 -v -timeout=20m -run='^TestCounts$$' ./test/perf/...

FUZZ_TIME ?= 60s

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZ_TIME; FUZZ narrows it down to a part of their names.
	@hack/fuzz.sh $(FUZZ_TIME) $(FUZZ)
