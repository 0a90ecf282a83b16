package workspace

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/ledger"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	vendors "github.com/workspace-operator/workspace-operator/internal/provider/fake"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// making is a Workspace whose workspace is just being made.
type making struct {
	*Reconciler
	vendor *vendors.Vendor
	book   *pages
	ws     *v1alpha1.Workspace
	intent Intent
}

func newMaking(t *testing.T, change func(*provider.Capabilities)) *making {
	t.Helper()
	can := vendors.Everything()
	change(&can)
	vendor := vendors.New("portkey", can)
	class := gen.WorkspaceClass("prod", gen.SetWorkspaceClassStatus(v1alpha1.WorkspaceClassStatus{EndpointHost: "portkey.test"}))
	reference := class.Spec.CredentialsRef
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: reference.Namespace, Name: reference.Name}, Data: map[string][]byte{"apiKey": []byte("c")}}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	api := interceptor.NewClient(fake.NewClientBuilder().WithScheme(scheme).WithObjects(class, secret).Build(), interceptor.Funcs{
		Create: func(ctx context.Context, below client.WithWatch, obj client.Object, opts ...client.CreateOption) error {
			obj.SetUID("made") // as the API server does
			return below.Create(ctx, obj, opts...)
		},
	})
	m := &making{vendor: vendor, book: &pages{}, ws: gen.Workspace("ws", gen.SetWorkspaceMeta(gen.InNamespace("team-a"), gen.UID("0f-1")))}
	m.Reconciler = &Reconciler{Client: api, Live: api, Namespace: "operator", Ledger: m.book, Now: now, Broker: account.NewBroker(account.Options{
		Reader: api, Cache: api, Namespace: "operator", Drivers: func(string) (provider.Driver, bool) { return vendor, true },
		NewTransport: func([]byte) (http.RoundTripper, error) { return http.DefaultTransport, nil }, // no test sends a request
	})}
	opened, err := m.Broker.Open(t.Context(), class, "team-a")
	if err != nil {
		t.Fatal(err)
	}
	m.intent = Intent{ClassName: class.Name, Provider: "portkey", Capabilities: can, class: class, account: opened, Spec: provider.WorkspaceSpec{DisplayName: "Team A"}}
	return m
}

// make makes the workspace.
func (m *making) make(t *testing.T) provider.Workspace {
	t.Helper()
	made, err := m.intent.account.Session().Workspaces().Create(t.Context(), provider.MarkFor("0f-1"), m.intent.Spec)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// wantEntry fails unless there is this one entry, whose message has the words.
func (m *making) wantEntry(t *testing.T, id, reason string, words ...string) {
	t.Helper()
	if len(m.book.entries) != 1 {
		t.Fatalf("%d entries, want one: %+v", len(m.book.entries), m.book.entries)
	}
	entry := m.book.entries[0]
	want := ledger.Entry{Kind: v1alpha1.KindWorkspace, Namespace: "team-a", Name: "ws", UID: "0f-1", Provider: "portkey", ClassName: "prod",
		CredentialOf: entry.CredentialOf, WorkspaceUUID: id, VendorID: id, VendorName: "Team A", Reason: reason, Message: entry.Message}
	if entry != want {
		t.Errorf("got %+v, want %+v", entry, want)
	}
	for _, word := range words {
		if !strings.Contains(entry.Message, word) {
			t.Errorf("%q does not say %q", entry.Message, word)
		}
	}
}

// TestWhatIsMadeForNobody is taken back, and is in the ledger where it cannot be.
func TestWhatIsMadeForNobody(t *testing.T) {
	able := func(*provider.Capabilities) {}
	unable := func(can *provider.Capabilities) { can.Workspace.Delete = false }
	uncertain := &provider.Error{Class: provider.Transient, Op: "create workspace", Uncertain: true}
	for name, row := range map[string]struct {
		can     func(*provider.Capabilities)
		fails   bool
		ordered bool
		lost    error
		reason  string
		words   []string
	}{
		"it is deleted":                          {can: able},
		"the vendor does not delete it":          {can: able, fails: true, reason: v1alpha1.OrphanAbandoned, words: []string{"being taken away", "did not delete it"}},
		"the vendor has no way to":               {can: unable, reason: v1alpha1.OrphanAbandoned, words: []string{"no way to delete"}},
		"the vendor was still building it":       {can: able, ordered: true, reason: v1alpha1.OrphanAbandoned, words: []string{"still building"}},
		"nobody knows what the call did":         {can: able, lost: uncertain, reason: v1alpha1.OrphanOutcomeUnknown, words: []string{"not answered"}},
		"the call is known to have done nothing": {can: able, lost: &provider.Error{Class: provider.Invalid}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMaking(t, row.can)
			facts, id := onePass(plan.Create, nil), ""
			facts.Intent, facts.Outlook.Err = m.intent, row.lost
			if row.lost == nil {
				made := m.make(t)
				if row.ordered {
					made.ID, made.Pending = "", true
				}
				facts.Effect.Workspace, id = &made, made.ID
			}
			if row.fails {
				m.vendor.Fail(vendors.DeleteWorkspace, vendors.Refused(provider.Conflict))
			}
			m.book.refuse = 1 // it is told again
			if err := m.undo(t.Context(), m.ws, facts); err != nil {
				t.Fatal(err)
			}
			if row.reason != "" {
				m.wantEntry(t, id, row.reason, row.words...)
			} else if len(m.book.entries) > 0 || len(m.vendor.Workspaces()) > 0 {
				t.Errorf("the vendor has %v, the ledger %v: want nothing", m.vendor.Workspaces(), m.book.entries)
			}
		})
	}
}

// TestTheKeyOfAWorkspaceMadeForNobody is revoked where that can be done, and else is in the Secret that the ledger names.
func TestTheKeyOfAWorkspaceMadeForNobody(t *testing.T) {
	for name, fails := range map[string]bool{"revoked": false, "not revoked": true} {
		t.Run(name, func(t *testing.T) {
			m := newMaking(t, func(can *provider.Capabilities) { can.Workspace.OwnCredential, can.Workspace.Delete = true, false })
			made := m.make(t)
			if err := m.storeVault(t.Context(), m.ws, m.intent, made); err != nil {
				t.Fatal(err)
			}
			words := []string{"was revoked"}
			if fails {
				m.vendor.Fail(vendors.RevokeKey, vendors.Refused(provider.Transient))
				words = []string{made.Credential.ID, vaultName(m.ws), "could not be revoked"}
			}
			facts := onePass(plan.Create, nil)
			facts.Intent, facts.Effect.Workspace = m.intent, &made
			if err := m.undo(t.Context(), m.ws, facts); err != nil {
				t.Fatal(err)
			}
			m.wantEntry(t, made.ID, v1alpha1.OrphanAbandoned, words...)
			if vault, err := m.inspectVault(t.Context(), m.ws); err != nil || vault.held() != fails || (len(m.vendor.Keys(made.ID)) > 0) != fails {
				t.Errorf("the vault is there: %t (%v), the vendor has %v", vault.held(), err, m.vendor.Keys(made.ID))
			}
		})
	}
}

// TestAForsakenWorkspaceIsInTheLedger with its id, which nothing else will know.
func TestAForsakenWorkspaceIsInTheLedger(t *testing.T) {
	for name, fails := range map[string]bool{"its key is revoked": false, "its key lives on": true} {
		t.Run(name, func(t *testing.T) {
			m := newMaking(t, func(can *provider.Capabilities) { can.Workspace.OwnCredential, can.Workspace.Delete = true, false })
			made := m.make(t)
			words := []string{made.ID, "was revoked"}
			if fails {
				m.vendor.Fail(vendors.RevokeKey, vendors.Refused(provider.Transient))
				words = []string{made.ID, made.Credential.ID, "not be revoked"}
			}
			refusal := errors.New("no room")
			err := m.forsake(t.Context(), m.ws, m.intent, made, refusal)
			if failure, ok := errors.AsType[*provider.Error](err); !ok || !failure.Uncertain || !errors.Is(err, refusal) || !strings.Contains(failure.Message, made.ID) {
				t.Errorf("got %v", err)
			}
			m.wantEntry(t, made.ID, v1alpha1.OrphanAbandoned, words...)
		})
	}
}

// TestAStoredWorkspaceIsNotForsaken: the write of its vault may have worked although nobody heard of it.
func TestAStoredWorkspaceIsNotForsaken(t *testing.T) {
	m := newMaking(t, func(can *provider.Capabilities) { can.Workspace.OwnCredential, can.Workspace.Delete = true, false })
	made := m.make(t)
	if err := m.storeVault(t.Context(), m.ws, m.intent, made); err != nil {
		t.Fatal(err)
	}
	lost := errors.New("the answer was lost")
	err := m.forsake(t.Context(), m.ws, m.intent, made, lost)
	if failure, ok := errors.AsType[*provider.Error](err); !ok || !failure.Uncertain || !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	if keys := m.vendor.Keys(made.ID); len(keys) != 1 || len(m.book.entries) > 0 {
		t.Errorf("the vendor has the keys %v, and the ledger %v", keys, m.book.entries)
	}
}
