package groundfloor_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/groundfloor"
)

// The request of the vendor's documentation, byte for byte but for its
// placeholder.
const documentedRequest = `{"account_id":"<account_uuid>","name":"Development","region":"us-east-1"}`

// The documented list, with its placeholders.
const documentedList = `[
{
"id": "8ca7d2a2-…",
"account_id": "…",
"name": "Production",
"slug": "production",
"status": "active",
"region": "us-east-1",
"tenancy_model": "dedicated",
"created_at": "2026-05-01T12:00:00Z"
}
]`

func uuid() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
}

// TestDocumentedCreate sends the documented request and wants the documented
// answer: 202 with the id of a run, and not the workspace.
func TestDocumentedCreate(t *testing.T) {
	p := newPlane(t)
	body := strings.ReplaceAll(documentedRequest, "<account_uuid>", groundfloor.DefaultAccountID)
	var answer map[string]string
	p.ok("POST", workspacesPath, body, http.StatusAccepted, &answer)
	runs := p.state().ProvisioningRuns
	if len(answer) != 1 || len(runs) != 1 || answer["provisioning_run_id"] != runs[0].ID || !uuid().MatchString(runs[0].ID) {
		t.Errorf("the answer is %v, want only the id of the run in %+v", answer, runs)
	}
	w := p.state().Workspaces[0]
	if w.Name != "Development" || w.Slug != "development" || w.Region != "us-east-1" || w.AccountID != groundfloor.DefaultAccountID || !uuid().MatchString(w.ID) {
		t.Errorf("the workspace is %+v", w)
	}
}

// TestDocumentedList wants the documented list, byte for byte but for its
// placeholders and blanks.
func TestDocumentedList(t *testing.T) {
	p := newPlane(t)
	id := p.create("Production")
	want := strings.NewReplacer("8ca7d2a2-…", id, `"…"`, `"`+groundfloor.DefaultAccountID+`"`, "\n", "", `": `, `":`).Replace(documentedList)
	for _, path := range []string{workspacesPath, accountPath} {
		if got := string(p.do("GET", path, "").Body); got != want {
			t.Errorf("GET %s: %s\nwant %s", path, got, want)
		}
	}
	if got := string(p.do("GET", workspacesPath+"/"+id, "").Body); "["+got+"]" != want {
		t.Errorf("get: %s\nwant the item of the list", got)
	}
}

func TestCreateRules(t *testing.T) {
	const account = `"account_id":"` + groundfloor.DefaultAccountID + `"`
	long := strings.Repeat("n", 5000)
	tests := []struct {
		name, body, place, problem string
	}{
		{"what is required", `{` + account + `,"name":"n","region":"r"}`, "", ""},
		{"all fields", `{` + account + `,"name":"n","region":"r","slug":"s"}`, "", ""},
		{"a slug that is null", `{` + account + `,"name":"n","region":"r","slug":null}`, "", ""},
		{"an account in upper case", `{"account_id":"5F0C7F1E-6D0B-4E0E-9A53-0D6A1A2B3C4D","name":"n","region":"r"}`, "", ""},
		{"a long name and slug", `{` + account + `,"name":"` + long + `","region":"r","slug":"` + long + `"}`, "", ""},
		{"texts of any characters", `{` + account + `,"name":"空 / é","region":"Région 1","slug":"Not A Slug/"}`, "", ""},

		{"no account", `{"name":"n","region":"r"}`, "body.account_id", "is required"},
		{"account null", `{"account_id":null,"name":"n","region":"r"}`, "body.account_id", "must not be null"},
		{"account a number", `{"account_id":1,"name":"n","region":"r"}`, "body.account_id", "must be a string"},
		{"account no UUID", `{"account_id":"acc","name":"n","region":"r"}`, "body.account_id", "must be a UUID"},
		{"account empty", `{"account_id":"","name":"n","region":"r"}`, "body.account_id", "must be a UUID"},
		{"account with wrong digits", `{"account_id":"5f0c7f1e-6d0b-4e0e-9a53-0d6a1a2b3c4g","name":"n","region":"r"}`, "body.account_id", "must be a UUID"},
		{"account with moved hyphens", `{"account_id":"5f0c7f1e6-d0b-4e0e-9a53-0d6a1a2b3c4d","name":"n","region":"r"}`, "body.account_id", "must be a UUID"},
		{"account in braces", `{"account_id":"{5f0c7f1e-6d0b-4e0e-9a53-0d6a1a2b3c4d}","name":"n","region":"r"}`, "body.account_id", "must be a UUID"},
		{"account with more hyphens", `{"account_id":"5f0c7f1e-6d0b-4e0e-9a53-0d6a1a2b3c4-","name":"n","region":"r"}`, "body.account_id", "must be a UUID"},
		{"no name", `{` + account + `,"region":"r"}`, "body.name", "is required"},
		{"name null", `{` + account + `,"name":null,"region":"r"}`, "body.name", "must not be null"},
		{"name empty", `{` + account + `,"name":"","region":"r"}`, "body.name", "must not be empty"},
		{"name a list", `{` + account + `,"name":["n"],"region":"r"}`, "body.name", "must be a string"},
		{"no region", `{` + account + `,"name":"n"}`, "body.region", "is required"},
		{"region null", `{` + account + `,"name":"n","region":null}`, "body.region", "must not be null"},
		{"region empty", `{` + account + `,"name":"n","region":""}`, "body.region", "must not be empty"},
		{"region an object", `{` + account + `,"name":"n","region":{}}`, "body.region", "must be a string"},
		{"slug empty", `{` + account + `,"name":"n","region":"r","slug":""}`, "body.slug", "must not be empty"},
		{"slug a boolean", `{` + account + `,"name":"n","region":"r","slug":true}`, "body.slug", "must be a string"},
		{"an unknown field", `{` + account + `,"name":"n","region":"r","description":"d"}`, "body.description", "unknown field"},
		{"the other page's field", `{` + account + `,"name":"n","region":"r","tenancy_model":"direct"}`, "body.tenancy_model", "unknown field"},
		{"a field in other case", `{` + account + `,"name":"n","region":"r","Slug":"s"}`, "body.Slug", "unknown field"},
		{"a field with a colon", `{` + account + `,"name":"n","region":"r","a: b":1}`, "body.a: b", "unknown field"},
		{"a duplicate field", `{` + account + `,"name":"n","region":"r","name":"n"}`, "body", `duplicate key "name"`},
		{"text after the body", `{` + account + `,"name":"n","region":"r"} 1`, "body", "body is not one JSON value"},
		{"an array", `[]`, "body", "body must be a JSON object"},
		{"null", `null`, "body", "body must be a JSON object"},
		{"no JSON", `name=n`, "body", "body is not one JSON value"},
		{"no UTF-8", "{\"name\":\"\xff\"}", "body", "body is not UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlane(t)
			if tt.problem != "" {
				p.invalid("POST", workspacesPath, tt.body, tt.place, tt.problem)
				return
			}
			p.ok("POST", workspacesPath, tt.body, http.StatusAccepted, new(any))
			if got := len(p.state().Workspaces); got != 1 {
				t.Errorf("there are %d workspaces, want 1", got)
			}
		})
	}
}

func TestCreateMakesWhatItSays(t *testing.T) {
	p := newPlane(t)
	account := strings.ToUpper(groundfloor.DefaultAccountID)
	p.ok("POST", workspacesPath, `{"account_id":"`+account+`","name":"Team A","region":"eu-west-1","slug":"My Slug"}`, http.StatusAccepted, new(any))
	w := p.state().Workspaces[0]
	want := item{
		ID: w.ID, Name: "Team A", Slug: "My Slug", Status: "active", Region: "eu-west-1",
		AccountID: groundfloor.DefaultAccountID, TenancyModel: "dedicated", CreatedAt: "2026-05-01T12:00:00Z",
	}
	if got := p.item(w.ID); got != want {
		t.Errorf("the workspace is %+v, want %+v", got, want)
	}
	if !w.Member || w.Permission != "administer" {
		t.Errorf("its maker is a member: %v, and may %s; want an owner", w.Member, w.Permission)
	}
}

func TestGeneratedSlugs(t *testing.T) {
	tests := map[string]string{
		"Production": "production", "Team A": "team-a", "  a--b  ": "a-b", "R&D / 2026": "r-d-2026", "Ünïcode": "n-code", "空": "workspace", "-": "workspace",
	}
	for name, want := range tests {
		p := newPlane(t)
		if got := p.item(p.create(name)).Slug; got != want {
			t.Errorf("the slug of %q is %q, want %q", name, got, want)
		}
	}
}

func TestASlugThatIsNullIsGenerated(t *testing.T) {
	p := newPlane(t)
	body := strings.Replace(request("Team A"), "{", `{"slug":null,`, 1)
	p.ok("POST", workspacesPath, body, http.StatusAccepted, new(any))
	if got := p.state().Workspaces[0].Slug; got != "team-a" {
		t.Errorf("the slug is %q, want team-a", got)
	}
}

func TestNamesAndSlugsNeedNotBeUnique(t *testing.T) {
	p := newPlane(t)
	first, second := p.create("same"), p.create("same")
	if first == second || p.item(first).Slug != p.item(second).Slug {
		t.Errorf("two of a name are %+v and %+v", p.item(first), p.item(second))
	}
}

func TestUniqueSlugs(t *testing.T) {
	p := with(t, `{"uniqueSlugs":true,"accounts":{"`+groundfloor.DefaultAccountID+`":"administer","`+otherAccount+`":"administer"}}`)
	slugged := func(account, slug string) string {
		return `{"account_id":"` + account + `","name":"n","region":"r","slug":"` + slug + `"}`
	}
	p.ok("POST", workspacesPath, slugged(groundfloor.DefaultAccountID, "team"), http.StatusAccepted, new(any))
	p.refused("POST", workspacesPath, slugged(groundfloor.DefaultAccountID, "team"), http.StatusConflict, "A workspace with this slug exists")
	p.ok("POST", workspacesPath, slugged(otherAccount, "team"), http.StatusAccepted, new(any))
	p.ok("POST", workspacesPath, slugged(groundfloor.DefaultAccountID, "team-3"), http.StatusAccepted, new(any))
	slugs := []string{}
	for range 3 {
		slugs = append(slugs, p.item(p.create("Team")).Slug)
	}
	if want := []string{"team-2", "team-4", "team-5"}; !slices.Equal(slugs, want) {
		t.Errorf("generated slugs are %v, want %v", slugs, want)
	}
	if err := p.vendor.Remove("workspaces", p.state().Workspaces[0].ID); err != nil {
		t.Fatal(err)
	}
	p.ok("POST", workspacesPath, slugged(groundfloor.DefaultAccountID, "team"), http.StatusAccepted, new(any))

	p.configure(`{"rowDelayMillis":1000}`)
	p.ok("POST", workspacesPath, slugged(groundfloor.DefaultAccountID, "soon"), http.StatusAccepted, new(any))
	p.refused("POST", workspacesPath, slugged(groundfloor.DefaultAccountID, "soon"), http.StatusConflict, "A workspace with this slug exists")
	p.configure(`{"failStep":1}`)
	p.ok("POST", workspacesPath, slugged(groundfloor.DefaultAccountID, "never"), http.StatusAccepted, new(any))
	p.ok("POST", workspacesPath, slugged(groundfloor.DefaultAccountID, "never"), http.StatusAccepted, new(any))
}

func TestAnswerWithWorkspaceID(t *testing.T) {
	p := with(t, `{"answerWithWorkspaceID":true,"rowDelayMillis":1000}`)
	var answer map[string]string
	p.ok("POST", workspacesPath, request("n"), http.StatusAccepted, &answer)
	if names := slices.Sorted(maps.Keys(answer)); !slices.Equal(names, []string{"provisioning_run_id", "workspace_id"}) {
		t.Errorf("the answer has the members %v", names)
	}
	p.refused("GET", workspacesPath+"/"+answer["workspace_id"], "", http.StatusNotFound, "Workspace not found")
	p.pass(time.Second)
	if got := p.item(answer["workspace_id"]).Name; got != "n" {
		t.Errorf("the workspace answered is %q, want n", got)
	}
}

func TestCreateShape(t *testing.T) {
	tests := map[string]string{
		`"createShape":"member"`:                              `{"provisioning_run_id":"RUN"}`,
		`"createShape":"member","answerWithWorkspaceID":true`: `{"workspace_id":"WORKSPACE","provisioning_run_id":"RUN"}`,
		`"createShape":"object"`:                              `{"provisioning_run":{"id":"RUN"}}`,
		`"createShape":"object","answerWithWorkspaceID":true`: `{"workspace":{"id":"WORKSPACE"},"provisioning_run":{"id":"RUN"}}`,
		`"createShape":"id"`:                                  `{"id":"RUN"}`,
		`"createShape":"text","answerWithWorkspaceID":true`:   `"RUN"`,
	}
	for settings, form := range tests {
		p := with(t, "{"+settings+"}")
		reply := p.do("POST", workspacesPath, request("n"))
		run := p.state().ProvisioningRuns[0]
		want := strings.NewReplacer("RUN", run.ID, "WORKSPACE", run.WorkspaceID).Replace(form)
		if reply.Status != http.StatusAccepted || string(reply.Body) != want {
			t.Errorf("with %s the answer is HTTP %d %s, want 202 %s", settings, reply.Status, reply.Body, want)
		}
	}
}

func TestAccounts(t *testing.T) {
	p := with(t, `{"accounts":{"`+otherAccount+`":"read"}}`)
	in := func(account string) string { return `{"account_id":"` + account + `","name":"n","region":"r"}` }
	p.refused("POST", workspacesPath, in(otherAccount), http.StatusForbidden, "Missing permission administer on this account")
	p.get(workspacesPath+"/by-account/"+otherAccount, new([]any))
	p.refused("POST", workspacesPath, in(groundfloor.DefaultAccountID), http.StatusNotFound, "Account not found")
	p.refused("GET", accountPath, "", http.StatusNotFound, "Account not found")
	p.configure(`{"unknownAccountStatus":403}`)
	p.refused("POST", workspacesPath, in(groundfloor.DefaultAccountID), http.StatusForbidden, "Missing permission administer on this account")
	p.refused("GET", accountPath, "", http.StatusNotFound, "Account not found")
	p.configure(`{"accounts":{"` + otherAccount + `":"administer"}}`)
	p.ok("POST", workspacesPath, in(otherAccount), http.StatusAccepted, new(any))
	if got := p.names(workspacesPath + "/by-account/" + otherAccount); !slices.Equal(got, []string{"n"}) {
		t.Errorf("the account has %v, want n", got)
	}
}

func TestTenancyModel(t *testing.T) {
	const account = `{"account_id":"` + groundfloor.DefaultAccountID + `","name":"n"`
	p := with(t, `{"tenancyModel":"direct"}`)
	if got := p.item(p.create("w")).TenancyModel; got != "direct" {
		t.Errorf("tenancy_model is %q, want direct", got)
	}
	p = with(t, `{"tenancyModelBody":true}`)
	p.invalid("POST", workspacesPath, request("n"), "body.region", "unknown field")
	p.invalid("POST", workspacesPath, account+`,"tenancy_model":""}`, "body.tenancy_model", "must not be empty")
	p.invalid("POST", workspacesPath, account+`,"tenancy_model":null}`, "body.tenancy_model", "must not be null")
	for body, want := range map[string]string{account + `}`: "dedicated", account + `,"tenancy_model":"direct"}`: "direct"} {
		var answer map[string]any
		p.ok("POST", workspacesPath, body, http.StatusAccepted, &answer)
		all := p.state().Workspaces
		if got := p.item(all[len(all)-1].ID); got.TenancyModel != want || got.Region != "us-east-1" {
			t.Errorf("%s makes %+v, want tenancy_model %s", body, got, want)
		}
	}
}

func TestEnvironments(t *testing.T) {
	p := newPlane(t)
	id := p.create("w")
	var got []map[string]string
	p.get(workspacesPath+"/"+id+"/environments", &got)
	ids := map[string]bool{}
	for i, name := range []string{"dev", "staging", "prod"} {
		if len(got) != 3 || len(got[i]) != 3 || got[i]["name"] != name || got[i]["state"] != "active" || !uuid().MatchString(got[i]["id"]) {
			t.Fatalf("the environments are %v, want dev, staging and prod", got)
		}
		ids[got[i]["id"]] = true
	}
	if len(ids) != 3 {
		t.Errorf("environments share an id: %v", got)
	}
	again := []map[string]string{}
	p.get(workspacesPath+"/"+id+"/environments", &again)
	if again[0]["id"] != got[0]["id"] {
		t.Errorf("the id of dev was %s and is %s", got[0]["id"], again[0]["id"])
	}
	p.configure(`{"environmentStatus":true}`)
	var renamed []map[string]string
	p.get(workspacesPath+"/"+id+"/environments", &renamed)
	if _, old := renamed[0]["state"]; old || renamed[0]["status"] != "active" {
		t.Errorf("with environmentStatus an environment is %v", renamed[0])
	}
}

func TestEnvironmentsShape(t *testing.T) {
	p := newPlane(t)
	path := workspacesPath + "/" + p.create("w") + "/environments"
	array := string(p.do("GET", path, "").Body)
	p.configure(`{"environmentsShape":"object"}`)
	if got := string(p.do("GET", path, "").Body); got != `{"environments":`+array+`}` {
		t.Errorf("as an object the environments are %s, want the array %s in it", got, array)
	}
	p.configure(`{"environmentsShape":"name"}`)
	var named map[string]map[string]string
	p.get(path, &named)
	for _, name := range []string{"dev", "staging", "prod"} {
		if len(named) != 3 || named[name]["name"] != name || !strings.Contains(array, named[name]["id"]) {
			t.Errorf("by name the environments are %v, want those of %s", named, array)
		}
	}
}

func TestExport(t *testing.T) {
	p := newPlane(t)
	id := p.create(`a,"b"`)
	var document struct {
		Workspace    item
		Environments []map[string]string
	}
	p.get(workspacesPath+"/"+id+"/export", &document)
	if document.Workspace.ID != id || document.Workspace.Name != `a,"b"` || len(document.Environments) != 3 {
		t.Errorf("the export is %+v", document)
	}
	p.configure(`{"exportFormat":"csv"}`)
	reply := p.do("GET", workspacesPath+"/"+id+"/export", "")
	want := "id,account_id,name,slug,status,region,tenancy_model,created_at\n" +
		id + "," + groundfloor.DefaultAccountID + `,"a,""b""",a-b,active,us-east-1,dedicated,2026-05-01T12:00:00Z` + "\n"
	if reply.Status != http.StatusOK || reply.Header.Get("Content-Type") != "text/csv; charset=utf-8" || string(reply.Body) != want || reply.Changed {
		t.Errorf("the export as CSV is %d %v %q, want %q", reply.Status, reply.Header, reply.Body, want)
	}
}

func TestAudit(t *testing.T) {
	p := newPlane(t)
	id := p.create("w")
	var events []map[string]string
	p.get(workspacesPath+"/"+id+"/audit", &events)
	if len(events) != 1 || len(events[0]) != 3 || events[0]["event"] != "client.provisioned" ||
		events[0]["created_at"] != "2026-05-01T12:00:00Z" || !uuid().MatchString(events[0]["id"]) {
		t.Errorf("the audit of a new workspace is %v", events)
	}
	for range 60 {
		p.pass(time.Minute)
		p.setStatus(id, "frozen")
		p.setStatus(id, "active")
	}
	for query, want := range map[string]int{"": 50, "?limit=50": 50, "?limit=1": 1, "?limit=100": 61} {
		events = nil
		p.get(workspacesPath+"/"+id+"/audit"+query, &events)
		if len(events) != want || events[0]["event"] != "client.suspended" || events[0]["created_at"] != "2026-05-01T13:00:00Z" {
			t.Errorf("audit%s shows %d events, the first is %v; want %d, the newest first", query, len(events), events[0], want)
		}
	}
	p.get(workspacesPath+"/"+id+"/audit?limit=100", &events)
	if last := events[60]["event"]; last != "client.provisioned" {
		t.Errorf("the oldest event is %s, want client.provisioned", last)
	}
	p.configure(`{"maxLimit":2}`)
	p.get(workspacesPath+"/"+id+"/audit", &events)
	if len(events) != 2 {
		t.Errorf("with maxLimit 2 the audit shows %d events", len(events))
	}
	p.invalid("GET", workspacesPath+"/"+id+"/audit?limit=0", "", "query.limit", "must be an integer of at least 1")

	p.get(workspacesPath+"/"+p.console(`{}`)+"/audit", &events)
	if data, err := json.Marshal(events); err != nil || string(data) != "[]" {
		t.Errorf("the audit of what has no events is %s, want []", data)
	}
}
