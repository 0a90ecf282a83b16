package groundfloor

import (
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

// freezing is the one request of Update and Delete, with this answer.
func freezing(status int, answer string) conformance.Exchange {
	return conformance.Exchange{Method: "PATCH", URI: pathAll + "/w1/status", Body: `{"status":"frozen"}`, Status: status, Answer: answer}
}

// changes are the two ways to freeze a workspace.
func changes() map[string]func(*testing.T, provider.Session) error {
	return map[string]func(*testing.T, provider.Session) error{
		"update workspace": func(t *testing.T, s provider.Session) error {
			t.Helper()
			return s.Workspaces().Update(t.Context(), "w1", provider.WorkspaceSpec{Frozen: new(true)})
		},
		"delete workspace": func(t *testing.T, s provider.Session) error {
			t.Helper()
			return s.Workspaces().Delete(t.Context(), provider.Workspace{ID: "w1", AccountID: accountID, State: "active"})
		},
	}
}

// The answer's body is documented nowhere.
func TestEverySuccessfulAnswerToAFreezeIsEnough(t *testing.T) {
	answers := []conformance.Exchange{
		freezing(200, item("w1", "s", "frozen")), freezing(200, item("w1", "s", "active")), freezing(200, ``), freezing(200, `{}`),
		freezing(200, `null`), freezing(200, `"frozen"`), freezing(202, `{"status":"freezing"}`), freezing(204, ``),
	}
	for op, change := range changes() {
		for _, answer := range answers {
			if err := change(t, play(t, answer)); err != nil {
				t.Errorf("%s, answered %d %s: %v", op, answer.Status, answer.Answer, err)
			}
		}
	}
}

func TestAFreezeThatFails(t *testing.T) {
	tests := map[string]struct {
		exchange  conformance.Exchange
		class     provider.Class
		uncertain bool
	}{
		"lost answer":   {conformance.Exchange{Method: "PATCH", URI: pathAll + "/w1/status", Body: `{"status":"frozen"}`, Drop: true}, provider.Transient, true},
		"server error":  {freezing(500, refusal("no")), provider.Transient, true},
		"bad gateway":   {freezing(502, `<html>`), provider.Transient, true},
		"a web page":    {freezing(200, `<html>`), provider.Transient, true},
		"not JSON":      {freezing(200, `done`), provider.Transient, true},
		"bad request":   {freezing(400, refusal("no")), provider.Invalid, false},
		"expired":       {freezing(401, refusal("no")), provider.Unauthorized, false},
		"not allowed":   {freezing(403, refusal("no")), provider.Forbidden, false},
		"another state": {freezing(409, refusal("no")), provider.Conflict, false},
		"not valid":     {freezing(422, fixture(t, "validation-error-response.json")), provider.Invalid, false},
		"throttled":     {freezing(429, refusal("no")), provider.Throttled, false},
		"no such call":  {freezing(405, refusal("no")), provider.Transient, false},
		"redirected":    {freezing(308, ``), provider.Transient, false},
	}
	for op, change := range changes() {
		for name, test := range tests {
			t.Run(op+": "+name, func(t *testing.T) {
				wantOp(t, change(t, play(t, test.exchange)), op, test.class, test.uncertain)
			})
		}
	}
}

func TestAFreezeOfWhatIsMissingOrNotReadable(t *testing.T) {
	err := changes()["update workspace"](t, play(t, freezing(404, refusal("no"))))
	wantOp(t, err, "update workspace", provider.Forbidden, false)
}

func TestADeletionNeedsTheClassToAllowIt(t *testing.T) {
	for _, setting := range []string{"Disabled", ""} {
		for _, seen := range []provider.Workspace{{ID: "w1"}, {ID: "w1", Frozen: true}, {}} {
			err := playWith(t, setting).Workspaces().Delete(t.Context(), seen)
			wantOp(t, err, "delete workspace", provider.Unsupported, false)
			if !strings.Contains(err.Error(), "freezeOnDelete") {
				t.Errorf("the message %q does not name the setting", err)
			}
		}
	}
}

func TestTheSettingIsAboutDeletionOnly(t *testing.T) {
	if err := changes()["update workspace"](t, playWith(t, "Disabled", freezing(200, ``))); err != nil {
		t.Error(err)
	}
}

func TestWhatIsFrozenIsNotFrozenAgain(t *testing.T) {
	if err := play(t).Workspaces().Delete(t.Context(), provider.Workspace{ID: "w1", AccountID: accountID, Frozen: true}); err != nil {
		t.Error(err)
	}
}

func TestAnotherAccountsWorkspaceIsNotDeleted(t *testing.T) {
	for _, frozen := range []bool{false, true} {
		err := play(t).Workspaces().Delete(t.Context(), provider.Workspace{ID: "w1", AccountID: otherID, Frozen: frozen})
		wantOp(t, err, "delete workspace", provider.Forbidden, false)
	}
}

// 404 says "missing or not readable". Only a complete list tells which.
func TestWhetherItIsGoneIsToldByACompleteList(t *testing.T) {
	others := []string{item("w2", "a", "active"), item("w3", "b", "active")}
	hundred := items(accountID, "w-of-many", 100)
	tests := map[string]struct {
		script []conformance.Exchange
		class  provider.Class // "": it is gone
	}{
		"an empty list":             {[]conformance.Exchange{get(pathByAccount, `[]`)}, ""},
		"others only":               {[]conformance.Exchange{get(pathByAccount, list(others...))}, ""},
		"it is there":               {[]conformance.Exchange{get(pathByAccount, list(append(others, item("w1", "c", "active"))...))}, provider.Forbidden},
		"it is there, in capitals":  {[]conformance.Exchange{get(pathByAccount, list(item("W1", "c", "active")))}, provider.Forbidden},
		"it is there, by its slug":  {[]conformance.Exchange{get(pathByAccount, list(item("w9", "w1", "active")))}, provider.Forbidden},
		"a hundred, and no more":    {[]conformance.Exchange{get(pathByAccount, hundred), get(pathMany, `[]`)}, ""},
		"it is behind the hundred":  {[]conformance.Exchange{get(pathByAccount, hundred), get(pathMany, list(item("w1", "c", "active")))}, provider.Forbidden},
		"perhaps cut off":           {[]conformance.Exchange{get(pathByAccount, hundred), get(pathMany, hundred)}, provider.Transient},
		"the list is not readable":  {[]conformance.Exchange{refused("GET", pathByAccount, 404)}, provider.Forbidden},
		"the list is not allowed":   {[]conformance.Exchange{refused("GET", pathByAccount, 403)}, provider.Forbidden},
		"the list is out of order":  {[]conformance.Exchange{refused("GET", pathByAccount, 500)}, provider.Transient},
		"the list is not one":       {[]conformance.Exchange{get(pathByAccount, `{}`)}, provider.Transient},
		"the token has expired":     {[]conformance.Exchange{refused("GET", pathByAccount, 401)}, provider.Unauthorized},
		"the list has a broken one": {[]conformance.Exchange{get(pathByAccount, `[{"name":"w1"}]`)}, provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			script := append([]conformance.Exchange{freezing(404, fixture(t, "error-response.json"))}, test.script...)
			err := changes()["delete workspace"](t, play(t, script...))
			if test.class == "" {
				if err != nil {
					t.Errorf("it is gone, and that is %v", err)
				}
				return
			}
			wantOp(t, err, "delete workspace", test.class, false)
		})
	}
}

// A refusal that means something else is no reason to look, and no success.
func TestARefusalIsNotTakenForGone(t *testing.T) {
	for _, status := range []int{400, 403, 409, 410, 422} {
		if err := changes()["delete workspace"](t, play(t, freezing(status, refusal("no")))); err == nil {
			t.Errorf("%d was taken for a success", status)
		}
	}
}

// No identifier leads anywhere else than to its own segment of the path.
func TestHostileIdentifiersAreNotSent(t *testing.T) {
	for name, id := range map[string]string{
		"empty": "", "a dot": ".", "up": "..", "up and over": "../w1", "over and up": "w1/../w2", "backslash": `..\w1`,
		"line break": "w1\r\nX-Evil: 1", "null byte": "w1\x00", "not UTF-8": "\xff\xfe", "long": strings.Repeat("x", 3000),
	} {
		session := play(t)
		_, getErr := session.Workspaces().Get(t.Context(), id)
		_, auditErr := session.Audit(t.Context(), id, 0)
		for call, err := range map[string]error{
			"get": getErr, "audit": auditErr,
			"update":          session.Workspaces().Update(t.Context(), id, provider.WorkspaceSpec{Frozen: new(true)}),
			"update, nothing": session.Workspaces().Update(t.Context(), id, provider.WorkspaceSpec{}),
			"delete":          session.Workspaces().Delete(t.Context(), provider.Workspace{ID: id}),
			"delete, frozen":  session.Workspaces().Delete(t.Context(), provider.Workspace{ID: id, Frozen: true}),
			"export":          session.Export(t.Context(), id, &strings.Builder{}, 1),
		} {
			if e := want(t, err, provider.Invalid, false); e.Message != "the identifier cannot be used" {
				t.Errorf("%s with an identifier that is %s: %v", call, name, e)
			}
		}
	}
}

func TestIdentifiersAreEscaped(t *testing.T) {
	for id, segment := range map[string]string{
		"8ca7d2a2-…": "8ca7d2a2-%E2%80%A6", "a/b": "a%2Fb", "a?force=true": "a%3Fforce=true", "a#b": "a%23b", "%2e%2e": "%252e%252e", "a b": "a%20b",
	} {
		read := pathAll + "/" + segment
		session := play(t, refused("GET", read, 404),
			conformance.Exchange{Method: "PATCH", URI: read + "/status", Body: `{"status":"active"}`, Status: 404, Answer: refusal("no")})
		_, err := session.Workspaces().Get(t.Context(), id)
		want(t, err, provider.Forbidden, false)
		want(t, session.Workspaces().Update(t.Context(), id, provider.WorkspaceSpec{Frozen: new(false)}), provider.Forbidden, false)
	}
}
