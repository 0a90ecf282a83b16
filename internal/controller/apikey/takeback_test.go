package apikey

import (
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
)

// TestAKeyThatTheSecretHasComeToHold: between the look and the revocation another operator may have stored the key, where only the list tells its id under its name.
func TestAKeyThatTheSecretHasComeToHold(t *testing.T) {
	doomed := provider.Key{ID: "id-1", Name: "ci-1"}
	byID := func(id string) publish.Found {
		return publish.Found{State: plan.SecretOurs, KeyID: id, KeyName: "ci-1"}
	}
	byName := func(name string) publish.Found { return publish.Found{State: plan.SecretOurs, KeyName: name} }
	for name, c := range map[string]struct {
		before, found publish.Found
		want          bool
	}{
		"there is none":                        {publish.Found{State: plan.SecretAbsent}, publish.Found{State: plan.SecretAbsent}, false},
		"it has its id":                        {publish.Found{State: plan.SecretAbsent}, byID("id-1"), true},
		"it has another id":                    {publish.Found{State: plan.SecretAbsent}, byID("id-2"), false},
		"it has its name":                      {publish.Found{State: plan.SecretAbsent}, byName("ci-1"), true},
		"it has another name":                  {publish.Found{State: plan.SecretAbsent}, byName("ci-2"), false},
		"it had another name":                  {byName("ci-2"), byName("ci-1"), true},
		"it had its name, which two keys have": {byName("ci-1"), byName("ci-1"), false},
		"it is somebody else's":                {publish.Found{State: plan.SecretAbsent}, publish.Found{State: plan.SecretForeign, KeyID: "id-1"}, false},
	} {
		if got := cameToHold(c.before, c.found, doomed); got != c.want {
			t.Errorf("%s: it holds the key: %t, want %t", name, got, c.want)
		}
	}
}
