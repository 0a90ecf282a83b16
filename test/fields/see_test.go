package fields

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// ready: the object is as its spec says.
func ready(s *stage) { s.h.WaitReady(s, s.object) }

// stalled: the object is not Ready for the reason, and says all the words. A class is only not Ready.
func stalled(reason string, words ...string) check {
	return func(s *stage) {
		var expected []string
		for _, word := range words {
			expected = append(expected, s.expand(word))
		}
		harness.Wait(s, s.h, s.object, fmt.Sprintf("%s to be refused with %s, in words that have %q", s.object.GetName(), reason, expected), func(seen client.Object) bool {
			return harness.Says(seen, v1alpha1.ConditionStalled, reason, expected...)
		})
	}
}

// having makes another object beside the row's, and then looks at it.
func having(kind, spec string, see ...check) check {
	return func(s *stage) {
		base := s.workspaceSpec
		if kind == kindKey {
			base = s.keySpec
		}
		s.Expect(s.create(kind, merged(base(), s.parse(spec)))).To(Succeed(), "a new %s", kind)
		for _, look := range see {
			look(s)
		}
	}
}

// at: the vendor's object has the value at the path: "usageLimits.0.creditLimit". nil is for none. The names are the emulator's.
func at(path string, want any) check {
	return func(s *stage) {
		s.Eventually(func() any { return s.atVendor(path) }).Should(s.like(want), "%s at the vendor", path)
	}
}

// untouched: the vendor was not sent anything that is meant to change something, not even if a pass is asked for.
func untouched(s *stage) {
	s.h.Poke(s, s.object)
	s.Expect(s.changes()).To(Equal(s.writes), "requests to change something")
}

// settled lets the object take note of what was changed beside it.
func settled(s *stage) { s.h.Poke(s, s.object) }

// status: the object's status has the value at the path.
func status(path string, want any) check {
	return func(s *stage) {
		harness.Wait(s, s.h, s.object, fmt.Sprintf("status.%s to be %v", path, want), func(seen client.Object) bool {
			ok, err := s.like(want).Match(walk(document(seen)["status"], path))
			return err == nil && ok
		})
	}
}

// deleted: the object can be deleted, and then this is so of what was its own at the vendor.
func deleted(what func(*stage, map[string]any) bool) check {
	return func(s *stage) {
		s.refresh()
		kind, id := s.vendorID()
		s.Expect(s.h.Client.Delete(s.Context(), s.object)).To(Succeed())
		s.h.WaitGone(s, s.object)
		s.gone = s.object == s.subject
		s.Expect(what(s, s.find(kind, id))).To(BeTrue(), "what was to become of %s %s, which is now %v", kind, id, s.find(kind, id))
	}
}

// What can become of the vendor's object.
func alive(_ *stage, seen map[string]any) bool     { return seen != nil && seen["deletedAt"] == nil }
func removed(_ *stage, seen map[string]any) bool   { return seen == nil || seen["deletedAt"] != nil }
func frozen(_ *stage, seen map[string]any) bool    { return seen["status"] == "frozen" }
func notFrozen(s *stage, seen map[string]any) bool { return alive(s, seen) && !frozen(s, seen) }

// sent: the latest request to the vendor had the header, of which the first word counts, whatever the vendor said to it.
func sent(header, value string) check {
	return func(s *stage) {
		s.Eventually(func() string { return strings.Split(s.latest().Header.Get(header), " ")[0] }).Should(s.like(value), "header %s of the latest request", header)
	}
}

// latest is the latest request that the vendor has answered.
func (s *stage) latest() journal.Entry {
	entries := s.log()
	if len(entries) == 0 {
		return journal.Entry{}
	}
	return entries[len(entries)-1]
}

// requests is how many requests the vendor was sent.
func requests(v *harness.Vendors, vendor string) int {
	total := 0
	for _, count := range v.Counts()[vendor] {
		total += count.Requests
	}
	return total
}

// changes is how many requests were meant to change something.
func (s *stage) changes() int {
	total := 0
	for route, count := range s.v.Counts()[s.row.vendor] {
		if !strings.HasPrefix(route, http.MethodGet+" ") || strings.HasSuffix(route, "/delete") {
			total += count.Requests
		}
	}
	return total
}

// like is the matcher itself, or one of equality that takes numbers for what JSON makes of them.
func (s *stage) like(want any) types.GomegaMatcher {
	switch w := want.(type) {
	case types.GomegaMatcher:
		return w
	case nil:
		return BeNil()
	case string:
		return Equal(s.expand(w))
	case int:
		return Equal(float64(w))
	}
	return Equal(want)
}

// atVendor looks into the vendor's object: for a class, that of the latest Workspace.
func (s *stage) atVendor(path string) any {
	s.refresh()
	kind, id := s.vendorID()
	return walk(s.find(kind, id), path)
}

// vendorID is what the object that is looked at is called at the vendor.
func (s *stage) vendorID() (kind, id string) {
	if s.object == client.Object(s.key) && s.key != nil {
		return "keys", s.key.Status.KeyID
	}
	if s.ws == nil {
		return "", ""
	}
	return "workspaces", s.ws.Status.UUID
}

// refresh reads the latest objects again.
func (s *stage) refresh() {
	ctx := context.WithoutCancel(s.Context())
	if s.ws != nil {
		s.Expect(client.IgnoreNotFound(s.h.Client.Get(ctx, client.ObjectKeyFromObject(s.ws), s.ws))).To(Succeed())
	}
	if s.key != nil {
		s.Expect(client.IgnoreNotFound(s.h.Client.Get(ctx, client.ObjectKeyFromObject(s.key), s.key))).To(Succeed())
	}
}

// find is an object of the vendor's, as the emulator keeps it; nil if it never had one.
func (s *stage) find(kind, id string) map[string]any {
	for _, object := range s.all(kind) {
		if id != "" && (object["id"] == id || object["uuid"] == id) {
			return object
		}
	}
	return nil
}

// all are the vendor's objects, deleted ones included.
func (s *stage) all(kind string) []map[string]any {
	states := map[string]any{
		harness.Portkey: s.v.Portkey(), harness.Guance: s.v.Guance(), harness.Slaunchx: s.v.Slaunchx(),
		harness.Groundfloor: s.v.Groundfloor(), harness.Oceanbase: s.v.Oceanbase(),
	}
	var objects []map[string]any
	items, _ := document(states[s.row.vendor])[kind].([]any)
	for _, item := range items {
		object, _ := item.(map[string]any)
		objects = append(objects, object)
	}
	return objects
}

// document is a value as JSON has it.
func document(value any) map[string]any {
	text, err := json.Marshal(value)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	object := map[string]any{}
	if err := json.Unmarshal(text, &object); err != nil {
		return map[string]any{"error": err.Error()}
	}
	return object
}

// walk follows a path of names and indices; nil where it ends.
func walk(node any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch n := node.(type) {
		case map[string]any:
			node = n[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(n) {
				return nil
			}
			node = n[i]
		default:
			return nil
		}
	}
	return node
}

// describe is the objects as they are, and what the vendor was asked.
func (s *stage) describe() string {
	s.refresh()
	var text strings.Builder
	for _, object := range []client.Object{s.class, s.ws, s.key} {
		copied := document(object)
		delete(copied, "metadata")
		line, _ := json.Marshal(copied)
		fmt.Fprintf(&text, "%s\n", line)
	}
	entries, _ := s.v.Requests(journal.Filter{})
	for _, e := range slices.Backward(entries[max(0, len(entries)-30):]) {
		fmt.Fprintf(&text, "  %s %s %s %s -> %d\n", e.Time.Format(time.TimeOnly), e.Method, e.Path, e.Body, e.Status)
	}
	return text.String()
}

// log is what the vendor was asked, the oldest first.
func (s *stage) log() []journal.Entry {
	entries, _ := s.v.Requests(journal.Filter{Vendor: s.row.vendor})
	return entries
}
