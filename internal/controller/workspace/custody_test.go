package workspace

import (
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	vendors "github.com/workspace-operator/workspace-operator/internal/provider/fake"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// TestCustody: a key goes with nobody left who needs it, and is let alone only for
// one who stays and keeps it as well.
func TestCustody(t *testing.T) {
	going := gen.SetWorkspaceMeta(gen.DeletedAt(now()), gen.Finalizers(v1alpha1.Finalizer))
	has := func(name string, age time.Duration, mods ...gen.WorkspaceModifier) *v1alpha1.Workspace {
		return owner(name, age, "ws-1", mods...)
	}
	for name, row := range map[string]struct {
		uuid   string
		others []*v1alpha1.Workspace
		keys   map[string]string
		want   custody
	}{
		"nobody else has the workspace":               {"ws-1", nil, nil, ours},
		"others have others":                          {"ws-1", []*v1alpha1.Workspace{owner("a", 0, "ws-2")}, map[string]string{"a": "key-1"}, ours},
		"a copy keeps the key as well":                {"ws-1", []*v1alpha1.Workspace{has("a", 0)}, map[string]string{"a": "key-1"}, common},
		"what it is a copy of keeps the key as well":  {"ws-1", []*v1alpha1.Workspace{has("a", 2*time.Hour, elsewhere())}, map[string]string{"a": "key-1"}, common},
		"its own status did not come along":           {"", []*v1alpha1.Workspace{has("a", 0)}, map[string]string{"a": "key-1"}, common},
		"a copy came without the key":                 {"ws-1", []*v1alpha1.Workspace{has("a", 0)}, nil, wanted},
		"a copy keeps another key":                    {"ws-1", []*v1alpha1.Workspace{has("a", 0)}, map[string]string{"a": "key-2"}, wanted},
		"of two copies one keeps it":                  {"ws-1", []*v1alpha1.Workspace{has("a", 0), has("b", 0)}, map[string]string{"b": "key-1"}, common},
		"who keeps it is going as well":               {"ws-1", []*v1alpha1.Workspace{has("a", 0, going)}, map[string]string{"a": "key-1"}, ours},
		"who keeps it is going, and a third needs it": {"ws-1", []*v1alpha1.Workspace{has("a", 0, going), has("b", 0)}, map[string]string{"a": "key-1"}, wanted},
	} {
		doomed := owner("doomed", time.Hour, row.uuid)
		r := among(t, append(row.others, doomed)...)
		r.Namespace = "operator"
		for _, other := range row.others {
			if row.keys[other.Name] != "" {
				store(t, r, other, row.keys[other.Name])
			}
		}
		intent := Intent{Provider: "acme", vault: kept{secret: "0f-9", keyID: "key-1", uuid: "ws-1"}}
		if err := r.spare(t.Context(), doomed, &intent); err != nil || intent.custody != row.want {
			t.Errorf("%s: got %d, %v; want %d", name, intent.custody, err, row.want)
		}
	}
}

// store keeps a key for the Workspace.
func store(t *testing.T, r *Reconciler, ws *v1alpha1.Workspace, keyID string) {
	t.Helper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: vaultName(ws), UID: ws.UID},
		Data:       map[string][]byte{v1alpha1.SecretKeyKeyID: []byte(keyID), v1alpha1.SecretKeyWorkspaceUUID: []byte("ws-1")},
	}
	if err := r.Client.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
}

// TestAKeyIsNotBelievedToBeElsewhere on the word of a cache.
func TestAKeyIsNotBelievedToBeElsewhere(t *testing.T) {
	other, doomed := owner("a", 0, "ws-1"), owner("doomed", time.Hour, "ws-1")
	r := among(t, other, doomed)
	r.Namespace, r.Live = "operator", among(t, doomed).Live
	store(t, r, other, "key-1")
	intent := Intent{Provider: "acme", vault: kept{secret: "0f-9", keyID: "key-1", uuid: "ws-1"}}
	if err := r.spare(t.Context(), doomed, &intent); err != nil || intent.custody != ours {
		t.Errorf("got %d, %v; want it revoked: the other is gone", intent.custody, err)
	}
	broken := errors.New("the API server does not answer")
	r.Live = withoutLists(t, r.Client, broken)
	if err := r.spare(t.Context(), doomed, &intent); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// keeping is a Workspace whose own key is in its vault.
func keeping(t *testing.T) (*making, provider.Workspace) {
	t.Helper()
	m := newMaking(t, func(can *provider.Capabilities) { can.Workspace.OwnCredential, can.Workspace.Delete = true, false })
	m.Recorder = silent{}
	made := m.make(t)
	if err := m.storeVault(t.Context(), m.ws, m.intent, made); err != nil {
		t.Fatal(err)
	}
	var err error
	if m.intent.vault, err = m.inspectVault(t.Context(), m.ws); err != nil {
		t.Fatal(err)
	}
	m.intent.Retain = true
	return m, made
}

// TestNoKeyLivesOnUnknown: when its Workspace has gone it is revoked, kept by another,
// or in the ledger with the Secret that holds it.
func TestNoKeyLivesOnUnknown(t *testing.T) {
	for name, row := range map[string]struct {
		custody          custody
		lives, kept, led bool
	}{
		"nobody else needs it":     {ours, false, false, false},
		"another keeps it as well": {common, true, false, false},
		"another needs it":         {wanted, true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			m, made := keeping(t)
			if m.intent.custody = row.custody; row.custody == ours {
				var err error
				if m.intent.own, err = m.Broker.OpenOwn(t.Context(), m.intent.class, vaultName(m.ws)); err != nil {
					t.Fatal(err)
				}
			}
			m.book.full = row.led
			last := plan.Step{Verb: plan.Remove, Last: true}
			if err := m.remove(t.Context(), m.ws, m.intent, Sight{}, last); row.led && !errors.Is(err, errFull) || !row.led && err != nil {
				t.Fatalf("got %v", err)
			}
			if m.book.full = false; row.led {
				if err := m.remove(t.Context(), m.ws, m.intent, Sight{}, last); err != nil {
					t.Fatal(err)
				}
				m.wantEntry(t, made.ID, v1alpha1.OrphanAbandoned, made.Credential.ID, vaultName(m.ws), "another Workspace", "remove the Secret")
			}
			vault, err := m.inspectVault(t.Context(), m.ws)
			if lives := len(m.vendor.Keys(made.ID)) > 0; err != nil || vault.held() != row.kept || lives != row.lives || len(m.book.entries) > 0 != row.led {
				t.Errorf("it lives: %t, the vault is there: %t (%v), the ledger has %v", lives, vault.held(), err, m.book.entries)
			}
		})
	}
}

// TestAKeyThatOutlivesItsRetainedWorkspace is in the ledger with the Secret it is in.
func TestAKeyThatOutlivesItsRetainedWorkspace(t *testing.T) {
	m, made := keeping(t)
	var err error
	if m.intent.own, err = m.Broker.OpenOwn(t.Context(), m.intent.class, vaultName(m.ws)); err != nil {
		t.Fatal(err)
	}
	m.intent.Insists = true
	m.vendor.Fail(vendors.RevokeKey, vendors.Refused(provider.Transient))
	if err := m.remove(t.Context(), m.ws, m.intent, Sight{}, plan.Step{Verb: plan.Remove, Last: true}); err != nil {
		t.Fatal(err)
	}
	m.wantEntry(t, made.ID, v1alpha1.OrphanAbandoned, made.Credential.ID, vaultName(m.ws), "remove the Secret")
	m.book.refuse = 1
	m.vendor.Fail(vendors.RevokeKey, vendors.Refused(provider.Transient))
	if err := m.remove(t.Context(), m.ws, m.intent, Sight{}, plan.Step{Verb: plan.Remove, Last: true}); !errors.Is(err, errFull) {
		t.Errorf("got %v from a ledger that takes nothing: the object would go with its key unaccounted for", err)
	}
}

type silent struct{}

func (silent) Eventf(runtime.Object, runtime.Object, string, string, string, string, ...any) {}
