package apikey

import (
	"errors"
	"testing"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/fake"
)

// refuses are the ways in which no key is to be had although the vendor answers.
func refuses() map[string]func(*world) {
	return map[string]func(*world){
		v1alpha1.ReasonUnsupported: func(w *world) {
			can := fake.Everything()
			can.Key.Recovery, can.Key.Fields = w.vendor.Capabilities().Key.Recovery, []string{"displayName"}
			w.vendor = fake.New(w.vendor.Name(), can)
			w.stock()
			w.key.Spec.Action = "read"
		},
		v1alpha1.ReasonNotAllowed:      func(w *world) { w.class.Spec.KeyPolicy = &v1alpha1.KeyPolicy{RequireIPAllowlist: v1alpha1.Enabled} },
		v1alpha1.ReasonClassNotAllowed: func(w *world) { w.class.Spec.AllowedNamespaces = nil },
		v1alpha1.ReasonWorkspaceDeleting: func(w *world) {
			w.ws.DeletionTimestamp, w.ws.Finalizers = new(at(0)), []string{v1alpha1.Finalizer}
		},
	}
}

// TestWhatIsRefusedIsRevokedInTime: whoever has a key refused, by the spec, by the
// class or by the Workspace, does not keep those alive whose time is over.
func TestWhatIsRefusedIsRevokedInTime(t *testing.T) {
	for _, recovery := range []provider.Recovery{provider.RecoverByMark, provider.RecoverNever} {
		for reason, refuse := range refuses() {
			t.Run(reason+" "+string(recovery), func(t *testing.T) {
				w := inOverlap(t, recovery)
				refuse(w)
				w.wantStep(plan.Stay, "", reason)
				w.due()
				w.wantStep(plan.Remove, "key-1", reason)
				w.vendor.RemoveKey("key-1")
				w.wantStep(plan.Stay, "", reason)
				w.secret = nil
				w.wantStep(plan.Stay, "", reason)
			})
		}
	}
}

// TestASecretOfSomebodyElseSparesNoKey: a tenant can write an id into any Secret.
func TestASecretOfSomebodyElseSparesNoKey(t *testing.T) {
	for _, recovery := range []provider.Recovery{provider.RecoverByMark, provider.RecoverNever} {
		w := inOverlap(t, recovery)
		w.secret.OwnerReferences, w.secret.Data["keyID"] = nil, []byte("key-1")
		w.wantStep(plan.Stay, "", v1alpha1.ReasonSecretConflict)
		w.due()
		w.wantStep(plan.Remove, "key-1", v1alpha1.ReasonSecretConflict)
	}
}

// TestWhatIsRefusedLeavesNoStray: nor does a key stay that was lost in a crash.
func TestWhatIsRefusedLeavesNoStray(t *testing.T) {
	for reason, refuse := range refuses() {
		w := inOverlap(t, provider.RecoverByMark)
		refuse(w)
		w.issue(3)
		w.wantStep(plan.Remove, "key-3", reason)
	}
}

// TestARefusalIsToldWhereNobodyCanBeAsked: it is for a person to mend, and the
// vendor's bad night is not.
func TestARefusalIsToldWhereNobodyCanBeAsked(t *testing.T) {
	for reason, refuse := range refuses() {
		for name, spoil := range map[string]func(*world){
			"the credential is lost":        func(w *world) { w.credential = nil },
			"the list fails":                func(w *world) { w.vendor.Fail(fake.ListKeys, fake.Refused(provider.Transient)) },
			"nothing was ever issued":       func(w *world) { w.key.Finalizers, w.key.Status, w.secret = nil, v1alpha1.ApiKeyStatus{}, nil },
			"the Workspace has lost its id": func(w *world) { w.ws.Status.UUID = "" },
		} {
			w := inOverlap(t, provider.RecoverByMark)
			refuse(w)
			spoil(w)
			w.due()
			step := w.decide().Step
			var got string
			if impasse, ok := errors.AsType[*plan.Impasse](step.Err); ok {
				got = impasse.Reason
			} else if problem, ok := errors.AsType[*account.Problem](step.Err); ok {
				got = problem.Reason
			}
			if step.Verb != plan.Stay || got != reason && w.ws.Status.UUID != "" {
				t.Errorf("%s, and %s: got %s for reason %q", reason, name, step.Verb, got)
			}
		}
	}
}

func (w *world) wantStep(verb plan.Verb, target, reason string) {
	w.Helper()
	if step := w.decide().Step; step.Verb != verb || step.Target != target || step.Reason != reason || step.State != plan.Blocked {
		w.Errorf("%s: got %s %s, and the ApiKey %s for reason %s (%v); want %s %s", reason, step.Verb, step.Target, step.State, step.Reason, step.Err, verb, target)
	}
}
