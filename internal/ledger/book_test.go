package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

const operator = "operator"

// desk is a Book, what is in it, and what was told.
type desk struct {
	*testing.T
	Book
	api  client.WithWatch
	told []string
}

func newDesk(t *testing.T, hooks interceptor.Funcs) *desk {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, api: fake.NewClientBuilder().WithScheme(scheme).WithInterceptorFuncs(hooks).Build()}
	d.Book = Book{Client: d.api, Namespace: operator, Recorder: d, Now: now}
	return d
}

func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC) }

// Eventf notes an event and whom it is about.
func (d *desk) Eventf(regarding, _ runtime.Object, kind, reason, _, note string, args ...any) {
	about, ok := regarding.(*corev1.ObjectReference)
	if !ok {
		d.Fatalf("an event about a %T", regarding)
	}
	d.told = append(d.told, fmt.Sprintf("%s %s %s/%s: %s %s: %s", about.APIVersion, about.Kind, about.Namespace, about.Name, kind, reason, fmt.Sprintf(note, args...)))
}

func (d *desk) enter(entry Entry) {
	d.Helper()
	if err := d.Enter(d.Context(), entry); err != nil {
		d.Fatalf("Enter: %v", err)
	}
}

// entries are those in the operator's namespace.
func (d *desk) entries() []v1alpha1.Orphan {
	d.Helper()
	all := &v1alpha1.OrphanList{}
	if err := d.api.List(d.Context(), all, client.InNamespace(operator)); err != nil {
		d.Fatal(err)
	}
	return all.Items
}

func key(change ...func(*Entry)) Entry {
	entry := Entry{
		Kind: v1alpha1.KindApiKey, Namespace: "team-a", Name: "ci", UID: "0f-1", Provider: "guance", ClassName: "guance-prod", CredentialOf: "0f-2",
		WorkspaceUUID: "wksp_1", VendorID: "wsak_1", VendorName: "ci-mark-1", Since: now().Add(-time.Hour), Reason: v1alpha1.OrphanAbandoned, Message: "revoke it",
	}
	for _, c := range change {
		c(&entry)
	}
	return entry
}

func TestAnEntryIsWhatWasGivenUp(t *testing.T) {
	d := newDesk(t, interceptor.Funcs{})
	d.enter(key())
	entries := d.entries()
	if len(entries) != 1 {
		t.Fatalf("%d entries, want one", len(entries))
	}
	want := v1alpha1.OrphanSpec{
		Provider: "guance", ClassName: "guance-prod", CredentialOf: "0f-2",
		Object:        v1alpha1.OrphanedObject{Kind: v1alpha1.KindApiKey, Namespace: "team-a", Name: "ci", UID: "0f-1"},
		WorkspaceUUID: "wksp_1", ID: "wsak_1", Name: "ci-mark-1",
		Since: metav1.NewTime(time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)), Reason: v1alpha1.OrphanAbandoned, Message: "revoke it",
	}
	if diff := cmp.Diff(want, entries[0].Spec); diff != "" {
		t.Errorf("the entry differs (-want +got):\n%s", diff)
	}
	told := []string{fmt.Sprintf("workspace-operator.io/v1alpha1 ApiKey team-a/ci: Warning Orphaned: "+
		"what may be left of it at the vendor is in the orphan ledger of the operator's administrators, as Orphan %q", entries[0].Name)}
	if diff := cmp.Diff(told, d.told); diff != "" {
		t.Errorf("the events differ (-want +got):\n%s", diff)
	}
}

// TestOneThingHasOneEntry: a pass may be repeated at any point, and then says the same thing in other words.
func TestOneThingHasOneEntry(t *testing.T) {
	noID := func(e *Entry) { e.VendorID = "" }
	for name, test := range map[string]struct {
		second Entry
		want   int
	}{
		"the same again": {key(), 1},
		"later, in other words": {key(func(e *Entry) {
			e.Since, e.Message, e.Reason = now(), "please revoke it", v1alpha1.OrphanOutcomeUnknown
		}), 1},
		"under a new name with its id":  {key(func(e *Entry) { e.VendorName = "renamed" }), 1},
		"another id":                    {key(func(e *Entry) { e.VendorID = "wsak_2" }), 2},
		"without an id":                 {key(noID), 2},
		"without an id, named as an id": {key(noID, func(e *Entry) { e.VendorName = "wsak_1" }), 2},
		"of another owner":              {key(func(e *Entry) { e.UID = "0f-3" }), 2},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, interceptor.Funcs{})
			d.enter(key())
			d.enter(test.second)
			if got := len(d.entries()); got != test.want {
				t.Errorf("%d entries, want %d", got, test.want)
			}
			if got := len(d.told); got != test.want {
				t.Errorf("told %d times, want %d: %q", got, test.want, d.told)
			}
		})
	}
}

// TestAHostileVendorsTextIsNoTrouble: what cannot be written as it is would never be found in a list, and the entry would go while the key lives.
func TestAHostileVendorsTextIsNoTrouble(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"at the bound":         {strings.Repeat("名", 512), strings.Repeat("名", 512)},
		"with spaces":          {"a b", "a b"},
		"beyond the bound":     {strings.Repeat("a", 513), ""},
		"a terminal's escape":  {"\x1b[31mred", ""},
		"another line":         {"a\nb", ""},
		"another direction":    {"a\u202eb", ""},
		"no UTF-8":             {"a\xffb", ""},
		"a replaced character": {"a\ufffdb", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, interceptor.Funcs{})
			d.enter(key(func(e *Entry) { e.VendorID, e.VendorName, e.WorkspaceUUID = test.text, test.text, test.text }))
			spec := d.entries()[0].Spec
			if spec.ID != test.want || spec.Name != test.want || spec.WorkspaceUUID != test.want {
				t.Errorf("id %q, name %q, workspaceUUID %q, want %q for each", spec.ID, spec.Name, spec.WorkspaceUUID, test.want)
			}
			if faults := validation.IsDNS1123Subdomain(d.entries()[0].Name); len(faults) > 0 {
				t.Errorf("its name is %q: %v", d.entries()[0].Name, faults)
			}
			if strings.Contains(d.told[0], test.text) {
				t.Errorf("the event shows the vendor's text: %q", d.told[0])
			}
		})
	}
	t.Run("in the message", func(t *testing.T) {
		d := newDesk(t, interceptor.Funcs{})
		d.enter(key(func(e *Entry) { e.Message = "\x1b[31m" + strings.Repeat("名", 2000) + "\n" }))
		if want := "[31m" + strings.Repeat("名", 1020); d.entries()[0].Spec.Message != want {
			t.Errorf("the message is %q, want %q", d.entries()[0].Spec.Message, want)
		}
	})
}

// TestATimeNobodyCanHaveKnownIsNow: the API server would refuse it, or nobody would look before it comes.
func TestATimeNobodyCanHaveKnownIsNow(t *testing.T) {
	for name, since := range map[string]time.Time{
		"none": {}, "long ago": time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), "the future": now().Add(time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, interceptor.Funcs{})
			d.enter(key(func(e *Entry) { e.Since = since }))
			if got := d.entries()[0].Spec.Since.Time; !got.Equal(now().Truncate(time.Second)) {
				t.Errorf("since %v, want now", got)
			}
		})
	}
}

func TestAnEntryIsWrittenThoughThePassEnds(t *testing.T) {
	d := newDesk(t, interceptor.Funcs{Create: func(ctx context.Context, api client.WithWatch, object client.Object, options ...client.CreateOption) error {
		if _, bounded := ctx.Deadline(); ctx.Err() != nil || !bounded {
			return fmt.Errorf("ended: %w, bounded: %t", ctx.Err(), bounded)
		}
		return api.Create(ctx, object, options...)
	}})
	ended, end := context.WithCancel(t.Context())
	end()
	if err := d.Enter(ended, key()); err != nil {
		t.Errorf("Enter: %v", err)
	}
}

func TestAnEntryThatIsNotWrittenIsAnError(t *testing.T) {
	refusal := errors.New("no")
	d := newDesk(t, interceptor.Funcs{Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return refusal }})
	err := d.Enter(t.Context(), key())
	if !errors.Is(err, refusal) || !strings.Contains(err.Error(), "ApiKey team-a/ci") {
		t.Errorf("Enter: got %v, want the refusal and whom it is about", err)
	}
	if len(d.told) > 0 {
		t.Errorf("it was told all the same: %q", d.told)
	}
}
