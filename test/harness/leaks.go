package harness

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// Secrets are all credentials and keys that any of the vendors ever knew, some in more than one spelling.
func (v *Vendors) Secrets() []string {
	all := v.Portkey().AdminKeys
	for _, k := range v.Portkey().Keys {
		all = append(all, k.Secret)
	}
	for _, k := range v.Guance().Keys {
		all = append(all, k.SK)
	}
	for _, k := range v.Slaunchx().Keys {
		all = append(all, k.Secret)
	}
	for _, t := range v.Slaunchx().Tokens {
		all = append(all, t.Token, t.ClientHash)
	}
	for _, t := range v.Groundfloor().Tokens {
		all = append(all, t.Value)
	}
	for _, k := range v.Oceanbase().Keys {
		all = append(all, k.Secret)
	}
	for _, k := range v.Oceanbase().AccessKeys {
		_, secret, _ := strings.Cut(k, ":")
		all = append(all, secret, base64.StdEncoding.EncodeToString([]byte(k)))
	}
	return all
}

// Leaks names every place where a person without access to Secrets could read one of the secrets: the operator's log, events, and every object of ours.
func (h *Harness) Leaks(t testing.TB, o *Operator, secrets []string) []string {
	t.Helper()
	if len(secrets) == 0 {
		t.Fatal("there are no secrets to look for")
	}
	places := map[string][]byte{"the log": []byte(o.Log())}
	for name, list := range map[string]client.ObjectList{
		"events": &eventsv1.EventList{}, "Workspaces": &v1alpha1.WorkspaceList{},
		"ApiKeys": &v1alpha1.ApiKeyList{}, "WorkspaceClasses": &v1alpha1.WorkspaceClassList{}, "Orphans": &v1alpha1.OrphanList{},
	} {
		if err := h.Client.List(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		places[name] = text
	}
	found := []string{}
	for place, text := range places {
		for _, secret := range secrets {
			if at := bytes.Index(text, []byte(secret)); secret != "" && at >= 0 {
				found = append(found, fmt.Sprintf("%s shows %s: ...%s...", place, secret, text[max(0, at-200):min(len(text), at+200)]))
			}
		}
	}
	return found
}
