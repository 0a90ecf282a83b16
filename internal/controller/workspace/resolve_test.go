package workspace

import (
	"errors"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// TestEstranged: a class of the same name, for another vendor or another account, has
// nothing to say of what the Workspace has.
func TestEstranged(t *testing.T) {
	has := v1alpha1.WorkspaceStatus{Provider: "acme", UUID: "ws-1", AccountID: "aa-1"}
	for name, row := range map[string]struct {
		status          v1alpha1.WorkspaceStatus
		held            bool
		vendor, account string
		words           []string
	}{
		"the class as it was":                             {has, true, "acme", "aa-1", nil},
		"however the account is written":                  {has, true, "acme", "AA-1", nil},
		"a class that names no account":                   {has, true, "acme", "", nil},
		"another vendor":                                  {has, true, "other", "", []string{"other", "acme"}},
		"another vendor, and somebody took our finalizer": {has, false, "other", "", []string{"other", "acme"}},
		"another account":                                 {has, true, "acme", "aa-2", []string{"account aa-2", "account aa-1"}},
		"another vendor, of which a call was made":        {v1alpha1.WorkspaceStatus{Provider: "acme"}, true, "other", "", []string{"other", "acme"}},
		"another vendor, and none was called":             {v1alpha1.WorkspaceStatus{Provider: "acme"}, false, "other", "", nil},
		"the vendor says nothing of the account":          {v1alpha1.WorkspaceStatus{Provider: "acme", UUID: "ws-1"}, true, "acme", "aa-2", nil},
		"nothing is known yet":                            {v1alpha1.WorkspaceStatus{}, true, "acme", "aa-1", nil},
	} {
		ws := gen.Workspace("ws")
		ws.Status = row.status
		if row.held {
			ws.Finalizers = []string{v1alpha1.Finalizer}
		}
		err := estranged(ws, "prod", row.vendor, row.account)
		problem, is := errors.AsType[*account.Problem](err)
		if is != (row.words != nil) || is && problem.Reason != v1alpha1.ReasonClassInvalid {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, word := range row.words {
			if !strings.Contains(problem.Message, word) {
				t.Errorf("%s: %q does not say %q", name, problem.Message, word)
			}
		}
	}
}
