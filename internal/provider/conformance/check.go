package conformance

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

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
	want := slices.Sorted(slices.Values(r.can().CredentialKeys))
	if got := slices.Sorted(maps.Keys(subject.Credential)); !slices.Equal(got, want) {
		t.Errorf("the subject's credential has the keys %q, and the capabilities want %q", got, want)
	}
	for _, name := range r.can().CredentialKeys {
		for _, value := range []string{"", "a\nb", "trailing\n"} {
			tests[fmt.Sprintf("%s is %q", name, value)] = func(a *provider.Account) { a.Credential[name] = provider.NewSecret(value) }
		}
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			bad := r.account(subject.Credential)
			change(&bad)
			_, err := subject.Driver.Open(bad)
			r.in(t).wants(err, provider.Invalid, false)
		})
	}
	r.in(t)
	good := r.account(subject.Credential)
	good.Endpoint += "///"
	session, err := subject.Driver.Open(good)
	if err != nil {
		t.Fatal(err)
	}
	r.sendsNothing()
	if err := r.reach(session); err != nil {
		t.Errorf("with slashes behind the endpoint: %v", err)
	}
}

// testCheck: a good credential passes, with one request where there is one to
// make, and another is told apart from any other trouble.
func testCheck(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	r.quiet()
	if err := r.own.Check(t.Context()); err != nil {
		t.Error(err)
	}
	want := 0
	if r.can().Checkable {
		want = 1
	}
	if got := len(r.requests()); got != want {
		t.Errorf("%d requests, want %d", got, want)
	}
	r.leavesAlone()
	for _, name := range r.can().CredentialKeys {
		t.Run("another "+name, func(t *testing.T) {
			r.in(t)
			session := r.open(with(subject.Credential, name, "not-the-credential"))
			r.emulator.ForgetRequests()
			err := session.Check(t.Context())
			if r.can().Checkable {
				r.wants(err, provider.Unauthorized, false)
			} else if err != nil || len(r.requests()) != 0 {
				t.Errorf("%d requests, and %v: there is no way to try a credential alone", len(r.requests()), err)
			}
			if r.can().Workspace.Get {
				_, err = session.Workspaces().Get(t.Context(), r.workspace.ID)
				r.wants(err, provider.Unauthorized, false)
			}
		})
	}
}

// in makes another test the one that the rig reports to.
func (r *rig) in(t *testing.T) *rig {
	r.t = t
	return r
}
