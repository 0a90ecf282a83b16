package groundfloor_test

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

const month = 30 * 24 * time.Hour

func TestStatusRules(t *testing.T) {
	tests := []struct{ body, place, problem string }{
		{`{}`, "body.status", "is required"},
		{`{"status":null}`, "body.status", "must not be null"},
		{`{"status":true}`, "body.status", "must be a string"},
		{`{"status":""}`, "body.status", "must be active or frozen"},
		{`{"status":"Frozen"}`, "body.status", "must be active or frozen"},
		{`{"status":"provisioning"}`, "body.status", "must be active or frozen"},
		{`{"status":"deleted"}`, "body.status", "must be active or frozen"},
		{`{"status":"frozen","reason":"x"}`, "body.reason", "unknown field"},
		{`{"status":"frozen","Status":"frozen"}`, "body.Status", "unknown field"},
		{`{"status":"frozen","status":"frozen"}`, "body", `duplicate key "status"`},
		{`"frozen"`, "body", "body must be a JSON object"},
		{`frozen`, "body", "body is not one JSON value"},
	}
	for _, tt := range tests {
		p := newPlane(t)
		id := p.create("w")
		p.invalid("PATCH", workspacesPath+"/"+id+"/status", tt.body, tt.place, tt.problem)
		p.invalid("PATCH", workspacesPath+"/nothing/status", tt.body, tt.place, tt.problem)
		if got := p.item(id).Status; got != "active" {
			t.Errorf("after %s the status is %s", tt.body, got)
		}
	}
}

func TestFreeze(t *testing.T) {
	p := newPlane(t)
	id := p.create("w")
	p.pass(time.Hour)
	var answer item
	if reply := p.ok("PATCH", workspacesPath+"/"+id+"/status", `{"status":"frozen"}`, http.StatusOK, &answer); !reply.Changed {
		t.Error("freezing says that nothing changed")
	}
	if answer.ID != id || answer.Status != "frozen" || answer.FrozenAt != nil || p.item(id) != answer {
		t.Errorf("the answer is %+v, want the workspace as a read shows it", answer)
	}
	w := p.workspace(id)
	if !w.FrozenAt.Equal(*p.now) || !w.RetentionUntil.Equal(p.now.Add(month)) {
		t.Errorf("frozen at %v until %v, want %v and 30 days later", w.FrozenAt, w.RetentionUntil, p.now)
	}
	if got := p.names(workspacesPath); !slices.Equal(got, []string{"w"}) {
		t.Errorf("the list shows %v, want the frozen workspace", got)
	}
	var environments []map[string]string
	p.get(workspacesPath+"/"+id+"/environments", &environments)
	if len(environments) != 3 || environments[2]["state"] != "active" {
		t.Errorf("the environments of a frozen workspace are %v", environments)
	}
	p.get(workspacesPath+"/"+id+"/export", new(any))

	before, since := p.saved(), *p.now
	p.pass(time.Hour)
	if reply := p.setStatus(id, "frozen"); reply.Status != http.StatusOK || reply.Changed || p.saved() != before {
		t.Errorf("freezing again: HTTP %d %s, changed %v; want 200 and no effect", reply.Status, reply.Body, reply.Changed)
	}
	p.pass(month - 2*time.Hour)
	p.get(workspacesPath+"/"+id, new(any))
	*p.now = since.Add(month)
	for _, path := range []string{"", "/environments", "/export", "/audit"} {
		p.refused("GET", workspacesPath+"/"+id+path, "", http.StatusNotFound, "Workspace not found")
	}
	p.refused("PATCH", workspacesPath+"/"+id+"/status", `{"status":"active"}`, http.StatusNotFound, "Workspace not found")
	if got := append(p.names(workspacesPath), p.names(accountPath)...); len(got) != 0 {
		t.Errorf("after the retention lists show %v", got)
	}
	if w := p.workspace(id); !w.DeletedAt.Equal(since.Add(month)) {
		t.Errorf("deleted at %v, want %v", w.DeletedAt, since.Add(month))
	}
}

func TestUnfreeze(t *testing.T) {
	p := newPlane(t)
	id := p.create("w")
	before := p.saved()
	if reply := p.setStatus(id, "active"); reply.Status != http.StatusOK || reply.Changed || p.saved() != before {
		t.Errorf("unfreezing what is active: HTTP %d %s, changed %v", reply.Status, reply.Body, reply.Changed)
	}
	p.setStatus(id, "frozen")
	p.pass(month - time.Second)
	if reply := p.setStatus(id, "active"); reply.Status != http.StatusOK || !reply.Changed || p.item(id).Status != "active" {
		t.Errorf("unfreezing: HTTP %d %s, changed %v", reply.Status, reply.Body, reply.Changed)
	}
	if w := p.workspace(id); w.FrozenAt != nil || w.RetentionUntil != nil {
		t.Errorf("after that it is frozen at %v until %v", w.FrozenAt, w.RetentionUntil)
	}
	p.pass(10 * month)
	p.get(workspacesPath+"/"+id, new(any))

	p.setStatus(id, "frozen") // the time begins anew
	p.pass(month - time.Second)
	p.get(workspacesPath+"/"+id, new(any))
	p.pass(time.Second)
	p.refused("GET", workspacesPath+"/"+id, "", http.StatusNotFound, "Workspace not found")
}

func TestKeepRetention(t *testing.T) {
	p := with(t, `{"keepRetention":true,"showRetention":true}`)
	id := p.create("w")
	p.setStatus(id, "frozen")
	p.setStatus(id, "active")
	if got := p.item(id); got.Status != "active" || got.FrozenAt != nil || got.RetentionUntil == nil {
		t.Errorf("the workspace is %+v, want it active with its retention", got)
	}
	p.pass(month)
	p.refused("GET", workspacesPath+"/"+id, "", http.StatusNotFound, "Workspace not found")
}

func TestShowRetention(t *testing.T) {
	p := with(t, `{"showRetention":true}`)
	id := p.create("w")
	var members map[string]any
	p.get(workspacesPath+"/"+id, &members)
	frozenAt, shown := members["frozen_at"]
	if len(members) != 10 || !shown || frozenAt != nil || members["retention_until"] != nil {
		t.Errorf("an active workspace is %v, want frozen_at and retention_until null", members)
	}
	p.setStatus(id, "frozen")
	var items []item
	p.get(workspacesPath, &items)
	for _, got := range append(items, p.item(id)) {
		if *got.FrozenAt != "2026-05-01T12:00:00Z" || *got.RetentionUntil != "2026-05-31T12:00:00Z" {
			t.Errorf("frozen_at is %s and retention_until %s", *got.FrozenAt, *got.RetentionUntil)
		}
	}
}

func TestStatusAnswerEmpty(t *testing.T) {
	p := with(t, `{"statusAnswer":"empty"}`)
	id := p.create("w")
	for i, status := range []string{"frozen", "frozen", "active"} {
		reply := p.setStatus(id, status)
		if reply.Status != http.StatusNoContent || len(reply.Body) != 0 || reply.Header.Get("Content-Type") != "" {
			t.Errorf("%s: HTTP %d %v %q, want an empty 204", status, reply.Status, reply.Header, reply.Body)
		}
		if reply.Changed != (i != 1) || p.item(id).Status != status {
			t.Errorf("%s: changed %v, the status is %s", status, reply.Changed, p.item(id).Status)
		}
	}
}

func TestStatusWhileProvisioning(t *testing.T) {
	p := with(t, `{"provisioningMillis":9000}`)
	id := p.create("w")
	if reply := p.setStatus(id, "active"); reply.Status != http.StatusOK || reply.Changed || p.item(id).Status != "provisioning" {
		t.Errorf("unfreezing what was not frozen: HTTP %d %s, changed %v", reply.Status, reply.Body, reply.Changed)
	}
	p.setStatus(id, "frozen")
	if reply := p.setStatus(id, "active"); !reply.Changed || p.item(id).Status != "provisioning" {
		t.Errorf("unfrozen before its saga is over it is %s, want provisioning", reply.Body)
	}
	p.setStatus(id, "frozen")
	p.pass(9 * time.Second)
	if got := p.item(id).Status; got != "frozen" {
		t.Errorf("when its saga is over a frozen workspace is %s", got)
	}
	p.setStatus(id, "active")
	if got := p.item(id).Status; got != "active" {
		t.Errorf("unfrozen after its saga it is %s", got)
	}
}

func TestRefuseFreezeWhileProvisioning(t *testing.T) {
	p := with(t, `{"provisioningMillis":9000,"refuseFreezeWhileProvisioning":true}`)
	id := p.create("w")
	for _, status := range []string{"frozen", "active"} {
		p.refused("PATCH", workspacesPath+"/"+id+"/status", `{"status":"`+status+`"}`, http.StatusConflict, "The workspace is not provisioned yet")
	}
	p.pass(9 * time.Second)
	if reply := p.setStatus(id, "frozen"); reply.Status != http.StatusOK || p.item(id).Status != "frozen" {
		t.Errorf("freezing when the saga is over: HTTP %d %s", reply.Status, reply.Body)
	}
}

func TestOffboardingVerbs(t *testing.T) {
	p := with(t, `{"offboardingVerbs":true}`)
	id := p.create("w")
	path := workspacesPath + "/" + id
	if got := p.vendor.Route("POST", path+"/freeze"); got != "/v1/workspaces/{workspace_id}/freeze" {
		t.Errorf("the route of a freeze is %q", got)
	}
	p.refused("PATCH", path+"/status", `{"status":"frozen"}`, http.StatusNotFound, "Not Found")
	p.refused("GET", path+"/export", "", http.StatusMethodNotAllowed, "no GET on /v1/workspaces/{workspace_id}/export")
	p.ok("POST", path+"/export", "", http.StatusOK, new(any))
	p.invalid("POST", path+"/freeze", `{"status":"frozen"}`, "body", "POST takes no body here")
	p.invalid("POST", path+"/freeze?x=1", "", "query", `unknown query parameter "x"`)
	p.refused("POST", workspacesPath+"/x/freeze", "", http.StatusNotFound, "Workspace not found")
	p.refused("POST", workspacesPath+"/"+p.console(`{"permission":"read"}`)+"/freeze", "", http.StatusForbidden, "Missing permission administer on this workspace")
	var answer item
	if reply := p.ok("POST", path+"/freeze", "", http.StatusOK, &answer); !reply.Changed || answer.Status != "frozen" {
		t.Errorf("a freeze answers %s, changed %v", reply.Body, reply.Changed)
	}
	if reply := p.do("POST", path+"/freeze", ""); reply.Status != http.StatusOK || reply.Changed {
		t.Errorf("a second freeze: HTTP %d, changed %v", reply.Status, reply.Changed)
	}
}
