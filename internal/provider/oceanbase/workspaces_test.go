package oceanbase

import (
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func TestAWorkspaceIsAProjectThatAnswers(t *testing.T) {
	answers := map[string]string{
		"with a key":        fixture(t, "key-list-response.json"),
		"without any":       listed(),
		"with a key broken": listed(`{"id":""}`),
		"with a count":      success(`{"list":[],"total":0}`),
		"with nothing":      success(`{"list":null}`),
		"with a count only": success(`{"total":0}`),
		"with more of them": listed(`{"id":"ak-1"}`, `{"id":"ak-2"}`),
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			got, err := play(t, get(onePage, 200, answer)).Workspaces().Get(t.Context(), project)
			if err != nil {
				t.Fatal(err)
			}
			if diff := diff(provider.Workspace{ID: project, AccountID: organization}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAProjectThatDoesNotAnswer(t *testing.T) {
	tests := map[string]struct {
		status int
		answer string
		class  provider.Class
	}{
		"no list":                 {200, success(`{}`), provider.Transient},
		"no list of something":    {200, success(`{"total":1}`), provider.Transient},
		"a list that is none":     {200, success(`{"list":{}}`), provider.Transient},
		"no data":                 {200, success(`null`), provider.Transient},
		"data of another kind":    {200, success(`[]`), provider.Transient},
		"not a success":           {200, `{"data":{"list":[]}}`, provider.Transient},
		"some other API":          {200, `{"hello":"world"}`, provider.Transient},
		"nothing":                 {200, ``, provider.Transient},
		"not JSON":                {200, `hello`, provider.Transient},
		"a web page":              {200, `<html></html>`, provider.Transient},
		"a wrong address":         {404, `{"detail":"no such route"}`, provider.Transient},
		"not there, or not yours": {404, refusal("", "no such project"), provider.Forbidden},
		"no such project":         {400, refusal("INVALID_PARAMETER", "project"), provider.Invalid},
		"no uid":                  {200, refusal("INVALID_PARAMETER", "uid"), provider.Invalid},
		"not accepted":            {401, refusal("E001R000", "who are you"), provider.Unauthorized},
		"not allowed":             {403, refusal("E001R000", "no"), provider.Forbidden},
		"throttled":               {429, ``, provider.Throttled},
		"broken":                  {500, refusal("E001R000", "oops"), provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := play(t, get(onePage, test.status, test.answer)).Workspaces().Get(t.Context(), project)
			if e := want(t, err, test.class, false); e.Op != "get workspace" {
				t.Errorf("the error is said to be of %q", e.Op)
			}
			if got.ID != "" || got.AccountID != "" {
				t.Errorf("there is a workspace as well as an error: %+v", got)
			}
		})
	}
}

func TestAProjectWhoseAnswerIsLost(t *testing.T) {
	_, err := play(t, dropped(get(onePage, 0, ""))).Workspaces().Get(t.Context(), project)
	want(t, err, provider.Transient, false)
}
