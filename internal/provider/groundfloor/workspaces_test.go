package groundfloor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

func creation(name, region, slug string) string {
	return fmt.Sprintf(`{"account_id":%q,"name":%q,"region":%q,"slug":%q}`, accountID, name, region, slug)
}

func TestCreateWorkspace(t *testing.T) {
	tests := map[string]struct {
		spec provider.WorkspaceSpec
		body string
		slug string
		mark provider.Mark
	}{
		"a slug with the mark": {
			provider.WorkspaceSpec{DisplayName: "Team A", Region: "us-east-1"},
			creation("Team A", "us-east-1", "team-a-"+theMark().Owner()), "team-a-" + theMark().Owner(), theMark(),
		},
		"a slug that is named": {
			provider.WorkspaceSpec{DisplayName: "Team A", Region: "us-east-1", Slug: "team-a"},
			creation("Team A", "us-east-1", "team-a"), "team-a", provider.Mark{},
		},
		"a name in full, a slug in short": {
			provider.WorkspaceSpec{DisplayName: strings.Repeat("Ab ", 60), Region: "eu"},
			creation(strings.Repeat("Ab ", 60), "eu", strings.TrimRight(strings.Repeat("ab-", 16)[:46], "-")+"-"+theMark().Owner()),
			strings.TrimRight(strings.Repeat("ab-", 16)[:46], "-") + "-" + theMark().Owner(), theMark(),
		},
		"what the vendor has no place for": {
			provider.WorkspaceSpec{
				DisplayName: "x", Region: "r", Slug: "s", Description: "d", Language: "en", Metadata: map[string]string{"a": "b"},
				UsageLimits: []provider.UsageLimit{{CreditLimit: 1}}, RateLimits: []provider.RateLimit{{Value: 1}}, Frozen: new(true),
			},
			creation("x", "r", "s"), "s", provider.Mark{},
		},
		"characters that HTML would escape": {
			provider.WorkspaceSpec{DisplayName: "R&D <eu>", Region: "r", Slug: "s"},
			creation("R&D <eu>", "r", "s"), "s", provider.Mark{},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			session := play(t, conformance.Exchange{Method: "POST", URI: pathAll, Body: test.body, Status: 202, Answer: fixture(t, "create-response.json")})
			got, err := session.Workspaces().Create(t.Context(), theMark(), test.spec)
			if err != nil {
				t.Fatal(err)
			}
			want := provider.Workspace{
				ID: "8ca7d2a2-0000-4000-8000-000000000001", ProvisioningRunID: "8ca7d2a2-0000-4000-8000-00000000000a",
				Slug: test.slug, Name: test.spec.DisplayName, Mark: test.mark, Region: test.spec.Region, AccountID: accountID, Pending: true, Brief: true,
			}
			if diff := cmp.Diff(want, got, opaque()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreateTakesEverySuccess(t *testing.T) {
	for status, answer := range map[int]string{200: item("w1", "s", "active"), 201: item("w1", "s", "provisioning"), 202: `{"workspace_id":"w1"}`} {
		session := play(t, conformance.Exchange{Method: "POST", URI: pathAll, Body: creation("x", "r", "s"), Status: status, Answer: answer})
		got, err := session.Workspaces().Create(t.Context(), theMark(), provider.WorkspaceSpec{DisplayName: "x", Region: "r", Slug: "s"})
		if err != nil || got.ID != "w1" || got.Slug != "s" || got.Pending != (status != 200) {
			t.Errorf("%d %s: got %+v, %v", status, answer, got, err)
		}
	}
}

// A success is the vendor's word. An error after it would be taken for an answer
// that is lost, and a second workspace would be made.
func TestAnAcceptedCreationIsNoError(t *testing.T) {
	for _, status := range []int{200, 201, 202} {
		for _, answer := range []string{`{}`, `null`, `[]`, `""`, `true`, `{"workspace_id":"../x"}`, `{"workspace_id":["w"]}`, `{"id":{}}`, `{"detail":"x","code":"y"}`} {
			session := play(t, conformance.Exchange{Method: "POST", URI: pathAll, Body: creation("x", "r", "s"), Status: status, Answer: answer})
			got, err := session.Workspaces().Create(t.Context(), theMark(), provider.WorkspaceSpec{DisplayName: "x", Region: "r", Slug: "s"})
			if err != nil {
				t.Errorf("%d %s: %v", status, answer, err)
				continue
			}
			want := provider.Workspace{Slug: "s", Name: "x", Region: "r", AccountID: accountID, Pending: true, Brief: true}
			if diff := cmp.Diff(want, got, opaque()); diff != "" {
				t.Errorf("%d %s (-want +got):\n%s", status, answer, diff)
			}
		}
	}
}

// Only the run is promised by the page that documents the call; the workspace
// is then found by its slug.
func TestAWorkspaceWithoutAnIDIsFoundByItsMark(t *testing.T) {
	slug := "x-" + theMark().Owner()
	session := play(t,
		conformance.Exchange{Method: "POST", URI: pathAll, Body: creation("x", "r", slug), Status: 202, Answer: `{"provisioning_run_id":"r1"}`},
		get(pathByAccount, list(item("other", "x", "active"), item("w1", slug, "provisioning"))),
	)
	made, err := session.Workspaces().Create(t.Context(), theMark(), provider.WorkspaceSpec{DisplayName: "x", Region: "r"})
	if err != nil || made.ID != "" || !made.Pending || made.ProvisioningRunID != "r1" {
		t.Fatalf("created %+v, %v; want one without an id, pending, of run r1", made, err)
	}
	all, err := listed(t, session)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, w := range all {
		if w.Mark.SameOwner(made.Mark) && w.Slug == made.Slug {
			found = append(found, w.ID)
		}
	}
	if strings.Join(found, " ") != "w1" {
		t.Errorf("found %q by mark and slug, want w1", found)
	}
}

func TestCreateWorkspaceThatFails(t *testing.T) {
	tests := map[string]struct {
		exchange  conformance.Exchange
		class     provider.Class
		uncertain bool
	}{
		"nothing":        {conformance.Exchange{Status: 202, Answer: ``}, provider.Transient, true},
		"not JSON":       {conformance.Exchange{Status: 202, Answer: `accepted`}, provider.Transient, true},
		"a web page":     {conformance.Exchange{Status: 200, Answer: `<html>`}, provider.Transient, true},
		"lost answer":    {conformance.Exchange{Drop: true}, provider.Transient, true},
		"server error":   {conformance.Exchange{Status: 500, Answer: refusal("no")}, provider.Transient, true},
		"bad gateway":    {conformance.Exchange{Status: 502, Answer: `<html>`}, provider.Transient, true},
		"took too long":  {conformance.Exchange{Status: 504, Answer: ``}, provider.Transient, true},
		"timed out":      {conformance.Exchange{Status: 408, Answer: refusal("no")}, provider.Transient, true},
		"bad request":    {conformance.Exchange{Status: 400, Answer: refusal("no")}, provider.Invalid, false},
		"expired":        {conformance.Exchange{Status: 401, Answer: refusal("no")}, provider.Unauthorized, false},
		"not allowed":    {conformance.Exchange{Status: 403, Answer: refusal("no")}, provider.Forbidden, false},
		"no account":     {conformance.Exchange{Status: 404, Answer: refusal("no")}, provider.Forbidden, false},
		"exists":         {conformance.Exchange{Status: 409, Answer: refusal("no")}, provider.Conflict, false},
		"not valid":      {conformance.Exchange{Status: 422, Answer: fixture(t, "validation-error-response.json")}, provider.Invalid, false},
		"throttled":      {conformance.Exchange{Status: 429, Answer: refusal("no")}, provider.Throttled, false},
		"sent elsewhere": {conformance.Exchange{Status: 307, Answer: ``}, provider.Transient, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.exchange.Method, test.exchange.URI, test.exchange.Body = "POST", pathAll, creation("x", "r", "s")
			made, err := play(t, test.exchange).Workspaces().Create(t.Context(), theMark(), provider.WorkspaceSpec{DisplayName: "x", Region: "r", Slug: "s"})
			wantOp(t, err, "create workspace", test.class, test.uncertain)
			if diff := cmp.Diff(provider.Workspace{}, made, opaque()); diff != "" {
				t.Errorf("there is a workspace as well as an error: %s", diff)
			}
		})
	}
}

func TestWhatTheVendorRequiresIsAskedForBeforehand(t *testing.T) {
	tests := map[string]struct {
		spec provider.WorkspaceSpec
		says string
	}{
		"no region":       {provider.WorkspaceSpec{DisplayName: "x"}, "spec.region"},
		"no default":      {provider.WorkspaceSpec{DisplayName: "x", Slug: "s"}, "defaults.region"},
		"no name":         {provider.WorkspaceSpec{Region: "r"}, "spec.displayName"},
		"somebody's mark": {provider.WorkspaceSpec{DisplayName: "x", Region: "r", Slug: "x-" + theMark().Owner()}, "spec.slug"},
	}
	for name, test := range tests {
		_, err := play(t).Workspaces().Create(t.Context(), theMark(), test.spec)
		if e := want(t, err, provider.Invalid, false); !strings.Contains(e.Message, test.says) {
			t.Errorf("%s: the message %q does not say %s", name, e.Message, test.says)
		}
	}
}

func TestGetWorkspace(t *testing.T) {
	slug := markedSlug("Team", theMark())
	session := play(t,
		get(pathAll+"/w1", item("w1", slug, "active")),
		get(pathAll+"/w1/environments", `[{"id":"e1","name":"dev","status":"active"},{"id":"e2","name":"prod","status":"active"}]`),
	)
	got, err := session.Workspaces().Get(t.Context(), "w1")
	if err != nil {
		t.Fatal(err)
	}
	want := provider.Workspace{
		ID: "w1", Slug: slug, Mark: theMark(), Name: "Team", State: "active", AccountID: accountID, Region: "us-east-1", TenancyModel: "dedicated",
		CreatedAt:    time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
		Environments: []provider.Environment{{Name: "dev", ID: "e1", State: "active"}, {Name: "prod", ID: "e2", State: "active"}},
	}
	if diff := cmp.Diff(want, got, opaque()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGetWorkspaceThatFails(t *testing.T) {
	tests := map[string]struct {
		exchange conformance.Exchange
		class    provider.Class
	}{
		"missing, or not readable": {conformance.Exchange{Status: 404, Answer: fixture(t, "error-response.json")}, provider.Forbidden},
		"not allowed":              {conformance.Exchange{Status: 403, Answer: refusal("no")}, provider.Forbidden},
		"expired":                  {conformance.Exchange{Status: 401, Answer: refusal("no")}, provider.Unauthorized},
		"throttled":                {conformance.Exchange{Status: 429, Answer: refusal("no")}, provider.Throttled},
		"out of order":             {conformance.Exchange{Status: 503, Answer: refusal("no")}, provider.Transient},
		"lost answer":              {conformance.Exchange{Status: 502}, provider.Transient},
		"empty":                    {conformance.Exchange{Answer: `{}`}, provider.Transient},
		"nothing":                  {conformance.Exchange{Answer: ``}, provider.Transient},
		"null":                     {conformance.Exchange{Answer: `null`}, provider.Transient},
		"a list":                   {conformance.Exchange{Answer: list(item("w1", "s", "active"))}, provider.Transient},
		"unusable id":              {conformance.Exchange{Answer: `{"id":"."}`}, provider.Transient},
		"another account's":        {conformance.Exchange{Answer: itemOf(otherID, "w1", "s", "active")}, provider.Forbidden},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.exchange.Method, test.exchange.URI = "GET", pathAll+"/w1"
			_, err := play(t, test.exchange).Workspaces().Get(t.Context(), "w1")
			wantOp(t, err, "get workspace", test.class, false)
		})
	}
}

// A workspace is as good without its environments. What is wrong with the
// account is told all the same.
func TestGetWorkspaceWithoutItsEnvironments(t *testing.T) {
	tests := map[string]struct {
		status int
		answer string
		class  provider.Class
	}{
		"not allowed":              {403, refusal("no"), ""},
		"missing, or not readable": {404, refusal("no"), ""},
		"none yet":                 {200, `[]`, ""},
		"in a form nobody knows":   {200, `{"dev":"active"}`, ""},
		"expired":                  {401, refusal("no"), provider.Unauthorized},
		"throttled":                {429, refusal("no"), provider.Throttled},
		"out of order":             {500, refusal("no"), ""},
		"a bad gateway":            {502, `<html>`, ""},
		"not valid":                {422, fixture(t, "validation-error-response.json"), ""},
		"in conflict":              {409, refusal("no"), ""},
		"no such call":             {405, refusal("no"), ""},
		"redirected":               {302, ``, ""},
		"a web page":               {200, `<html>`, ""},
		"half of them":             {200, `[{"id":"e1","name":"dev"},`, ""},
		"nothing":                  {200, ``, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			session := play(t, get(pathAll+"/w1", item("w1", "s", "active")),
				conformance.Exchange{Method: "GET", URI: pathAll + "/w1/environments", Status: test.status, Answer: test.answer})
			got, err := session.Workspaces().Get(t.Context(), "w1")
			if test.class != "" {
				wantOp(t, err, "get workspace", test.class, false)
				return
			}
			if err != nil || got.ID != "w1" || got.Brief || len(got.Environments) != 0 {
				t.Errorf("got %+v, %v; want w1 without environments", got, err)
			}
		})
	}
}

// ending is a vendor whose caller leaves while it is asked for environments.
type ending struct{ leave context.CancelFunc }

func (e ending) RoundTrip(request *http.Request) (*http.Response, error) {
	if strings.HasSuffix(request.URL.Path, "/environments") {
		e.leave()
		return nil, request.Context().Err()
	}
	body := io.NopCloser(strings.NewReader(item("w1", "s", "active")))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body, Request: request}, nil
}

func TestGetWorkspaceEndsWithItsContext(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	session, err := New().Open(provider.Account{
		Endpoint: "http://vendor.test", Settings: map[string]string{"accountID": accountID},
		Credential: map[string]provider.Secret{"token": provider.NewSecret(jwt)}, Transport: ending{leave},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = session.Workspaces().Get(ctx, "w1")
	wantOp(t, err, "get workspace", provider.Transient, false)
}

func TestUpdateWorkspace(t *testing.T) {
	patch := func(status string) []conformance.Exchange {
		return []conformance.Exchange{{Method: "PATCH", URI: pathAll + "/w1/status", Body: `{"status":"` + status + `"}`, Answer: item("w1", "s", status)}}
	}
	tests := map[string]struct {
		spec   provider.WorkspaceSpec
		script []conformance.Exchange
	}{
		"freeze":          {provider.WorkspaceSpec{Frozen: new(true)}, patch("frozen")},
		"unfreeze":        {provider.WorkspaceSpec{Frozen: new(false)}, patch("active")},
		"nothing to say":  {provider.WorkspaceSpec{}, nil},
		"nothing it can":  {provider.WorkspaceSpec{DisplayName: "b", Region: "eu", Slug: "b", Metadata: map[string]string{"a": "b"}}, nil},
		"one thing of it": {provider.WorkspaceSpec{DisplayName: "b", Frozen: new(true)}, patch("frozen")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := play(t, test.script...).Workspaces().Update(t.Context(), "w1", test.spec); err != nil {
				t.Error(err)
			}
		})
	}
}
