package portkey

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

const allWorkspaces = "/admin/workspaces?current_page=0&page_size=100"

func TestCreateWorkspace(t *testing.T) {
	owner := fmt.Sprintf(`"workspace_operator_owner":"%s"`, mark.Owner())
	tests := map[string]struct {
		spec provider.WorkspaceSpec
		body string
	}{
		"the documented example, and the mark": {
			provider.WorkspaceSpec{
				DisplayName: "WORKSPACE_NAME_0909", Description: "WORKSPACE_DESCRIPTION",
				Metadata: map[string]string{"environment": "production", "foo": "bar"},
			},
			`{"name":"WORKSPACE_NAME_0909","description":"WORKSPACE_DESCRIPTION","defaults":{"metadata":{"environment":"production","foo":"bar",` + owner + `}}}`,
		},
		"the least": {provider.WorkspaceSpec{DisplayName: "a"}, `{"name":"a","defaults":{"metadata":{` + owner + `}}}`},
		"limits": {
			provider.WorkspaceSpec{
				DisplayName: "a",
				UsageLimits: []provider.UsageLimit{{Type: "Cost", CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Monthly"}, {Type: "Tokens", CreditLimit: 5, PeriodicReset: "Weekly"}, {CreditLimit: 1}},
				RateLimits:  []provider.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 123}, {Type: "Tokens", Unit: "PerHour", Value: 1}, {Type: "Tokens", Unit: "PerDay", Value: 2}},
			},
			`{"name":"a","defaults":{"metadata":{` + owner + `}},` +
				`"usage_limits":[{"type":"cost","credit_limit":10,"alert_threshold":8,"periodic_reset":"monthly"},{"type":"tokens","credit_limit":5,"periodic_reset":"weekly"},{"credit_limit":1}],` +
				`"rate_limits":[{"type":"requests","unit":"rpm","value":123},{"type":"tokens","unit":"rph","value":1},{"type":"tokens","unit":"rpd","value":2}]}`,
		},
		"a tenant's mark is not sent": {
			provider.WorkspaceSpec{DisplayName: "a", Metadata: map[string]string{"workspace_operator_owner": "0000000000000000"}},
			`{"name":"a","defaults":{"metadata":{` + owner + `}}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			session := play(t, conformance.Exchange{Method: "POST", URI: "/admin/workspaces", Body: test.body, Answer: fixture(t, "workspace-create-response.json")})
			got, err := session.Workspaces().Create(t.Context(), mark, test.spec)
			if err != nil || got.ID != "ws-test-a-174eb1" || got.Slug != "ws-test-a-174eb1" || got.Credential != nil {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestCreateWorkspaceThatFails(t *testing.T) {
	tests := map[string]struct {
		exchange  conformance.Exchange
		class     provider.Class
		uncertain bool
	}{
		"no id":        {conformance.Exchange{Answer: `{"name":"a"}`}, provider.Transient, true},
		"unusable id":  {conformance.Exchange{Answer: `{"id":"../x"}`}, provider.Transient, true},
		"wrong types":  {conformance.Exchange{Answer: `{"id":7}`}, provider.Transient, true},
		"lost answer":  {conformance.Exchange{Drop: true}, provider.Transient, true},
		"server error": {exchange(500, "AB04"), provider.Transient, true},
		"bad gateway":  {conformance.Exchange{Status: 502, Answer: "<html>"}, provider.Transient, true},
		"invalid":      {exchange(400, "AB01"), provider.Invalid, false},
		"unauthorized": {exchange(401, "AB05"), provider.Unauthorized, false},
		"used up":      {exchange(402, "AB09"), provider.Exhausted, false},
		"forbidden":    {exchange(403, "AB03"), provider.Forbidden, false},
		"exists":       {exchange(409, "AB07"), provider.Conflict, false},
		"throttled":    {exchange(429, "AB06"), provider.Throttled, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.exchange.Method, test.exchange.URI, test.exchange.Body = "POST", "/admin/workspaces", `{"name":"a"}`
			_, err := play(t, test.exchange).Workspaces().Create(t.Context(), provider.Mark{}, provider.WorkspaceSpec{DisplayName: "a"})
			want(t, err, test.class, test.uncertain)
		})
	}
	t.Run("a word that does not exist", func(t *testing.T) {
		for _, spec := range []provider.WorkspaceSpec{
			{UsageLimits: []provider.UsageLimit{{Type: "Money"}}}, {UsageLimits: []provider.UsageLimit{{PeriodicReset: "Daily"}}},
			{RateLimits: []provider.RateLimit{{Type: "Bytes"}}}, {RateLimits: []provider.RateLimit{{Unit: "PerYear"}}},
		} {
			_, err := play(t).Workspaces().Create(t.Context(), mark, spec)
			want(t, err, provider.Invalid, false)
			want(t, play(t).Workspaces().Update(t.Context(), "w", spec), provider.Invalid, false)
		}
	})
}

func exchange(status int, code string) conformance.Exchange {
	status, answer := refusal(status, code)
	return conformance.Exchange{Status: status, Answer: answer}
}

func TestListWorkspacesByName(t *testing.T) {
	session := play(t, conformance.Exchange{
		Method: "GET", URI: "/admin/workspaces?current_page=0&exact_name=Team+A+%26+B&page_size=100",
		Answer: `{"total":1,"object":"list","data":[{"id":"w","slug":"s","name":"Team A & B","status":"archived","defaults":{"metadata":{"workspace_operator_owner":"` + mark.Owner() + `"}}}]}`,
	})
	var got []provider.Workspace
	for item, err := range session.Workspaces().List(t.Context(), provider.WorkspaceFilter{Name: "Team A & B"}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, item)
	}
	want := []provider.Workspace{{ID: "w", Slug: "s", Name: "Team A & B", State: "archived", Brief: true, Mark: mark, Metadata: map[string]string{}}}
	if diff := cmp.Diff(want, got, opaque()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGetWorkspace(t *testing.T) {
	get := conformance.Exchange{Method: "GET", URI: "/admin/workspaces/ws-test-a-174eb1", Answer: fixture(t, "workspace-create-response.json")}
	got, err := play(t, get).Workspaces().Get(t.Context(), "ws-test-a-174eb1")
	if err != nil || got.ID != "ws-test-a-174eb1" || got.MarkUnread {
		t.Errorf("got %+v, %v", got, err)
	}
	tests := map[string]struct {
		exchange conformance.Exchange
		class    provider.Class
	}{
		"gone, as the vendor documents it": {exchange(404, "AB08"), provider.NotFound},
		"gone, as the vendor answers":      {exchange(403, "AB03"), provider.Forbidden},
		"a wrong address":                  {conformance.Exchange{Status: 404, Answer: `{"message":"no route"}`}, provider.Transient},
		"empty":                            {conformance.Exchange{Answer: `{}`}, provider.Transient},
		"nothing":                          {conformance.Exchange{Answer: ``}, provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.exchange.Method, test.exchange.URI = "GET", "/admin/workspaces/w"
			_, err := play(t, test.exchange).Workspaces().Get(t.Context(), "w")
			want(t, err, test.class, false)
		})
	}
}

func TestUpdateWorkspace(t *testing.T) {
	owner := fmt.Sprintf(`"workspace_operator_owner":"%s"`, mark.Owner())
	get := func(answer string) conformance.Exchange {
		return conformance.Exchange{Method: "GET", URI: "/admin/workspaces/w", Answer: answer}
	}
	put := func(body string) conformance.Exchange {
		return conformance.Exchange{Method: "PUT", URI: "/admin/workspaces/w", Body: body, Answer: `{}`}
	}
	tests := map[string]struct {
		spec   provider.WorkspaceSpec
		script []conformance.Exchange
	}{
		"nothing to say":        {provider.WorkspaceSpec{}, nil},
		"what is absent stays":  {provider.WorkspaceSpec{DisplayName: "b"}, []conformance.Exchange{put(`{"name":"b"}`)}},
		"description":           {provider.WorkspaceSpec{Description: "d"}, []conformance.Exchange{put(`{"description":"d"}`)}},
		"null takes limits off": {provider.WorkspaceSpec{Clear: []string{"usageLimits", "rateLimits"}}, []conformance.Exchange{put(`{"usage_limits":null,"rate_limits":null}`)}},
		"no description":        {provider.WorkspaceSpec{DisplayName: "b", Clear: []string{"description"}}, []conformance.Exchange{put(`{"name":"b","description":""}`)}},
		"what is empty stays": {
			provider.WorkspaceSpec{Metadata: map[string]string{}, UsageLimits: []provider.UsageLimit{}, RateLimits: []provider.RateLimit{}}, nil,
		},
		"a value sets them": {
			provider.WorkspaceSpec{UsageLimits: []provider.UsageLimit{{CreditLimit: 3}}},
			[]conformance.Exchange{put(`{"usage_limits":[{"credit_limit":3}]}`)},
		},
		"metadata keep the mark": {
			provider.WorkspaceSpec{Metadata: map[string]string{"foo": "baz"}},
			[]conformance.Exchange{
				get(`{"id":"w","defaults":{"metadata":{"foo":"bar","old":"x",` + owner + `},"is_default":0}}`),
				put(`{"defaults":{"metadata":{"foo":"baz",` + owner + `}}}`),
			},
		},
		"no metadata keep the mark": {
			provider.WorkspaceSpec{Clear: []string{"metadata"}},
			[]conformance.Exchange{get(`{"id":"w","defaults":{"metadata":{"foo":"bar",` + owner + `}}}`), put(`{"defaults":{"metadata":{` + owner + `}}}`)},
		},
		"a tenant cannot set the mark": {
			provider.WorkspaceSpec{Metadata: map[string]string{"workspace_operator_owner": "0000000000000000"}},
			[]conformance.Exchange{get(`{"id":"w","defaults":{"metadata":{` + owner + `}}}`), put(`{"defaults":{"metadata":{` + owner + `}}}`)},
		},
		"an imported one has none": {
			provider.WorkspaceSpec{Metadata: map[string]string{"a": "b"}},
			[]conformance.Exchange{get(`{"id":"w","defaults":null}`), put(`{"defaults":{"metadata":{"a":"b"}}}`)},
		},
		"what else is in the defaults": {
			provider.WorkspaceSpec{Metadata: map[string]string{"a": "b"}},
			[]conformance.Exchange{
				get(`{"id":"w","defaults":{"metadata":{},"input_guardrails":["pg-1"],"output_guardrails":null,"user_api_key_config":"pc-1","object":"workspace"}}`),
				put(`{"defaults":{"metadata":{"a":"b"},"input_guardrails":["pg-1"],"user_api_key_config":"pc-1"}}`),
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := play(t, test.script...).Workspaces().Update(t.Context(), "w", test.spec); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("what cannot be read is not written", func(t *testing.T) {
		status, answer := refusal(403, "AB03")
		session := play(t, conformance.Exchange{Method: "GET", URI: "/admin/workspaces/w", Status: status, Answer: answer})
		want(t, session.Workspaces().Update(t.Context(), "w", provider.WorkspaceSpec{Clear: []string{"metadata"}}), provider.Forbidden, false)
	})
	t.Run("lost answer", func(t *testing.T) {
		session := play(t, conformance.Exchange{Method: "PUT", URI: "/admin/workspaces/w", Body: `{"name":"b"}`, Drop: true})
		want(t, session.Workspaces().Update(t.Context(), "w", provider.WorkspaceSpec{DisplayName: "b"}), provider.Transient, true)
	})
}

func TestDeleteWorkspace(t *testing.T) {
	remove := func(status int, answer string) conformance.Exchange {
		return conformance.Exchange{Method: "DELETE", URI: "/admin/workspaces/w", Body: `{"name":"Team A","force_delete":true}`, Status: status, Answer: answer}
	}
	refused := func(status int, code string) conformance.Exchange { return remove(refusal(status, code)) }
	list := func(status int, answer string) conformance.Exchange {
		return conformance.Exchange{Method: "GET", URI: allWorkspaces, Status: status, Answer: answer}
	}
	tests := map[string]struct {
		script    []conformance.Exchange
		class     provider.Class // empty is success
		uncertain bool
	}{
		"deleted":                          {[]conformance.Exchange{remove(200, `{}`)}, "", false},
		"deleted without a word":           {[]conformance.Exchange{remove(200, ``)}, "", false},
		"already gone":                     {[]conformance.Exchange{refused(404, "AB08")}, "", false},
		"already gone, the other code":     {[]conformance.Exchange{refused(404, "AB02")}, "", false},
		"refused, and gone":                {[]conformance.Exchange{refused(403, "AB03"), list(200, `{"total":1,"data":[{"id":"x","slug":"y"}]}`)}, "", false},
		"refused, and there":               {[]conformance.Exchange{refused(403, "AB03"), list(200, `{"total":1,"data":[{"id":"w"}]}`)}, provider.Forbidden, false},
		"refused, and there by slug":       {[]conformance.Exchange{refused(403, "AB03"), list(200, `{"total":1,"data":[{"id":"x","slug":"w"}]}`)}, provider.Forbidden, false},
		"refused, and the list too":        {[]conformance.Exchange{refused(403, "AB03"), list(refusal(403, "AB03"))}, provider.Forbidden, false},
		"refused, and the list fails":      {[]conformance.Exchange{refused(403, "AB03"), list(refusal(500, "AB04"))}, provider.Transient, false},
		"refused, and half a list":         {[]conformance.Exchange{refused(403, "AB03"), list(200, `{"total":9,"data":[]}`)}, provider.Transient, false},
		"refused, and an answer of no use": {[]conformance.Exchange{refused(403, "AB03"), list(200, `{}`)}, provider.Transient, false},
		"not found, and gone":              {[]conformance.Exchange{remove(404, `{"message":"no"}`), list(200, `{"total":0,"data":[]}`)}, "", false},
		"a wrong address":                  {[]conformance.Exchange{remove(404, `{"message":"no route"}`), list(404, `{"message":"no route"}`)}, provider.Transient, false},
		"not empty":                        {[]conformance.Exchange{refused(409, "AB07")}, provider.Conflict, false},
		"server error":                     {[]conformance.Exchange{refused(500, "AB04")}, provider.Transient, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := play(t, test.script...).Workspaces().Delete(t.Context(), provider.Workspace{ID: "w", Name: "Team A"})
			if test.class == "" {
				if err != nil {
					t.Errorf("got %v, want success", err)
				}
				return
			}
			want(t, err, test.class, test.uncertain)
		})
	}
	t.Run("without its name", func(t *testing.T) {
		want(t, play(t).Workspaces().Delete(t.Context(), provider.Workspace{ID: "w"}), provider.Invalid, false)
	})
}
