package workspace

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/ledger"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// pages are what was entered; full takes no more, and so many are refused first.
type pages struct {
	entries []ledger.Entry
	full    bool
	refuse  int
}

var errFull = errors.New("the quota is used up")

func (p *pages) Enter(_ context.Context, entry ledger.Entry) error {
	if p.full || p.refuse > 0 {
		p.refuse--
		return errFull
	}
	p.entries = append(p.entries, entry)
	return nil
}

func TestWhatIsAbandonedIsInTheLedger(t *testing.T) {
	ws := gen.Workspace("ws", gen.SetWorkspaceMeta(gen.InNamespace("team-a"), gen.UID("0f-1")))
	ws.Status.ClassName, ws.Status.Provider = "prod", "acme"
	ws.Status.Attempt = record(v1alpha1.AttemptLost, now().Add(-time.Hour), nil)
	var f facts
	f.Intent.Capabilities.Workspace.OwnCredential = true
	book := &pages{}
	orphans := []plan.Orphan{{ID: "ws-1", Name: "Team A", Reason: v1alpha1.OrphanAbandoned}, {Name: "Team A", Reason: v1alpha1.OrphanOutcomeUnknown}}
	if err := (&Reconciler{Ledger: book}).abandon(t.Context(), ws, f, orphans); err != nil {
		t.Fatal(err)
	}
	common := ledger.Entry{
		Kind: v1alpha1.KindWorkspace, Namespace: "team-a", Name: "ws", UID: "0f-1", Provider: "acme", ClassName: "prod", CredentialOf: "0f-1",
		VendorName: "Team A", Since: now().Add(-time.Hour),
	}
	given, unknown := common, common
	given.WorkspaceUUID, given.VendorID, given.Reason = "ws-1", "ws-1", v1alpha1.OrphanAbandoned
	unknown.Reason = v1alpha1.OrphanOutcomeUnknown
	for i := range book.entries {
		if book.entries[i].Message == "" {
			t.Errorf("entry %d does not say what to do", i)
		}
		book.entries[i].Message = ""
	}
	if diff := cmp.Diff([]ledger.Entry{given, unknown}, book.entries); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := (&Reconciler{Ledger: &pages{full: true}}).abandon(t.Context(), ws, f, orphans); !errors.Is(err, errFull) {
		t.Errorf("got %v from a ledger that takes nothing: the object would go unaccounted for", err)
	}
}

// TestDenied: a person's word holds for one call, or one object, and for no other.
func TestDenied(t *testing.T) {
	attempt := record(v1alpha1.AttemptLost, now(), nil)
	for name, row := range map[string]struct {
		attempt    *v1alpha1.Attempt
		restored   bool
		annotation string
		denied     bool
		asks       bool
	}{
		"of this call":                             {attempt, false, engine.DenialOf(attempt), true, true},
		"of an earlier call":                       {attempt, false, "2026-01-02T03:04:04Z", false, true},
		"of whatever it may be":                    {attempt, false, "true", false, true},
		"of a call, by the object":                 {attempt, false, "0f-1", false, true},
		"of nothing":                               {nil, false, "0f-1", false, false},
		"of an object from a backup":               {nil, true, "0f-1", true, true},
		"of the object it was before":              {nil, true, "0f-0", false, true},
		"nobody has said anything":                 {attempt, false, "", false, true},
		"nobody has said anything of a backup":     {nil, true, "", false, true},
		"nobody has said anything, and need not":   {nil, false, "", false, false},
		"of an object from a backup, and its call": {attempt, true, engine.DenialOf(attempt), true, true},
	} {
		ws := gen.Workspace("ws", gen.SetWorkspaceMeta(gen.UID("0f-1"), gen.Annotation(v1alpha1.AnnotationDoesNotExist, row.annotation)))
		ws.Status.Attempt = row.attempt
		denial, got := denied(ws, row.restored)
		if got != row.denied || (denial != "") != row.asks {
			t.Errorf("%s: denied %t, and it is said with %q; want %t, asked for %t", name, got, denial, row.denied, row.asks)
		}
	}
}

func TestRestored(t *testing.T) {
	theirs := []metav1.ManagedFieldsEntry{{Manager: "backup", FieldsV1: &metav1.FieldsV1{}}}
	for name, row := range map[string]struct {
		change func(*v1alpha1.Workspace, *Intent)
		want   bool
	}{
		"our finalizer, and not from us": {func(*v1alpha1.Workspace, *Intent) {}, true},
		"with its status":                {func(ws *v1alpha1.Workspace, _ *Intent) { ws.Status.UUID = "ws-1" }, false},
		"with its attempt":               {func(ws *v1alpha1.Workspace, _ *Intent) { ws.Status.Attempt = record("", now(), nil) }, false},
		"we keep its credential":         {func(_ *v1alpha1.Workspace, i *Intent) { i.vault.secret = "0f-2" }, false},
		"it names what it takes over":    {func(_ *v1alpha1.Workspace, i *Intent) { i.External = "ws-1" }, false},
		"without a finalizer":            {func(ws *v1alpha1.Workspace, i *Intent) { ws.Finalizers, i.First = nil, true }, false},
		"nobody knows who wrote what":    {func(ws *v1alpha1.Workspace, _ *Intent) { ws.ManagedFields = nil }, false},
	} {
		ws := gen.Workspace("ws")
		ws.Finalizers, ws.ManagedFields = []string{v1alpha1.Finalizer}, theirs
		intent := Intent{}
		row.change(ws, &intent)
		if got := restored(ws, intent); got != row.want {
			t.Errorf("%s: %t, want %t", name, got, row.want)
		}
	}
}
