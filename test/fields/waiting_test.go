package fields

import (
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// waitRows are about how often and how long.
func waitRows() []row {
	return []row{abandonRow(), resyncRow(), perMinuteRow(), burstRow()}
}

// resyncRow: the vendor is read again and again, or not, when nobody asks.
func resyncRow() row {
	return aClass().of("resyncInterval", harness.Portkey,
		to("resyncInterval: 1s", newWorkspace(), readOften),
		to("", quietly),
		to("resyncInterval: 1s", readOften),
		to("resyncInterval: 24h", quietly))
}

func readOften(s *stage) {
	from := requests(s.v, s.row.vendor)
	s.Eventually(func() int { return requests(s.v, s.row.vendor) }).Should(BeNumerically(">=", from+3), "requests that nobody asked for")
}

// quietly: after a while nothing is read for longer than the short interval.
func quietly(s *stage) {
	last, since := requests(s.v, s.row.vendor), time.Now()
	s.Eventually(func() time.Duration {
		if now := requests(s.v, s.row.vendor); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since)
	}).Should(BeNumerically(">", 2*quiet), "the time without a request")
}

// perMinuteRow: one request a minute is not enough for two Workspaces.
func perMinuteRow() row {
	r := aClass().of("rateLimit.requestsPerMinute", harness.Portkey,
		to("rateLimit: {requestsPerMinute: 60000}", newWorkspace()),
		step{spec: "rateLimit: {requestsPerMinute: 1}", see: []check{having(kindWorkspace, ""), having(kindWorkspace, "", func(s *stage) {
			from := requests(s.v, s.row.vendor)
			s.Consistently(func() int { return requests(s.v, s.row.vendor) }).Should(BeNumerically("<=", from+1), "requests while one a minute is allowed")
			s.refresh()
			s.Expect(harness.IsReady(s.ws)).To(BeFalse(), "the second Workspace waits for its turn")
		})}},
		refused("rateLimit: {burst: 1}", "rateLimit.requestsPerMinute: Required value"),
		to("", func(s *stage) {
			began := time.Now()
			existing(ready)(s)
			s.Expect(time.Since(began)).To(BeNumerically("<", patience/2), "without a limit nobody waits a minute")
		}))
	r.base = "rateLimit: null"
	return r
}

// burstRow: of 30 a minute half can go at once, which leaves one in four seconds for the rest; with a burst of one it is one in two.
func burstRow() row {
	limit := func(text string) string { return "rateLimit: {requestsPerMinute: 30" + text + "}" }
	r := aClass().of("rateLimit.burst", harness.Portkey,
		to(limit(", burst: 15"), six(BeNumerically("<", 12*time.Second))),
		to(limit(""), six(BeNumerically("<", 10*time.Second))),
		to(limit(", burst: 1"), six(BeNumerically(">", 5*time.Second))))
	r.base = "rateLimit: null"
	return r
}

// six makes this many Workspaces at once, and looks at the time from the first creation to the last.
func six(took any) check {
	return func(s *stage) {
		var all []*v1alpha1.Workspace
		for range 6 {
			having(kindWorkspace, "")(s)
			all = append(all, s.ws)
		}
		for _, ws := range all {
			s.h.WaitReady(s, ws)
		}
		var times []time.Time
		for _, e := range s.log() {
			if e.Method == http.MethodPost {
				times = append(times, e.Time)
			}
		}
		s.Expect(len(times)).To(BeNumerically(">=", 6))
		s.Expect(times[len(times)-1].Sub(times[len(times)-6])).To(s.like(took), "the time from the first of six to the last")
	}
}

// abandonRow deletes two Workspaces while the vendor does not take the credential, and stops one of them, so that it is older than any patience when it goes on.
func abandonRow() row {
	var given, kept *v1alpha1.Workspace
	waits := func(s *stage, object client.Object) {
		harness.Wait(s, s.h, object, "the deletion to wait for the vendor", func(seen client.Object) bool {
			return harness.HasReason(seen, v1alpha1.ConditionAccountReady, v1alpha1.ReasonCredentialRejected) && seen.GetDeletionTimestamp() != nil
		})
	}
	return aClass().of("abandonAfter", harness.Portkey,
		to("abandonAfter: 24h", newWorkspace(), func(s *stage) { given = s.ws }, newWorkspace(), func(s *stage) {
			kept = s.ws
			s.Expect(s.v.SetCredentials(harness.Portkey, "another")).To(Succeed())
			for _, ws := range []*v1alpha1.Workspace{given, kept} {
				s.Expect(s.h.Client.Delete(s.Context(), ws)).To(Succeed())
				waits(s, ws)
			}
			s.h.Annotate(s, kept, v1alpha1.AnnotationPaused, "true")
		}),
		step{spec: "abandonAfter: 1m", see: []check{func(s *stage) {
			s.givenUp(given)
		}}},
		step{spec: "", see: []check{func(s *stage) {
			s.h.Annotate(s, kept, v1alpha1.AnnotationPaused, nil)
			s.h.Poke(s, kept)
			waits(s, kept)
			s.Expect(s.orphaned(kept)).To(BeFalse(), "without it a deletion waits for ever")
		}}},
		step{spec: "abandonAfter: 1m", see: []check{func(s *stage) {
			s.givenUp(kept)
		}}})
}

// givenUp asks for passes until the Workspace is gone, because by itself the operator looks again only now and then, and expects an entry in the orphan ledger.
func (s *stage) givenUp(ws *v1alpha1.Workspace) {
	s.Eventually(func() bool {
		ask := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationReconcileAt, rand.String(8))
		return apierrors.IsNotFound(s.h.Client.Patch(s.Context(), ws.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(ask))))
	}).
		WithTimeout(2*patience).WithPolling(quiet).Should(BeTrue(), "%s is given up", ws.Name)
	s.Expect(s.orphaned(ws)).To(BeTrue(), "what is given up stands in the orphan ledger")
}

// orphaned reports whether the ledger has an entry of the Workspace that says that it was given up.
func (s *stage) orphaned(ws *v1alpha1.Workspace) bool {
	all := &v1alpha1.OrphanList{}
	s.Expect(s.h.Client.List(s.Context(), all, client.InNamespace(harness.OperatorNamespace))).To(Succeed())
	for _, orphan := range all.Items {
		if orphan.Spec.Object.UID == ws.UID && orphan.Spec.ID == ws.Status.UUID && orphan.Spec.Reason == v1alpha1.OrphanAbandoned {
			return true
		}
	}
	return false
}
