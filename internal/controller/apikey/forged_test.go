package apikey

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// Whoever may write to the Secret can write any of its annotations.

// TestASecretDoesNotChooseNumbers: a number that no key can follow would leave the
// next one without a mark.
func TestASecretDoesNotChooseNumbers(t *testing.T) {
	named := func(serial string) string { return "ci-" + mark().Owner() + "-" + serial }
	for name, row := range map[string]struct {
		status, attempt, secret string
		marked                  []provider.Key
		want                    int
	}{
		"nothing was issued":                      {"", "", "", nil, 0},
		"the one in status":                       {named("3"), "", named("3"), nil, 3},
		"the one that was tried":                  {named("3"), named("4"), named("3"), nil, 4},
		"one that the vendor shows":               {named("3"), "", named("3"), []provider.Key{numbered(5)}, 5},
		"one that was stored just before a crash": {named("3"), "", named("4"), nil, 4},
		"the same of the first":                   {"", "", named("1"), nil, 1},
		"after one that was tried":                {named("3"), named("4"), named("5"), nil, 5},
		"one of nobody's making":                  {named("3"), "", named("9"), nil, 3},
		"one that no other can follow":            {named("3"), "", named("zik0zj"), nil, 3},
		"the vendor shows somebody else's":        {named("3"), "", "", []provider.Key{{Mark: provider.MarkFor("uid-2").WithSerial(7)}}, 3},
		"the Secret names somebody else's":        {"", "", "ci-" + provider.MarkFor("uid-2").WithSerial(1).String(), nil, 0},
	} {
		key := gen.ApiKey("ci")
		key.Status.DisplayName = row.status
		if row.attempt != "" {
			key.Status.Attempt = &v1alpha1.Attempt{Name: row.attempt}
		}
		sight := Sight{Secret: publish.Found{State: plan.SecretOurs, KeyName: row.secret}, Marked: row.marked}
		if got := lastSerial(key, ask(key), sight); got != row.want {
			t.Errorf("%s: got %d, want %d", name, got, row.want)
		}
	}
}

// TestASecretDoesNotHoldUpADeletion: its time of issue may be renewed for ever.
func TestASecretDoesNotHoldUpADeletion(t *testing.T) {
	r := &Reconciler{Now: now}
	renewed := publish.Found{State: plan.SecretOurs, KeyID: "key-1", IssuedAt: now()}
	key := gen.ApiKey("ci")
	key.Status.KeyID, key.Status.CreatedAt = "key-1", new(at(-time.Hour))
	if got := r.unsettled(key, renewed); got <= 0 {
		t.Errorf("a key that was stored just now counts as settled: %s", got)
	}
	key.DeletionTimestamp = new(metav1.NewTime(now()))
	if got := r.unsettled(key, renewed); got > 0 {
		t.Errorf("the deletion waits %s", got)
	}
	key.Status.CreatedAt = new(at(-time.Second))
	if got := r.unsettled(key, renewed); got <= 0 {
		t.Error("what status says of a new key is not believed")
	}
}

// TestASecretDoesNotSpoilStatus: the API server refuses an echo that is too long.
func TestASecretDoesNotSpoilStatus(t *testing.T) {
	f := onePass(plan.Stay, holding("key-1", numbered(1)), func(f *facts) { f.Sight.Secret.RotatedFor = strings.Repeat("x", 300) })
	key := gen.ApiKey("ci")
	(&Reconciler{}).Report(key, f)
	if got := len(key.Status.LastHandledRotateAt); got != 256 {
		t.Errorf("the echo has %d characters, want 256", got)
	}
}
