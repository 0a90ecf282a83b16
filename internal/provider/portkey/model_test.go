package portkey

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// model is one object at a vendor that does with a PUT what is documented: what
// is absent stays, null goes away, a value takes its place.
type model struct {
	members map[string]json.RawMessage
	// merges: the members of defaults are taken one by one. The documents do not
	// say whether they are, so both have to do.
	merges bool
	puts   []map[string]json.RawMessage
}

func (m *model) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := []byte(`{}`)
	switch r.Method {
	case http.MethodGet:
		answer = m.text()
	case http.MethodPut:
		var change map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&change); err != nil {
			return nil, err
		}
		m.puts = append(m.puts, change)
		m.apply(change)
	default:
		return nil, fmt.Errorf("%s is no part of the model", r.Method)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(answer)), Request: r}, nil
}

func (m *model) text() []byte {
	text, err := json.Marshal(m.members)
	if err != nil {
		return nil
	}
	return text
}

func (m *model) apply(change map[string]json.RawMessage) {
	for name, value := range change {
		switch {
		case string(value) == "null":
			delete(m.members, name)
		case name == "defaults" && m.merges:
			merged := map[string]json.RawMessage{}
			_ = json.Unmarshal(m.members[name], &merged)
			_ = json.Unmarshal(value, &merged)
			m.members[name], _ = json.Marshal(merged)
		default:
			m.members[name] = value
		}
	}
}

func (m *model) open(t *rapid.T) provider.Session {
	session, err := New().Open(provider.Account{
		Endpoint:   "https://vendor.test/v1",
		Credential: map[string]provider.Secret{"apiKey": provider.NewSecret(adminKey)},
		Transport:  m,
	})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// sent fails the test unless the last call made one change at most, with these
// members and no others.
func (m *model) sent(t *rapid.T, members ...string) {
	switch {
	case len(m.puts) > 1:
		t.Fatalf("%d changes were sent by one call", len(m.puts))
	case len(m.puts) == 0 && len(members) > 0:
		t.Fatalf("nothing was sent; want %v", members)
	case len(m.puts) == 1:
		got := slices.Sorted(maps.Keys(m.puts[0]))
		if slices.Sort(members); !slices.Equal(got, members) {
			t.Fatalf("the change has the members %v, want %v", got, members)
		}
	}
	m.puts = nil
}

func someSpec() *rapid.Generator[provider.WorkspaceSpec] {
	return rapid.Custom(func(t *rapid.T) provider.WorkspaceSpec {
		word := rapid.StringMatching(`[a-zA-Z <>&"é]{0,6}`)
		spec := provider.WorkspaceSpec{DisplayName: word.Draw(t, "name"), Description: word.Draw(t, "description")}
		if rapid.Bool().Draw(t, "with metadata") {
			spec.Metadata = rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", markKey}), rapid.String(), 0, 3).Draw(t, "metadata")
		}
		if rapid.Bool().Draw(t, "with usage limits") {
			spec.UsageLimits = rapid.SliceOfN(someUsage(), 0, 2).Draw(t, "usage")
		}
		if rapid.Bool().Draw(t, "with rate limits") {
			spec.RateLimits = rapid.SliceOfN(someRate(), 0, 2).Draw(t, "rate")
		}
		open := map[string]bool{
			"description": spec.Description == "", "metadata": len(spec.Metadata) == 0,
			"usageLimits": len(spec.UsageLimits) == 0, "rateLimits": len(spec.RateLimits) == 0,
		}
		for _, field := range clearable() {
			if open[field] && rapid.Bool().Draw(t, "clear "+field) {
				spec.Clear = append(spec.Clear, field)
			}
		}
		return spec
	})
}

// updated is what the workspace has to be after the spec, and which members the
// change has to have for it.
func updated(seen provider.Workspace, spec provider.WorkspaceSpec) (provider.Workspace, []string) {
	var members []string
	if spec.DisplayName != "" {
		seen.Name, members = spec.DisplayName, append(members, "name")
	}
	if spec.Description != "" || spec.Clears("description") {
		seen.Description, members = spec.Description, append(members, "description")
	}
	if len(spec.Metadata) > 0 || spec.Clears("metadata") {
		seen.Metadata, members = maps.Clone(spec.Metadata), append(members, "defaults")
		if seen.Metadata == nil {
			seen.Metadata = map[string]string{}
		}
		delete(seen.Metadata, markKey)
	}
	if len(spec.UsageLimits) > 0 || spec.Clears("usageLimits") {
		seen.UsageLimits, members = spec.UsageLimits, append(members, "usage_limits")
	}
	if len(spec.RateLimits) > 0 || spec.Clears("rateLimits") {
		seen.RateLimits, members = spec.RateLimits, append(members, "rate_limits")
	}
	return seen, members
}

// After any updates, the workspace is what the specs said last, field by field,
// and has nothing where they cleared it; what they left open, the mark and what is none of our business is untouched.
func TestUpdatesOfAWorkspaceAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vendor := &model{merges: rapid.Bool().Draw(t, "merges"), members: map[string]json.RawMessage{
			"id": []byte(`"w"`), "name": []byte(`"first"`),
			"defaults": []byte(`{"metadata":{"x":"y","` + markKey + `":"` + mark.Owner() + `"},"input_guardrails":["pg-1"],"user_api_key_config":"pc-1"}`),
		}}
		session := vendor.open(t)
		expected := provider.Workspace{ID: "w", Name: "first", Mark: mark, Metadata: map[string]string{"x": "y"}}
		for _, spec := range rapid.SliceOfN(someSpec(), 1, 6).Draw(t, "specs") {
			var members []string
			expected, members = updated(expected, spec)
			if err := session.Workspaces().Update(t.Context(), "w", spec); err != nil {
				t.Fatal(err)
			}
			vendor.sent(t, members...)
			got, err := session.Workspaces().Get(t.Context(), "w")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(expected, got, opaque()); diff != "" {
				t.Fatalf("after %+v (-want +got):\n%s", spec, diff)
			}
		}
		for _, others := range []string{`"input_guardrails":["pg-1"]`, `"user_api_key_config":"pc-1"`} {
			if text := string(vendor.text()); !strings.Contains(text, others) {
				t.Fatalf("the defaults have lost %s: %s", others, text)
			}
		}
	})
}

func someKeySpec() *rapid.Generator[provider.KeySpec] {
	return rapid.Custom(func(t *rapid.T) provider.KeySpec {
		spec := provider.KeySpec{
			DisplayName: rapid.StringMatching(`[a-z<>&"é]{0,6}`).Draw(t, "name"),
			UsageLimits: rapid.SliceOfN(someUsage(), 0, 1).Draw(t, "usage"),
		}
		if len(spec.UsageLimits) == 0 {
			spec.UsageLimits = nil // there is no way to take it off
		}
		if rapid.Bool().Draw(t, "with scopes") {
			spec.Scopes = rapid.SliceOfN(rapid.SampledFrom([]string{"logs.view", "completions.write"}), 1, 2).Draw(t, "scopes")
		}
		if rapid.Bool().Draw(t, "with rate limits") {
			spec.RateLimits = rapid.SliceOfN(someRate(), 0, 2).Draw(t, "rate")
		}
		if rapid.Bool().Draw(t, "with an end") {
			spec.ExpiresAt = time.Unix(rapid.Int64Range(1, 4e9).Draw(t, "end"), 0).UTC()
		}
		return spec
	})
}

func amended(seen provider.Key, spec provider.KeySpec) (provider.Key, []string) {
	var members []string
	if name := keyName(spec.DisplayName, seen.Mark); spec.DisplayName != "" && name != seen.Name {
		seen.Name, members = name, append(members, "name")
	}
	if spec.Scopes != nil {
		seen.Scopes, members = spec.Scopes, append(members, "scopes")
	}
	if spec.UsageLimits != nil {
		seen.UsageLimits, members = spec.UsageLimits, append(members, "usage_limits")
	}
	if spec.RateLimits != nil {
		seen.RateLimits, members = spec.RateLimits, append(members, "rate_limits")
	}
	if !spec.ExpiresAt.IsZero() {
		seen.ExpiresAt, members = spec.ExpiresAt, append(members, "expires_at")
	}
	return seen, members
}

// The same of a key. Its name changes, and its mark never does.
func TestChangesOfAKeyAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		second := mark.WithSerial(2)
		const metadata = `{"metadata":{"team":"backend"},"config_id":"config-abc"}`
		vendor := &model{members: map[string]json.RawMessage{
			"id": []byte(`"k"`), "key": []byte(`"p***k"`), "name": []byte(`"ci-` + second.String() + `"`), "scopes": []byte(`["a"]`), "defaults": []byte(metadata),
		}}
		session := vendor.open(t)
		expected := provider.Key{ID: "k", Name: "ci-" + second.String(), Mark: second, Scopes: []string{"a"}}
		for _, spec := range rapid.SliceOfN(someKeySpec(), 1, 6).Draw(t, "specs") {
			var members []string
			expected, members = amended(expected, spec)
			if err := session.Keys().Amend(t.Context(), "w", "k", spec); err != nil {
				t.Fatal(err)
			}
			vendor.sent(t, members...)
			got, err := session.Keys().Get(t.Context(), "w", "k")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(expected, got, opaque()); diff != "" {
				t.Fatalf("after %+v (-want +got):\n%s", spec, diff)
			}
		}
		if string(vendor.members["defaults"]) != metadata {
			t.Fatalf("the metadata of the key are none of our business, and now they are %s", vendor.members["defaults"])
		}
	})
}
