package main

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// TestBaitCountsWhileItMustStay: it may be laid after the versions were read, and goes with its namespace; in between nobody may touch it.
func TestBaitCountsWhileItMustStay(t *testing.T) {
	bait := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: baitName, UID: "bait", ResourceVersion: "7"}}
	removed := []invariant.Version{{Number: 7, Object: bait}, {Number: 9, Object: bait, Gone: true}}
	broken := func(p *place, versions []invariant.Version) (wrong []string) {
		e := &invariant.Evidence{Vendor: harness.Portkey, Versions: versions}
		p.recall(e)
		for _, check := range invariant.Checks() {
			if check.Number == 6 {
				wrong = check.Holds(e)
			}
		}
		return wrong
	}
	p := newPlace(harness.Portkey, "team")
	p.lay(bait)
	if wrong := broken(p, nil); len(wrong) != 0 {
		t.Errorf("the bait was laid after the versions were read: %q", wrong)
	}
	if wrong := broken(p, removed[:1]); len(wrong) != 0 {
		t.Errorf("nobody has touched the bait: %q", wrong)
	}
	if wrong := broken(p, removed); len(wrong) != 1 {
		t.Errorf("of a bait that was removed it is told %q, want it told once", wrong)
	}
	p.leave()
	if wrong := broken(p, removed); len(wrong) != 0 {
		t.Errorf("the bait goes with its namespace: %q", wrong)
	}
}
