package slaunchx_test

import (
	"net/http"
	"testing"
)

// TestGetWorkspace holds the workspace of the start against the fields and
// values that the documentation has.
func TestGetWorkspace(t *testing.T) {
	p := newPartner(t)
	w := p.state().Workspaces[0]
	want := `{"version":"1.3.0","timestamp":1774051200000,"success":true,"code":"2000","message":"SUCCESS","data":{` +
		`"bizId":"ws_partner_1","institutionBizId":"` + w.InstitutionID + `","entityBizId":"` + w.EntityID + `",` +
		`"workspaceName":"Partner","workspaceTimezone":"UTC",` +
		`"workspaceStatus":{"value":10010701,"name":"Active","code":"ACTIVE"},"workspaceKind":{"value":10010801,"code":"LIVE"},` +
		`"extraData":null,"createdAt":"2026-03-21T00:00:00Z","updatedAt":"2026-03-21T00:00:00Z"}}`
	if reply := p.do("GET", workspace, ""); reply.Status != http.StatusOK || string(reply.Body) != want {
		t.Errorf("HTTP %d\n%s, want 200\n%s", reply.Status, reply.Body, want)
	}
	if w.InstitutionID == "" || w.EntityID == "" || w.InstitutionID == w.EntityID {
		t.Errorf("institution %q and entity %q must be two ids", w.InstitutionID, w.EntityID)
	}
}

func TestEmptyWorkspaces(t *testing.T) {
	const want = `{"version":"1.3.0","timestamp":1774051200000,"success":true,"code":"2000","message":"SUCCESS","data":{}}`
	p := newPartner(t)
	p.configure(`{"emptyWorkspaces":true}`)
	if reply := p.do("GET", workspace, ""); reply.Status != http.StatusOK || string(reply.Body) != want {
		t.Errorf("HTTP %d %s, want 200 %s", reply.Status, reply.Body, want)
	}
	p.invalid("GET", workspace, `{}`, "no body")
	p.refused("GET", base+"none", "", http.StatusNotFound, "4040", "Workspace not found")
}

// TestWorkspaceOfTheConsole: what is set out of band is what is read.
func TestWorkspaceOfTheConsole(t *testing.T) {
	p := newPartner(t)
	p.console("workspaces", `{"id":"ws_2","institutionID":"i","entityID":"e","name":"Two","timezone":"Asia/Tokyo","role":"MEMBER",`+
		`"status":{"value":7,"name":"Frozen","code":"FROZEN"},"kind":{"value":8,"code":"SANDBOX"},"extraData":{"a":[1]},`+
		`"createdAt":"2025-01-02T03:04:05.678Z","updatedAt":"2025-01-03T00:00:00+01:00"}`)
	const want = `{"version":"1.3.0","timestamp":1774051200000,"success":true,"code":"2000","message":"SUCCESS","data":{` +
		`"bizId":"ws_2","institutionBizId":"i","entityBizId":"e","workspaceName":"Two","workspaceTimezone":"Asia/Tokyo",` +
		`"workspaceStatus":{"value":7,"name":"Frozen","code":"FROZEN"},"workspaceKind":{"value":8,"code":"SANDBOX"},` +
		`"extraData":{"a":[1]},"createdAt":"2025-01-02T03:04:05Z","updatedAt":"2025-01-02T23:00:00Z"}}`
	if reply := p.do("GET", base+"ws_2", ""); string(reply.Body) != want {
		t.Errorf("HTTP %d\n%s, want\n%s", reply.Status, reply.Body, want)
	}
}
