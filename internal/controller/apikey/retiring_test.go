package apikey

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// TestRetiring: which key the live one has replaced, and until when it lives on.
// The live one is the third, stored ten minutes ago; the overlap is an hour.
func TestRetiring(t *testing.T) {
	const overlap = time.Hour
	until := func(id string, after time.Duration) []v1alpha1.RetiringKey {
		return []v1alpha1.RetiringKey{{KeyID: id, RevokeAt: at(after)}}
	}
	regular := overlap - 10*time.Minute + time.Second
	status := func(live string, retiring ...v1alpha1.RetiringKey) func(*v1alpha1.ApiKey) {
		return func(key *v1alpha1.ApiKey) {
			key.Status.KeyID, key.Status.Retiring = live, retiring
			if live == "key-3" {
				key.Status.DisplayName = numbered(3).Name
			}
		}
	}
	stored := func(change func(*publish.Found)) publish.Found {
		found := publish.Found{State: plan.SecretOurs, KeyID: "key-3", KeyName: numbered(3).Name, IssuedAt: now().Add(-10 * time.Minute)}
		change(&found)
		return found
	}
	third := stored(func(*publish.Found) {})
	renamed := func(serial int) provider.Key {
		key := numbered(serial)
		key.Name, key.Mark = "mine", provider.Mark{}
		return key
	}
	ending := numbered(2)
	ending.ExpiresAt = now().Add(5 * time.Minute)
	for name, row := range map[string]struct {
		status func(*v1alpha1.ApiKey)
		secret publish.Found
		marked []provider.Key
		want   []v1alpha1.RetiringKey
	}{
		"nothing else lives":                        {status("key-3"), third, []provider.Key{numbered(3)}, nil},
		"the one before":                            {status("key-3", until("key-2", regular)...), third, []provider.Key{numbered(2), numbered(3)}, until("key-2", regular)},
		"the list does not show the live one yet":   {status("key-3", until("key-2", regular)...), third, []provider.Key{numbered(2)}, until("key-2", regular)},
		"status was lost: of several the latest":    {status(""), third, []provider.Key{numbered(1), numbered(3), numbered(2)}, until("key-2", regular)},
		"a newer one was lost on its way":           {status("key-3"), third, []provider.Key{numbered(3), numbered(4)}, nil},
		"one of its own number too":                 {status("key-3"), third, []provider.Key{numbered(3), {ID: "twin", Mark: numbered(3).Mark}}, nil},
		"status has not heard of the live one":      {status("key-1"), third, []provider.Key{numbered(1), numbered(2), numbered(3)}, until("key-1", regular)},
		"one that came to light late takes no time": {status("key-3", until("key-1", regular)...), third, []provider.Key{numbered(1), numbered(2), numbered(3)}, until("key-1", regular)},
		"it was renamed at the vendor":              {status("key-3", until("key-2", regular)...), third, []provider.Key{renamed(2), numbered(3)}, until("key-2", regular)},
		"the live one was renamed at the vendor":    {status("key-3", until("key-2", regular)...), stored(func(f *publish.Found) { f.KeyName = "mine" }), []provider.Key{numbered(2), renamed(3)}, until("key-2", regular)},
		"its end comes first":                       {status("key-3"), third, []provider.Key{ending, numbered(3)}, until("key-2", 5*time.Minute)},
		"its time is over, and it lives":            {status("key-3", until("key-2", -time.Hour)...), stored(func(f *publish.Found) { f.IssuedAt = now().Add(-2 * time.Hour) }), []provider.Key{numbered(2), numbered(3)}, until("key-2", -overlap+time.Second)},
		"its time is over, and it has gone":         {status("key-3", until("key-2", -time.Hour)...), third, []provider.Key{numbered(3)}, nil},
		"the Secret tells a time to come":           {status("key-3"), stored(func(f *publish.Found) { f.IssuedAt = now().Add(9 * time.Hour) }), []provider.Key{numbered(2), numbered(3)}, until("key-2", overlap)},
		"it goes on doing so":                       {status("key-3", until("key-2", 20*time.Minute)...), stored(func(f *publish.Found) { f.IssuedAt = now().Add(9 * time.Hour) }), []provider.Key{numbered(2), numbered(3)}, until("key-2", 20*time.Minute)},
		"the Secret tells no time: status does":     {status("key-3"), stored(func(f *publish.Found) { f.IssuedAt = time.Time{} }), []provider.Key{numbered(2), numbered(3)}, until("key-2", overlap-30*time.Minute)},
		"the live one has no id yet":                {status("", until("key-2", regular)...), stored(func(f *publish.Found) { f.KeyID = "" }), []provider.Key{numbered(2), numbered(3)}, until("key-2", regular)},
		"the Secret is lost: what status has stays": {status("key-3", until("key-2", 20*time.Minute)...), publish.Found{State: plan.SecretAbsent}, []provider.Key{numbered(2), numbered(3)}, until("key-2", 20*time.Minute)},
		"the Secret is lost, and its time is over":  {status("key-3", until("key-2", -time.Minute)...), publish.Found{State: plan.SecretAbsent}, []provider.Key{numbered(2)}, until("key-2", -time.Minute)},
		"the Secret is lost, and the key has gone":  {status("key-3", until("key-2", 20*time.Minute)...), publish.Found{State: plan.SecretAbsent}, []provider.Key{numbered(3)}, nil},
		"the Secret is lost, and status knows none": {status("key-3"), publish.Found{State: plan.SecretAbsent}, []provider.Key{numbered(2), numbered(3)}, nil},
		"the Secret is somebody else's":             {status("key-3", until("key-2", 20*time.Minute)...), publish.Found{State: plan.SecretForeign, KeyID: "key-9"}, []provider.Key{numbered(2), numbered(3)}, until("key-2", 20*time.Minute)},
		"the Secret was written over":               {status("key-3", until("key-2", 20*time.Minute)...), publish.Found{State: plan.SecretOurs}, []provider.Key{numbered(2), numbered(3)}, until("key-2", 20*time.Minute)},
		"two that status knows: the later":          {status("key-2", until("key-1", 20*time.Minute)...), third, []provider.Key{numbered(2), numbered(1), numbered(3)}, until("key-2", regular)},
		"somebody else's key is in nobody's way":    {status("key-3"), third, []provider.Key{numbered(3)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			key := rotating(10*time.Hour, overlap, 30*time.Minute, gen.ApiKeyModifier(row.status))
			got := retiring(key, ask(key), Sight{Secret: row.secret, Marked: row.marked}, now())
			if diff := cmp.Diff(row.want, got); diff != "" && len(row.want)+len(got) > 0 {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestLeft: what may live on is told by its time, and what has no time may not.
func TestLeft(t *testing.T) {
	got := left([]v1alpha1.RetiringKey{{KeyID: "key-1", RevokeAt: at(time.Minute)}, {KeyID: "key-2", RevokeAt: at(-time.Minute)}}, now())
	if diff := cmp.Diff(map[string]time.Duration{"key-1": time.Minute, "key-2": -time.Minute}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
