package main

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// personInterval is how often somebody looks whether he is asked for anything.
const personInterval = 3 * time.Second

// unknown is a call of which an object says that nobody knows what became.
type unknown struct {
	object  client.Object
	kind    string // workspaces or keys
	attempt *v1alpha1.Attempt
}

// settle does what a person does where nobody can find out what a call did: he looks into the vendor's console, removes there what nobody has, and says that there is
// nothing. What does not work now, because a server is away, works the next time.
func (s *soak) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	workspaces, keys := &v1alpha1.WorkspaceList{}, &v1alpha1.ApiKeyList{}
	if s.h.Client.List(ctx, workspaces) != nil || s.h.Client.List(ctx, keys) != nil {
		return
	}
	var open []unknown
	for i := range workspaces.Items {
		ws := &workspaces.Items[i]
		open = append(open, unknown{object: ws, kind: "workspaces", attempt: ws.Status.Attempt})
	}
	for i := range keys.Items {
		key := &keys.Items[i]
		open = append(open, unknown{object: key, kind: "keys", attempt: key.Status.Attempt})
	}
	for _, each := range open {
		place := s.places.in(each.object.GetNamespace())
		if place == nil || !each.attempt.Open() || !saysUnknown(each.object) {
			continue
		}
		// What comes after the word was given is the operator's, and none of this call.
		if each.object.GetAnnotations()[v1alpha1.AnnotationDoesNotExist] != engine.DenialOf(each.attempt) {
			s.deny(ctx, place, each)
		}
	}
}

// saysUnknown: in Ready, or of what has what it needs, in Synced.
func saysUnknown(object client.Object) bool {
	return harness.HasReason(object, v1alpha1.ConditionReady, v1alpha1.ReasonOutcomeUnknown) || harness.HasReason(object, v1alpha1.ConditionSynced, v1alpha1.ReasonOutcomeUnknown)
}

func (s *soak) deny(ctx context.Context, p *place, open unknown) {
	held, err := s.held(ctx, p.namespace)
	if err != nil {
		return
	}
	state, err := s.vendors.state(ctx)
	if err != nil {
		return
	}
	have, err := holdingsOf(state[p.vendor])
	if err != nil {
		return
	}
	things := have.keys
	if open.kind == "workspaces" {
		things = have.workspaces
	}
	for _, thing := range things {
		if thing.Gone != nil || thing.Name != open.attempt.Name || held[thing.ID] {
			continue
		}
		if s.vendors.remove(ctx, p.vendor, open.kind, thing.ID) != nil {
			return
		}
		s.report.count(removedByPerson)
	}
	p.deny(open.object.GetUID())
	s.report.count(settled)
	s.annotate(ctx, open.object, v1alpha1.AnnotationDoesNotExist, engine.DenialOf(open.attempt))
}

// held are the vendor's ids that somebody in the namespace has.
func (s *soak) held(ctx context.Context, namespace string) (map[string]bool, error) {
	held := map[string]bool{}
	secrets, keys, workspaces := &corev1.SecretList{}, &v1alpha1.ApiKeyList{}, &v1alpha1.WorkspaceList{}
	for _, list := range []client.ObjectList{secrets, keys, workspaces} {
		if err := s.h.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return nil, err
		}
	}
	for i := range secrets.Items {
		if metav1.GetControllerOf(&secrets.Items[i]) != nil {
			held[string(secrets.Items[i].Data[v1alpha1.SecretKeyKeyID])] = true
		}
	}
	for _, key := range keys.Items {
		held[key.Status.KeyID] = true
		for _, old := range key.Status.Retiring {
			held[old.KeyID] = true
		}
	}
	for _, ws := range workspaces.Items {
		held[ws.Status.UUID] = true
	}
	return held, nil
}

// annotate sets an annotation; what fails is done the next time.
func (s *soak) annotate(ctx context.Context, object client.Object, name, value string) {
	patch := []byte(`{"metadata":{"annotations":{"` + name + `":"` + value + `"}}}`)
	_ = s.h.Client.Patch(ctx, object, client.RawPatch(types.MergePatchType, patch))
}

// clearLedger does what docs/orphans.md asks of a person: he removes at the vendor what an entry is about, and then the entry, where it does not go by itself.
func (s *soak) clearLedger(ctx context.Context) error {
	state, err := s.vendors.state(ctx)
	if err != nil {
		return err
	}
	entries := &v1alpha1.OrphanList{}
	if err := s.h.Client.List(ctx, entries); err != nil {
		return err
	}
	for i := range entries.Items {
		entry := &entries.Items[i]
		s.report.count(ledgerEntries)
		have, err := holdingsOf(state[entry.Spec.Provider])
		if err != nil {
			return err
		}
		kind, things := "keys", have.keys
		if entry.Spec.Object.Kind == "Workspace" {
			kind, things = "workspaces", have.workspaces
		}
		about := &invariant.Evidence{Vendor: entry.Spec.Provider, Ledger: []v1alpha1.OrphanSpec{entry.Spec}}
		for _, thing := range things {
			if thing.Gone == nil && about.GivenUp(entry.Spec.Object.Kind, thing) {
				if err := s.vendors.remove(ctx, entry.Spec.Provider, kind, thing.ID); err != nil {
					return err
				}
				s.report.count(removedByPerson)
			}
		}
		if err := client.IgnoreNotFound(s.h.Client.Delete(ctx, entry)); err != nil {
			return err
		}
	}
	return nil
}
