package conformance

import (
	"fmt"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// pageful is more than a page of any vendor, twice.
const pageful = 250

// testOpen: what cannot be used is refused before anything is sent.
func testOpen(t *testing.T, subject Subject) {
	r := newRig(t, subject)
	tests := map[string]func(*provider.Account){
		"no endpoint":       func(a *provider.Account) { a.Endpoint = "" },
		"another scheme":    func(a *provider.Account) { a.Endpoint = "ftp" + r.endpoint[len("http"):] },
		"user in endpoint":  func(a *provider.Account) { a.Endpoint = "http://user:pass@" + r.endpoint[len("http://"):] },
		"query in endpoint": func(a *provider.Account) { a.Endpoint += "?a=b" },
		"no credential":     func(a *provider.Account) { a.Credential = nil },
		"no transport":      func(a *provider.Account) { a.Transport = nil },
	}
	for _, name := range r.can().CredentialKeys {
		for _, value := range []string{"", "a\nb", "trailing\n"} {
			tests[fmt.Sprintf("%s is %q", name, value)] = func(a *provider.Account) { a.Credential[name] = provider.NewSecret(value) }
		}
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			bad := account(t, r.endpoint, subject.Credential)
			change(&bad)
			_, err := subject.Driver.Open(bad)
			r.wants(err, provider.Invalid, false)
		})
	}
	good := account(t, r.endpoint+"///", subject.Credential)
	session, err := subject.Driver.Open(good)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(r.requests()); got != 0 {
		t.Errorf("%d requests by Open alone", got)
	}
	if err := session.Check(t.Context()); err != nil {
		t.Errorf("with slashes behind the endpoint: %v", err)
	}
}

// testCheck: a good credential passes with one request, another is told apart
// from any other trouble.
func testCheck(t *testing.T, subject Subject) {
	r := newRig(t, subject)
	if err := r.class.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if got := r.requests(); len(got) != 1 || got[0].Changed {
		t.Errorf("%d requests, want one that changes nothing", len(got))
	}
	for _, name := range r.can().CredentialKeys {
		session := r.open(with(subject.Credential, name, "not-the-credential"))
		r.wants(session.Check(t.Context()), provider.Unauthorized, false)
	}
}

// testWorkspaceLife: created, seen, found by its mark, changed, deleted twice.
func testWorkspaceLife(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	can := r.can().Workspace
	if r.workspace.ID == "" || r.workspace.Name != subject.Workspace.DisplayName {
		t.Errorf("created %+v", r.workspace)
	}
	if (r.workspace.Credential != nil) != can.OwnCredential {
		t.Errorf("a credential came: %v; the capabilities say %v", r.workspace.Credential != nil, can.OwnCredential)
	}
	r.hides(fmt.Sprintf("%v %+v", r.workspace, r.workspace.Credential))
	if can.Recovery == provider.RecoverByMark {
		r.findsByMark(r.mark, 1)
		r.findsByMark(otherMark(), 0)
	}
	if can.Update {
		if err := r.own.Workspaces().Update(t.Context(), r.workspace.ID, subject.Change); err != nil {
			t.Fatal(err)
		}
		if can.Recovery == provider.RecoverByMark {
			r.findsByMark(r.mark, 1)
		}
	}
	if can.Get {
		got, err := r.own.Workspaces().Get(t.Context(), r.workspace.ID)
		if err != nil || got.ID != r.workspace.ID || got.MarkUnread || got.Credential != nil {
			t.Errorf("got %+v, %v", got, err)
		}
		if can.Update && subject.Change.DisplayName != "" && got.Name != subject.Change.DisplayName {
			t.Errorf("after the update its name is %q", got.Name)
		}
		r.workspace.Name = got.Name
	}
	if can.Delete {
		r.deletesTwice()
	}
}

func (r *rig) deletesTwice() {
	r.t.Helper()
	for attempt := range 2 {
		if err := r.own.Workspaces().Delete(r.t.Context(), r.workspace); err != nil {
			r.t.Fatalf("deletion %d: %v", attempt+1, err)
		}
	}
	if r.can().Workspace.Recovery == provider.RecoverByMark {
		r.findsByMark(r.mark, 0)
	}
	if r.can().Key.Revoke {
		if err := r.own.Keys().Revoke(r.t.Context(), r.workspace.ID, r.key.ID); err != nil {
			r.t.Errorf("a key that went with its workspace is not gone: %v", err)
		}
	}
	if _, err := r.own.Workspaces().Get(r.t.Context(), r.workspace.ID); err == nil {
		r.t.Error("a deleted workspace can be read")
	}
}

// findsByMark looks for workspaces the way a controller does: the list, and
// where it shows no marks, one by one.
func (r *rig) findsByMark(mark provider.Mark, want int) {
	r.t.Helper()
	all, err := workspaces(r.t.Context(), r.class, provider.WorkspaceFilter{})
	if err != nil {
		r.t.Fatal(err)
	}
	found := 0
	for _, item := range all {
		if item.MarkUnread {
			if item, err = r.class.Workspaces().Get(r.t.Context(), item.ID); err != nil {
				r.t.Fatal(err)
			}
		}
		if item.Mark == mark {
			found++
		}
	}
	if found != want {
		r.t.Errorf("%d workspaces bear the mark, want %d", found, want)
	}
}

// testKeyLife: issued, listed without its value, changed, revoked twice.
func testKeyLife(t *testing.T, subject Subject) {
	can := subject.Driver.Capabilities().Key
	if !can.Issue {
		t.Log("the vendor has no keys")
		return
	}
	r := furnished(t, subject)
	r.hides(fmt.Sprintf("%v %+v", r.key, r.key))
	if r.key.ID == "" || r.key.Mark != r.mark.WithSerial(1) {
		t.Errorf("issued %+v", r.key)
	}
	if can.Amend {
		if err := r.own.Keys().Amend(t.Context(), r.workspace.ID, r.key.ID, subject.KeyChange); err != nil {
			t.Fatal(err)
		}
	}
	if can.List {
		r.findsKeys(r.mark.WithSerial(1), 1)
		r.findsKeys(r.mark.WithSerial(2), 0)
	}
	for attempt := range 2 {
		if err := r.own.Keys().Revoke(t.Context(), r.workspace.ID, r.key.ID); err != nil {
			t.Fatalf("revocation %d: %v", attempt+1, err)
		}
	}
	if can.List {
		r.findsKeys(r.mark.WithSerial(1), 0)
	}
	if credential := r.workspace.Credential; credential != nil {
		for attempt := range 2 {
			if err := r.own.Keys().Revoke(t.Context(), r.workspace.ID, credential.ID); err != nil {
				t.Errorf("the session's own key, revocation %d: %v", attempt+1, err)
			}
		}
		r.wants(r.own.Check(t.Context()), provider.Unauthorized, false)
	}
}

func (r *rig) findsKeys(mark provider.Mark, want int) {
	r.t.Helper()
	all, err := keys(r.t.Context(), r.own, r.workspace.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	found := 0
	for _, item := range all {
		if item.Mark == mark {
			found++
		}
	}
	if found != want {
		r.t.Errorf("%d keys bear the mark %s, want %d", found, mark, want)
	}
	r.hides(fmt.Sprintf("%+v", all))
}

// testLists: more than one page, every object once.
func testLists(t *testing.T, subject Subject) {
	can := subject.Driver.Capabilities()
	if can.Key.Issue && can.Key.List {
		t.Run("keys", func(t *testing.T) { testManyKeys(t, subject) })
	}
	if can.Workspace.Create && can.Workspace.List {
		t.Run("workspaces", func(t *testing.T) { testManyWorkspaces(t, subject) })
	}
}

func testManyKeys(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	want := map[string]int{r.key.ID: 1}
	for serial := range pageful {
		made, value, err := r.own.Keys().Issue(t.Context(), r.workspace.ID, r.mark.WithSerial(serial+2), subject.Key)
		if err != nil {
			t.Fatal(err)
		}
		r.keep(value.Reveal())
		want[made.ID] = serial + 2
	}
	all, err := keys(t.Context(), r.own, r.workspace.ID)
	if err != nil {
		t.Fatal(err)
	}
	r.hides(fmt.Sprintf("%+v", all))
	for _, item := range all {
		if !item.Mark.SameOwner(r.mark) {
			continue
		}
		if want[item.ID] != item.Mark.Serial {
			t.Errorf("key %s is listed twice, or with serial %d in place of %d", item.ID, item.Mark.Serial, want[item.ID])
		}
		delete(want, item.ID)
	}
	if len(want) != 0 {
		t.Errorf("%d keys are not listed", len(want))
	}
}

func testManyWorkspaces(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	want := map[string]bool{r.workspace.ID: true}
	for range pageful {
		made, err := r.class.Workspaces().Create(t.Context(), otherMark(), subject.Workspace)
		if err != nil {
			t.Fatal(err)
		}
		want[made.ID] = true
	}
	for _, filter := range []provider.WorkspaceFilter{{}, {Name: subject.Workspace.DisplayName}} {
		all, err := workspaces(t.Context(), r.class, filter)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, item := range all {
			if seen[item.ID] {
				t.Errorf("workspace %s is listed twice", item.ID)
			}
			seen[item.ID] = true
		}
		for id := range want {
			if !seen[id] {
				t.Errorf("workspace %s is not listed", id)
			}
		}
	}
}
