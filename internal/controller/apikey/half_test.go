package apikey

import (
	"testing"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/fake"
)

// TestHalfALookTellsNothing: where there is no list, the keys that are known are read one
// by one. After a crash just behind the write of the Secret status alone knows the key that was
// replaced; if the new one is seen and the other is not, status must go on knowing it.
func TestHalfALookTellsNothing(t *testing.T) {
	const old = "key-9" // comes after the new one in the order of reading
	for read := range 3 {
		w := inOverlap(t, provider.RecoverNever)
		replaced := numbered(1)
		replaced.ID = old
		w.vendor.AddKey(workspaceID, replaced, "old")
		w.key.Status.KeyID, w.key.Status.DisplayName, w.key.Status.Retiring = old, replaced.Name, nil
		w.key.Status.Fingerprint = provider.Fingerprint("uid-1", provider.NewSecret("old"))
		w.secret.Annotations[v1alpha1.AnnotationFingerprint] = provider.Fingerprint("uid-1", provider.NewSecret("value"))
		w.secret.Annotations[v1alpha1.AnnotationKeyName] = numbered(2).Name
		w.key.Status.Attempt = &v1alpha1.Attempt{StartedAt: at(0), Name: numbered(2).Name}
		for range read {
			w.vendor.Fail(fake.GetKey, fake.Fault{})
		}
		w.vendor.Fail(fake.GetKey, fake.Lost())
		made := w.decide()
		(&Reconciler{}).Report(w.key, made)
		known := recorded(w.key)
		whole := read == 2 // there are two to read
		if (made.Sight.Err == nil) != whole {
			t.Fatalf("after %d answers the look ends with %v", read, made.Sight.Err)
		}
		if !whole && (w.key.Status.KeyID != old || len(made.Sight.Marked) > 0) {
			t.Errorf("after %d of 2 answers the look tells of %d keys, and status knows %v; want none, and what it knew before", read, len(made.Sight.Marked), known)
		}
		if whole && (len(known) != 2 || known[0] != "key-2" || known[1] != old) {
			t.Errorf("after a whole look status knows %v, want the new key and the one it replaced", known)
		}
	}
}
