package portkey

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

// The vendor's schema promises whole workspaces in a list, its example shows
// short ones. What is not shown is not taken for nothing.
func TestAListSaysWhatItLeavesOut(t *testing.T) {
	const metadata, usage, rate = `"defaults":{"metadata":{}}`, `"usage_limits":[]`, `"rate_limits":[]`
	tests := map[string]struct {
		members       []string
		brief, unread bool
	}{
		"the documented example": {nil, true, true},
		"the documented schema":  {[]string{metadata, usage, rate}, false, false},
		"no metadata":            {[]string{usage, rate}, true, true},
		"metadata of null":       {[]string{`"defaults":{"metadata":null}`, usage, rate}, true, true},
		"defaults of null":       {[]string{`"defaults":null`, usage, rate}, true, true},
		"no usage limits":        {[]string{metadata, rate}, true, false},
		"no rate limits":         {[]string{metadata, usage}, true, false},
		"limits of null":         {[]string{metadata, `"usage_limits":null`, `"rate_limits":null`}, false, false},
		"limits of all sorts":    {[]string{metadata, `"usage_limits":{}`, `"rate_limits":"none"`}, false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text := "{" + strings.Join(append([]string{`"id":"w"`, `"name":"a"`}, test.members...), ",") + "}"
			session := play(t,
				conformance.Exchange{Method: "GET", URI: allWorkspaces, Answer: `{"total":1,"data":[` + text + `]}`},
				conformance.Exchange{Method: "GET", URI: "/admin/workspaces/w", Answer: text})
			for listed, err := range session.Workspaces().List(t.Context(), provider.WorkspaceFilter{}) {
				if err != nil || listed.Brief != test.brief || listed.MarkUnread != test.unread {
					t.Errorf("in a list it is brief %v, unread %v, %v; want %v, %v", listed.Brief, listed.MarkUnread, err, test.brief, test.unread)
				}
			}
			// What the answer about one workspace does not show is not there.
			if alone, err := session.Workspaces().Get(t.Context(), "w"); err != nil || alone.Brief || alone.MarkUnread {
				t.Errorf("alone it is brief %v, unread %v, %v; want neither", alone.Brief, alone.MarkUnread, err)
			}
		})
	}
}

// A workspace that exists is taken over by its id or by its slug, whichever the
// tenant knows.
func TestImport(t *testing.T) {
	const text = `{"id":"0c1e1f0e-7a57-4b8c-9a3f-2f6f5b2f9f11","slug":"ws-team-a-174eb1","name":"Team A","description":"by hand",
		"defaults":{"metadata":{"team":"a"},"is_default":0},"usage_limits":[{"type":"cost","credit_limit":10.0}],"rate_limits":[],"users":[]}`
	want := provider.Workspace{
		ID: "0c1e1f0e-7a57-4b8c-9a3f-2f6f5b2f9f11", Slug: "ws-team-a-174eb1", Name: "Team A", Description: "by hand",
		Metadata: map[string]string{"team": "a"}, UsageLimits: []provider.UsageLimit{{Type: "Cost", CreditLimit: 10}},
	}
	for _, id := range []string{want.ID, want.Slug} {
		session := play(t, conformance.Exchange{Method: "GET", URI: "/admin/workspaces/" + id, Answer: text})
		got, err := session.Workspaces().Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, opaque()); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", id, diff)
		}
		if !got.Mark.IsZero() {
			t.Errorf("by %s: it has the mark %v, and nobody of ours made it", id, got.Mark)
		}
	}
}

// A slug is shown in a status and compared with ids: it has to be fit for that.
func TestASlugIsKeptOnlyIfItCanBe(t *testing.T) {
	tests := map[string]struct{ slug, want string }{
		"documented":   {`"ws-test-a-174eb1"`, "ws-test-a-174eb1"},
		"absent":       {`null`, ""},
		"empty":        {`""`, ""},
		"a number":     {`7`, "7"},
		"unprintable":  {`"a\u0000b"`, ""},
		"leads away":   {`"../keys"`, ""},
		"a kilobyte":   {`"` + strings.Repeat("x", 1024) + `"`, ""},
		"a line break": {`"a\nb"`, ""},
	}
	for name, test := range tests {
		var w workspace
		decode(t, `{"id":"w","slug":`+test.slug+`}`, &w)
		if got := w.observed(true).Slug; got != test.want {
			t.Errorf("%s: the slug is %q, want %q", name, got, test.want)
		}
	}
}
