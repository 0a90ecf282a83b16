package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// lookInterval is how long the checker rests between two looks.
const lookInterval = time.Second

// checker holds what the vendors have, and were asked, against what is in etcd.
type checker struct {
	s       *soak
	foreign map[string]strangers
	can     map[string]provider.Capabilities
	leaks   *leaks
	// since is the number of the last request that was taken in.
	since int64
	// live is how many keys there were at the vendors at the last look.
	live atomic.Int64
}

func newChecker(ctx context.Context, s *soak, foreign map[string]strangers) (*checker, error) {
	c := &checker{s: s, foreign: foreign, can: map[string]provider.Capabilities{}, leaks: newLeaks(s.dir)}
	for _, driver := range catalog.All() {
		c.can[driver.Name()] = driver.Capabilities()
	}
	all, err := s.vendors.credentials(ctx)
	for vendor, credentials := range all {
		c.leaks.learnCredentials(vendor, credentials)
	}
	return c, err
}

func (c *checker) alive() int { return int(c.live.Load()) }

// watch looks until the context ends. A look while the emulator is away is one in vain.
func (c *checker) watch(ctx context.Context) {
	each(ctx, lookInterval, func(ctx context.Context) { c.s.report.look(c.look(ctx)) })
}

// look takes in, in this order: what the vendors were asked, all objects up to then and later, the ledger, what was said, and what the vendors have. So nothing is
// missed that led to what is seen.
func (c *checker) look(ctx context.Context) error {
	if err := c.listen(ctx); err != nil {
		return err
	}
	open := c.s.places.open()
	if err := c.s.past.catchUp(ctx); err != nil {
		return err
	}
	versions := map[*place][]invariant.Version{}
	for _, p := range open {
		versions[p] = c.s.past.of(p.namespace)
	}
	namespaces := namespacesOf(c.s.past)
	ledger := c.s.past.ledger()
	state, err := c.s.vendors.state(ctx)
	if err != nil {
		return err
	}
	if err := c.seek(state); err != nil {
		return err
	}
	have, err := c.hold(state)
	if err != nil {
		return err
	}
	for _, p := range open {
		e := c.evidence(p.vendor, have[p.vendor], versions[p], ledger)
		p.recall(e)
		c.holds(e, func(check invariant.Check) bool { return !check.Quiet })
		if p.left() && !namespaces[p.namespace] && len(versions[p]) > 0 {
			c.s.places.close(p)
			c.s.past.forget(p.namespace)
		}
	}
	return nil
}

func namespacesOf(past *chronicle) map[string]bool {
	all := map[string]bool{}
	for _, namespace := range living[*corev1.Namespace](past) {
		all[namespace.Name] = true
	}
	return all
}

// listen takes in the requests that have ended, in their order.
func (c *checker) listen(ctx context.Context) error {
	requests, err := c.s.vendors.requests(ctx, c.since)
	if err != nil {
		return err
	}
	for _, e := range requests {
		if !e.Done {
			return nil
		}
		c.since = e.ID
		played, _ := c.s.vendors.played(e.Fault)
		c.s.report.request(e, played)
		r := requestOf(e, played)
		for _, p := range c.s.places.open() {
			if p.vendor == e.Vendor {
				p.asked(r)
			}
		}
		others := c.foreign[e.Vendor].all()
		alone := &invariant.Evidence{Vendor: e.Vendor, Requests: []invariant.Request{r}, Strangers: others, Workspaces: others}
		c.holds(alone, func(check invariant.Check) bool { return check.Number == 7 })
	}
	return nil
}

// requestOf says what its sender knows of it. One that was killed or frozen may know less.
func requestOf(e journal.Entry, f fault.Fault) invariant.Request {
	whole := e.Worked && (e.Fault == 0 || f.Action == fault.Delay)
	return invariant.Request{Entry: e, Heard: delivered(e, f), Whole: whole && delivered(e, f)}
}

// seek looks for what must not be said, in all that was.
func (c *checker) seek(state map[string]json.RawMessage) error {
	logs, err := c.leaks.news()
	if err != nil {
		return err
	}
	for _, document := range state {
		if err := c.leaks.learnHoldings(document); err != nil {
			return err
		}
	}
	logs["an object or an event"] = c.s.past.heard()
	for where, text := range logs {
		for _, wrong := range c.leaks.in(where, text) {
			c.s.report.broken(wrong)
		}
		if strings.Contains(string(text), "Observed a panic") || strings.Contains(string(text), "goroutine 1 [running]") {
			c.s.report.broken("an operator panics: see " + where)
		}
	}
	return nil
}

// hold gives what each vendor has, and tells what is there twice.
func (c *checker) hold(state map[string]json.RawMessage) (map[string]holdings, error) {
	all, live := map[string]holdings{}, int64(0)
	for vendor, document := range state {
		have, err := holdingsOf(document)
		if err != nil {
			return nil, err
		}
		all[vendor] = have
		for _, wrong := range have.twice(vendor, c.foreign[vendor], c.s.places.takenOver(vendor)) {
			c.s.report.broken(wrong)
		}
		for _, key := range have.keys {
			if _, isForeign := c.foreign[vendor][key.ID]; key.Gone == nil && !isForeign {
				live++
			}
		}
	}
	c.live.Store(live)
	return all, nil
}

// evidence is what there is to know of these versions. Of the vendor's keys only those are looked at that bear the mark of one of the objects.
func (c *checker) evidence(vendor string, have holdings, versions []invariant.Version, ledger []v1alpha1.OrphanSpec) *invariant.Evidence {
	owners := map[string]bool{}
	known := map[types.UID]bool{}
	for _, v := range versions {
		if uid := v.Object.GetUID(); !known[uid] {
			known[uid] = true
			owners[provider.MarkFor(string(uid)).Owner()] = true
		}
	}
	e := &invariant.Evidence{
		Vendor: vendor, Can: c.can[vendor], Versions: versions, Workspaces: have.workspaces, Imported: c.s.places.takenOver(vendor),
		Strangers: c.foreign[vendor].all(), Ledger: ledger, Together: true, Now: time.Now(),
	}
	for _, key := range have.keys {
		if invariant.Has(e.Strangers, key.ID) {
			e.Keys = append(e.Keys, key)
		}
		if mark, isMarked := provider.ParseKeyName(key.Name); isMarked && owners[mark.Owner()] {
			e.Keys = append(e.Keys, key)
		}
	}
	return e
}

// holds tells what breaks the promises that are chosen. Whose list it was that failed cannot be told where many share an account: 12 is not looked at.
func (c *checker) holds(e *invariant.Evidence, chosen func(invariant.Check) bool) {
	for _, check := range invariant.Checks() {
		if check.Number == 12 || !chosen(check) {
			continue
		}
		for _, wrong := range check.Holds(e) {
			c.s.report.broken(fmt.Sprintf("%s: invariant %d (%s): %s", e.Vendor, check.Number, check.Says, wrong))
		}
	}
}
