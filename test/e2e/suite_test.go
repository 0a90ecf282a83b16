// Package e2e tests the operator as a whole: a real API server, the vendors' emulator, and the operator as its own ServiceAccount with exactly the RBAC of
// config/rbac. Its scenarios are what the API promises, seen from outside: through Kubernetes, and through what really happened at the vendor.
package e2e

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/workspace-operator/workspace-operator/test/harness"
)

const (
	suiteName = "End to end"
	// atOnce is how many scenarios run at a time. Most of what they do is wait.
	atOnce = 24
	// othersAtOnce is the same of those that need a cluster to themselves.
	othersAtOnce = 2
)

// suiteTimeout ends what has got stuck; everything together takes a fraction of it.
const suiteTimeout = 40 * time.Minute

var (
	// shared is the cluster of all scenarios but those that end and start operators: each of them has one of others for as long as it takes.
	shared   *harness.Harness
	others   []*harness.Harness
	operator *harness.Operator
	rules    *watcher
	// keyHistory is what the promises about keys are held against.
	keyHistory *history
)

func TestE2E(t *testing.T) {
	RegisterFailHandler(Fail)
	suite, reporter := GinkgoConfiguration()
	suite.Timeout = suiteTimeout
	RunSpecs(t, suiteName, suite, reporter)
}

var _ = BeforeSuite(func() {
	// What is started here outlives the node that starts it.
	ctx := context.WithoutCancel(GinkgoTB().Context())
	var err error
	shared, err = harness.Start(ctx)
	Expect(err).NotTo(HaveOccurred())
	for range othersAtOnce {
		other, err := harness.Start(ctx)
		Expect(err).NotTo(HaveOccurred())
		others = append(others, other)
	}
	clusters := append([]*harness.Harness{shared}, others...)
	rules, err = startWatcher(ctx, clusters...)
	Expect(err).NotTo(HaveOccurred())
	keyHistory = startHistory(ctx, clusters...)
	operator, err = shared.RunOperator(ctx)
	Expect(err).NotTo(HaveOccurred())
})

var _ = AfterSuite(func() {
	if operator != nil {
		Expect(operator.Stop()).To(Succeed(), "the operator stops cleanly")
	}
	if rules != nil {
		rules.stop()
	}
	if keyHistory != nil {
		keyHistory.stop()
	}
	for _, cluster := range append([]*harness.Harness{shared}, others...) {
		if cluster != nil {
			Expect(cluster.Stop()).To(Succeed(), "the control plane stops cleanly")
		}
	}
})

// The scenarios run at the same time, each in its own namespace and with its own emulator. Ginkgo runs specs one after another within a process, so each spec
// only waits for its scenario, which has been started by the first one.
var _ = Describe("The operator", Ordered, ContinueOnFailure, func() {
	all := sample(slices.Concat(lifecycle(), foreignSecrets(), refusals(), endpoints(), deletion(), waiting(), names(), crashes(),
		updates(), drift(), changes(), missing(), unknown(), restore(), abandon(), pause(), imports(), hosts(), classChanges(), credentials(),
		slaunchx(), groundfloor(), oceanbase(), orphans(), rotation(), keyEdits(), keyDrift(), keySecrets(), keyAdmission(), unknownKeys(), restoredKeys()))
	interruptions := sample(interruptions())

	BeforeAll(func() {
		begin(all, slices.Repeat([]*harness.Harness{shared}, atOnce)...)
		begin(interruptions, others...)
	})

	for _, s := range slices.Concat(all, interruptions) {
		It(s.name(), func() {
			done := <-s.ended
			AddReportEntry("took", done.took.Round(time.Millisecond).String(), ReportEntryVisibilityFailureOrVerbose)
			if done.failure != "" {
				Fail(done.failure)
			}
		})
	}

	It("follows the rules of kstatus in every status it ever wrote, and Argo CD agrees", func() {
		Expect(rules.violations()).To(BeEmpty())
	})

	It("shows no key and no credential", func() {
		Expect(shared.Leaks(GinkgoTB(), operator, seen.secrets())).To(BeEmpty())
	})
})

// begin starts to play those scenarios that are wanted, one in each place at a time, and returns.
func begin(all []scenario, places ...*harness.Harness) {
	free := make(chan *harness.Harness, len(places))
	for _, cluster := range places {
		free <- cluster
	}
	for _, s := range all {
		if !wanted(s) {
			continue
		}
		go func() {
			cluster := <-free
			began := time.Now()
			failure := play(cluster, s)
			s.ended <- result{failure: failure, took: time.Since(began)}
			free <- cluster
		}()
	}
}

// scenario is one story, told to one vendor.
type scenario struct {
	about, title, vendor string
	run                  func(*World)
	// ended is told what became of it.
	ended chan result
}

func (s scenario) name() string { return fmt.Sprintf("%s: %s (%s)", s.about, s.title, s.vendor) }

// sample is all of them; with -short every other story is told, at one of the vendors that it can be told at, and the next at the next.
func sample(all []scenario) []scenario {
	if suite, _ := GinkgoConfiguration(); !testing.Short() || len(suite.FocusStrings) > 0 {
		return all
	}
	var titles []string
	tellings := map[string][]scenario{}
	for _, s := range all {
		title := s.about + ": " + s.title
		if tellings[title] == nil {
			titles = append(titles, title)
		}
		tellings[title] = append(tellings[title], s)
	}
	some := make([]scenario, 0, len(titles)/2+1)
	for i, title := range titles {
		if i%2 == 0 {
			some = append(some, tellings[title][i/2%len(tellings[title])])
		}
	}
	return some
}

// wanted reports whether -ginkgo.focus and -ginkgo.skip select the scenario: nobody waits for another.
func wanted(s scenario) bool {
	suite, _ := GinkgoConfiguration()
	matches := func(pattern string) bool {
		return regexp.MustCompile(pattern).MatchString(suiteName + " The operator " + s.name())
	}
	return (len(suite.FocusStrings) == 0 || slices.ContainsFunc(suite.FocusStrings, matches)) && !slices.ContainsFunc(suite.SkipStrings, matches)
}

// result is what became of a scenario. The time of its spec is only the time it was waited for.
type result struct {
	failure string
	took    time.Duration
}

// stories collects the scenarios about one thing.
type stories struct {
	about string
	all   []scenario
}

func about(what string) *stories { return &stories{about: what} }

// at tells a story to one vendor.
func (s *stories) at(vendor, title string, run func(*World)) {
	s.all = append(s.all, scenario{about: s.about, title: title, vendor: vendor, run: run, ended: make(chan result, 1)})
}

// each tells a story to every vendor.
func (s *stories) each(title string, run func(*World)) {
	for _, vendor := range []string{harness.Portkey, harness.Guance} {
		s.at(vendor, title, run)
	}
}
