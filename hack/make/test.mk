##@ Tests

# Few packages at a time: several suites start control planes of their own, which take a core and 300 MB each. With -short they wait more than they work.
# The race detector needs a C compiler; without one the tests run all the same, and with -short always without it, in half the time.
COMPILER := $(shell command -v "$$(go env CC)" 2>/dev/null)
RACE = $(if $(SHORT),,$(if $(COMPILER),-race))
TEST_FLAGS ?= $(RACE) -timeout=45m -p=$(if $(SHORT),3,2)
PACKAGES ?= ./...

# What was counted is shown, and not the hundreds of places where it was.
CRASH = $(if $(SHORT),nice) hack/crash.sh -timeout=45m

# To collect garbage less often saves a fifth of the time, and costs some hundred MB.
test crash-deep: export GOGC ?= 400

# The crash tests run everything in one goroutine: there is nothing to race, and with the detector they would take ten times as long. With -short they fill the time in which
# the others wait.
.PHONY: test
test: controlplane ## Run every test, with a sample where all of it takes long; PACKAGES and TEST_FLAGS narrow it down.
	$(if $(SHORT)$(COMPILER),,@echo "test: there is no C compiler, so the race detector is off")
	@all=$$(go list $(PACKAGES)); \
		raced=$$(grep -v /test/crash <<<"$$all" || true); calm=$$(grep /test/crash <<<"$$all" || true); \
		crash() { if [[ -n $$calm ]]; then $(CRASH) $(SHORT) $$calm; fi; }; \
		failed=; $(if $(SHORT),crash & aside=$$!;) \
		if [[ -n $$raced ]]; then CGO_ENABLED=$(if $(RACE),1,0) go test $(TEST_FLAGS) $(SHORT) $$raced || failed=1; fi; \
		$(if $(SHORT),wait $$aside,crash) || failed=1; \
		[[ -z $$failed ]]

# With -short the suites on a real API server tell fewer stories, each at one vendor and not at all that it applies to, and replay fewer requests.
SHORT = -short

.PHONY: test-all
test-all: ## Run every test at every vendor, as CI does: half an hour on two cores.
	@$(MAKE) test SHORT=

.PHONY: crash-deep
crash-deep: ## Try all pairs of faults, many orders of several operators and many years, and not a sample; about half an hour on two cores. RUN narrows it down to a test, or a part of one.
	@CRASH_DEEP=1 $(CRASH) -timeout=24h -count=1 -run='$(or $(RUN),TestPairsOfFaults|TestInterleavings|TestSeveralOperators|TestYears)' ./test/crash

MINUTES ?= 10

.PHONY: soak
soak: controlplane ## Let real processes run, fail and be killed for MINUTES; SEED repeats what chance chose.
	@go run ./hack/soak -minutes=$(MINUTES) $(if $(SEED),-seed=$(SEED))

.PHONY: crash-bugs
crash-bugs: ## Put one mistake after another into the operator and see the crash tests fail; BUG narrows it down to a part of the names.
	@go run ./hack/bugs $(BUG)

.PHONY: counts
counts: controlplane ## Count Kubernetes writes and vendor calls per object, and measure the memory.
	go test -count=1 -v -timeout=20m -run='^TestCounts$$' ./test/perf/...

FUZZ_TIME ?= 60s

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZ_TIME; FUZZ narrows it down to a part of their names.
	@hack/fuzz.sh $(FUZZ_TIME) $(FUZZ)
