package groundfloor

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// fitToKeep reports what would do harm in a status.
func fitToKeep(t *testing.T, w provider.Workspace, data []byte) {
	t.Helper()
	for what, text := range map[string]string{
		"slug": w.Slug, "state": w.State, "account": w.AccountID, "region": w.Region, "tenancy model": w.TenancyModel, "run": w.ProvisioningRunID,
	} {
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > 256 {
			t.Errorf("%q: the %s %q cannot be kept", data, what, text)
		}
	}
	if w.Frozen && (w.Pending || w.State != statusFrozen) {
		t.Errorf("%q: state %q, pending %v, frozen %v", data, w.State, w.Pending, w.Frozen)
	}
	if y := w.CreatedAt.Year(); y < 1 || y > 9999 {
		t.Errorf("%q: the year %d cannot be written down", data, y)
	}
}

func FuzzDecodeWorkspaces(f *testing.F) {
	f.Add([]byte(fixture(f, "list-response.json")))
	f.Add([]byte(`[]`))
	f.Add([]byte(`[null]`))
	f.Add([]byte(`{"workspaces":[{"id":"a"}],"next":null}`))
	f.Add([]byte(`[{"id":"a","status":"frozen","created_at":"9999-12-31T23:59:59-23:59"},{"id":"\u0000"}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var all entries[workspace]
		if err := json.Unmarshal(data, &all); err != nil && json.Valid(data) {
			t.Errorf("%q spoils an answer: %v", data, err)
		}
		believed := usable(all)
		if believed && all == nil {
			t.Errorf("%q is no list and was taken for one", data)
		}
		own := Session{accountID: accountID}.own(all)
		if len(own) > len(all) {
			t.Errorf("%q: %d workspaces were made of %d", data, len(own), len(all))
		}
		for _, w := range own {
			if believed && !rest.ValidID(w.ID) {
				t.Errorf("%q: the id %q was let through", data, w.ID)
			}
			if !w.Brief {
				t.Errorf("%q: a list is said to show everything", data)
			}
			fitToKeep(t, w, data)
		}
	})
}

func FuzzDecodeAccepted(f *testing.F) {
	f.Add([]byte(fixture(f, "create-response.json")))
	f.Add([]byte(`{"id":"r1"}`))
	f.Add([]byte(`{"id":"w","slug":"s","status":"active","run_id":7}`))
	f.Add([]byte(`{"slug":"s","status":"active","run_id":"r1"}`))
	f.Add([]byte(`{"workspace_id":"../x","provisioning_run_id":null}`))
	f.Add([]byte(`{"workspace":{"id":"w"},"run":{"id":7}}`))
	f.Add([]byte(`"r1"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer accepted
		if err := json.Unmarshal(data, &answer); err != nil {
			if json.Valid(data) {
				t.Errorf("%q spoils an answer: %v", data, err)
			}
			return
		}
		w := answer.observed(newWorkspace{AccountID: accountID, Name: "n", Region: "r", Slug: "s"})
		if w.ID != "" && !rest.ValidID(w.ID) || w.ProvisioningRunID != "" && !rest.ValidID(w.ProvisioningRunID) {
			t.Errorf("%q: the ids %q and %q were let through", data, w.ID, w.ProvisioningRunID)
		}
		if w.ID == "" && !w.Pending {
			t.Errorf("%q: a workspace without an id is ready", data)
		}
		fitToKeep(t, w, data)
	})
}

func FuzzDecodeEnvironments(f *testing.F) {
	f.Add([]byte(`[{"id":"e1","name":"dev","status":"active"}]`))
	f.Add([]byte(`{"environments":["dev",7,null,{"slug":"x","state":"y"}]}`))
	f.Add([]byte(`{"environments":{"dev":{"id":"e1"},"total":1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var read environments
		if err := json.Unmarshal(data, &read); err != nil && json.Valid(data) {
			t.Errorf("%q spoils an answer: %v", data, err)
		}
		seen := read.observed()
		if len(seen) > environmentsLimit {
			t.Errorf("%q gives %d environments", data, len(seen))
		}
		for _, one := range seen {
			if one.Name == "" || utf8.RuneCountInString(one.Name) > wordLimit || one.ID != "" && !rest.ValidID(one.ID) {
				t.Errorf("%q: %+v cannot be kept", data, one)
			}
		}
	})
}

func FuzzDecodeEntries(f *testing.F) {
	f.Add([]byte(`[{"action":"x"}]`))
	f.Add([]byte(`{"entries":[1],"total":1}`))
	f.Add([]byte(`{"a":[],"b":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var read entries[json.RawMessage]
		if err := json.Unmarshal(data, &read); err != nil && json.Valid(data) {
			t.Errorf("%q spoils an answer: %v", data, err)
		}
		for _, entry := range read {
			if !json.Valid(entry) {
				t.Errorf("%q: the entry %q is no JSON", data, entry)
			}
		}
	})
}

func FuzzDecodeComplaint(f *testing.F) {
	f.Add(404, []byte(fixture(f, "error-response.json")))
	f.Add(422, []byte(fixture(f, "validation-error-response.json")))
	f.Add(200, []byte(`{}`))
	f.Add(409, []byte(`{"detail":[{"loc":"x"},null]}`))
	f.Add(422, []byte(`{"detail":{"msg":["x"]},"code":{}}`))
	f.Fuzz(func(t *testing.T, status int, data []byte) {
		failure := judge(&rest.Answer{Status: status, Body: data})
		switch success := status >= 200 && status <= 299; {
		case (failure == nil) != success:
			t.Errorf("%d %q: %v", status, data, failure)
		case failure == nil:
		case failure.Class == "" || failure.Message == "" || failure.Class == provider.NotFound:
			t.Errorf("%d %q: class %q, message %q", status, data, failure.Class, failure.Message)
		case failure.RequestID != "" || failure.Uncertain:
			t.Errorf("%d %q: something nobody documents was read: %+v", status, data, failure)
		}
	})
}
