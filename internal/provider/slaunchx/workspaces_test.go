package slaunchx

import (
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// shown is a workspace with the members that the page "Update Workspace" names.
const shown = `{"bizId":"ws_1","institutionBizId":"in_1","entityBizId":"en_1","workspaceName":"Team A","workspaceTimezone":"UTC",` +
	`"workspaceStatus":{"value":10010701,"name":"Active","code":"ACTIVE"},"workspaceKind":{"value":10010801,"code":"LIVE"},` +
	`"extraData":{},"createdAt":"2026-03-21T00:00:00Z","updatedAt":"2026-03-22T01:00:00+01:00"}`

func TestGetWorkspace(t *testing.T) {
	full := provider.Workspace{
		ID: "ws_1", Name: "Team A", State: "ACTIVE",
		CreatedAt: time.Date(2026, 3, 21, 0, 0, 0, 0, time.UTC), UpdatedAt: time.Date(2026, 3, 22, 0, 0, 0, 0, time.UTC),
	}
	changed := func(change func(*provider.Workspace)) provider.Workspace {
		workspace := full
		change(&workspace)
		return workspace
	}
	bare := provider.Workspace{ID: "ws_1"}
	tests := map[string]struct {
		data string
		want provider.Workspace
	}{
		"as its own page shows it":     {`{}`, bare},
		"as the other page shows it":   {shown, full},
		"an id of null":                {with(t, shown, `"bizId":"ws_1"`, `"bizId":null`), full},
		"no data at all":               {`null`, bare},
		"an empty id":                  {with(t, shown, `"bizId":"ws_1"`, `"bizId":""`), full},
		"no id":                        {with(t, shown, `"bizId"`, `"x"`), full},
		"a state of its own":           {with(t, shown, `"ACTIVE"`, `"SUSPENDED"`), changed(func(w *provider.Workspace) { w.State = "SUSPENDED" })},
		"a state not fit to be shown":  {with(t, shown, `"ACTIVE"`, `"a\u0000\u001b[31m\nb"`), changed(func(w *provider.Workspace) { w.State = "a [31m b" })},
		"a state that is a word":       {with(t, shown, `{"value":10010701,"name":"Active","code":"ACTIVE"}`, `"ACTIVE"`), changed(func(w *provider.Workspace) { w.State = "" })},
		"a state that is a number":     {with(t, shown, `"code":"ACTIVE"`, `"code":7`), changed(func(w *provider.Workspace) { w.State = "" })},
		"a state that is null":         {with(t, shown, `{"value":10010701,"name":"Active","code":"ACTIVE"}`, `null`), changed(func(w *provider.Workspace) { w.State = "" })},
		"a name that is null":          {with(t, shown, `"Team A"`, `null`), changed(func(w *provider.Workspace) { w.Name = "" })},
		"a name that is a number":      {with(t, shown, `"Team A"`, `7`), changed(func(w *provider.Workspace) { w.Name = "7" })},
		"times that are numbers":       {with(t, shown, `"2026-03-21T00:00:00Z"`, `1709337600000`), changed(func(w *provider.Workspace) { w.CreatedAt = time.Time{} })},
		"times that are none":          {with(t, shown, `"2026-03-21T00:00:00Z"`, `"yesterday"`), changed(func(w *provider.Workspace) { w.CreatedAt = time.Time{} })},
		"times with a fraction":        {with(t, shown, `"2026-03-21T00:00:00Z"`, `"2026-03-21T00:00:00.000Z"`), full},
		"members nobody knows":         {with(t, shown, `"extraData":{}`, `"extraData":[null],"roles":{"a":1}`), full},
		"an ID within, of another key": {`{"id":"ws_2","workspaceId":"ws_3"}`, bare},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := play(t, get(base+"ws_1", 200, success(test.data))).Workspaces().Get(t.Context(), "ws_1")
			if err != nil {
				t.Fatal(err)
			}
			if diff := diff(test.want, got); diff != "" {
				t.Errorf("unexpected workspace (-want +got):\n%s", diff)
			}
		})
	}
}

// That it is answered says that the workspace exists, however little is shown.
func TestGetWorkspaceThatShowsNothing(t *testing.T) {
	for id, answer := range map[string]string{
		"left-out": `{"success":true,"code":"2000"}`, "null": success(`null`), "empty": success(`{}`), "7": success(`{"bizId":7}`),
	} {
		got, err := play(t, get(base+id, 200, answer)).Workspaces().Get(t.Context(), id)
		if diff := diff(provider.Workspace{ID: id}, got); err != nil || diff != "" {
			t.Errorf("%s: got %v (-want +got):\n%s", answer, err, diff)
		}
	}
}

// An answer about another workspace says nothing about the one that was meant,
// least of all that it is gone.
func TestAnotherWorkspaceIsNoAnswer(t *testing.T) {
	for _, id := range []string{`"ws_2"`, `"WS_1"`, `"ws_1 "`, `7`, `["ws_1"]`} {
		_, err := play(t, get(base+"ws_1", 200, success(with(t, shown, `"ws_1"`, id)))).Workspaces().Get(t.Context(), "ws_1")
		e := want(t, err, provider.Forbidden, false)
		if e.Op != "get workspace" || e.Message != "the vendor shows another workspace than the one that was asked for" {
			t.Errorf("bizId %s: got %v", id, e)
		}
	}
}

func TestGetWorkspaceThatFails(t *testing.T) {
	tests := map[string]struct {
		status int
		answer string
		class  provider.Class
	}{
		"unknown":         {404, refusal("4040", "no such workspace"), provider.NotFound},
		"unknown, newer":  {404, refusal("RESOURCE.NOT_FOUND", "no such workspace"), provider.NotFound},
		"a wrong address": {404, `{"status":404,"error":"Not Found","path":"/web"}`, provider.Transient},
		"not a member":    {403, refusal("4030", "no"), provider.Forbidden},
		"past the portal": {403, ``, provider.Unauthorized},
		"expired":         {401, refusal("4010", "Invalid or expired token"), provider.Unauthorized},
		"broken":          {500, refusal("SYSTEM.INTERNAL_ERROR", "no"), provider.Transient},
		"data of a list":  {200, success(`[]`), provider.Transient},
		"data of a word":  {200, success(`"ws_1"`), provider.Transient},
		"no envelope":     {200, shown, provider.Transient},
		"nothing at all":  {204, ``, provider.Transient},
		"a web page":      {200, `<!doctype html><title>log in</title>`, provider.Transient},
		"half":            {200, success(shown)[:200], provider.Transient},
		"elsewhere":       {302, ``, provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := play(t, get(base+"w", test.status, test.answer)).Workspaces().Get(t.Context(), "w")
			if e := want(t, err, test.class, false); e.Op != "get workspace" {
				t.Errorf("the error is said to be of %q", e.Op)
			}
			if diff := diff(provider.Workspace{}, got); diff != "" {
				t.Errorf("there is a workspace as well as an error:\n%s", diff)
			}
		})
	}
}

// Imports are all there is: nothing here claims to be marked, pending, frozen
// or brief, for the vendor says nothing of the kind.
func TestAWorkspaceHasNoMoreThanTheVendorSays(t *testing.T) {
	got, err := play(t, get(base+"ws_1", 200, success(shown))).Workspaces().Get(t.Context(), "ws_1")
	if err != nil {
		t.Fatal(err)
	}
	if !got.Mark.IsZero() || got.MarkUnread || got.Brief || got.Pending || got.Frozen || got.Credential != nil {
		t.Errorf("the vendor never said that: %+v", got)
	}
}
