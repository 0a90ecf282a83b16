package apikey

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// TestAKeyThatIsStoredIsOnRecord: the Secret of the former name is not gone with
// its key, and whatever keeps it from being deleted says nothing of the new one.
func TestAKeyThatIsStoredIsOnRecord(t *testing.T) {
	secrets := schema.GroupResource{Resource: "secrets"}
	for name, refusal := range map[string]error{
		"nothing":              nil,
		"an admission policy":  apierrors.NewForbidden(secrets, "ci", errors.New("a policy")),
		"somebody who touches": apierrors.NewConflict(secrets, "ci", errors.New("another write")),
		"a server that stalls": apierrors.NewInternalError(errors.New("etcd is away")),
	} {
		t.Run(name, func(t *testing.T) {
			w := inOverlap(t, provider.RecoverByMark)
			w.due()
			w.key.Status.Retiring = nil
			w.key.Spec.Secret = &v1alpha1.SecretTarget{Name: "second"}
			w.vendor.RemoveKey("key-1")
			w.vendor.RemoveKey("key-2")
			w.undeletable = refusal
			r := w.rig()
			made, err := r.pass(t)
			if err != nil || made.Step.Verb != plan.Create || made.Outlook.After != atOnce {
				t.Fatalf("%s, to be looked at after %s: %v", made.Step.Verb, made.Outlook.After, err)
			}
			status := r.key.Status
			if alive := w.vendor.Keys(workspaceID); len(alive) != 1 || status.KeyID != alive[0].ID || status.Attempt != nil {
				t.Errorf("%d keys, on record is %q with the attempt %v", len(alive), status.KeyID, status.Attempt)
			}
			if status.Binding.Name != "second" || status.Moving != "ci" {
				t.Errorf("it is in %q and %q is to go", status.Binding.Name, status.Moving)
			}
			made, err = r.pass(t)
			if gone := err == nil && r.key.Status.Moving == ""; made.Step.Verb != plan.Publish || gone != (refusal == nil) || r.key.Status.Binding.Name != "second" {
				t.Errorf("then %s: %v; it is in %q and %q is to go", made.Step.Verb, err, r.key.Status.Binding.Name, r.key.Status.Moving)
			}
		})
	}
}
