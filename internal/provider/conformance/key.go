package conformance

import (
	"fmt"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// issue makes a key as the subject has it and gives it as the vendor knows it
// afterwards: one whose id stands only in the list is looked up there.
func (r *rig) issue(mark provider.Mark) (provider.Key, provider.Secret) {
	r.t.Helper()
	can := r.can().Key
	made, value, err := r.own.Keys().Issue(r.t.Context(), r.workspace.ID, mark, r.subject.Key)
	if err != nil {
		r.t.Fatal(err)
	}
	r.keep(value.Reveal())
	r.hides(fmt.Sprintf("%v %+v", made, made))
	if value.IsEmpty() {
		r.t.Fatal("the key has no value")
	}
	if want := can.Name(r.subject.Key.DisplayName, mark); made.Name != want || made.Mark != mark {
		r.t.Errorf("issued %q with the mark %q, want %q with %q", made.Name, made.Mark, want, mark)
	}
	if (made.ID == "") != can.IDListed {
		r.t.Fatalf("issued with the id %q; the capabilities say that it stands only in the list: %v", made.ID, can.IDListed)
	}
	if can.IDListed {
		made = r.named(made.Name)
	}
	return made, value
}

// named is the one key of that name in the list; without it the test ends.
func (r *rig) named(name string) provider.Key {
	r.t.Helper()
	var found []provider.Key
	for _, key := range r.allKeys() {
		if key.Name == name {
			found = append(found, key)
		}
	}
	if len(found) != 1 || found[0].ID == "" {
		r.t.Fatalf("the list has %d keys of the name %q, want one with an id", len(found), name)
	}
	return found[0]
}

func (r *rig) allKeys() []provider.Key {
	r.t.Helper()
	all, err := keys(r.t.Context(), r.own, r.workspace.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	r.hides(fmt.Sprintf("%+v", all))
	return all
}

// findsKeys counts the listed keys that bear the mark.
func (r *rig) findsKeys(mark provider.Mark, want int) {
	r.t.Helper()
	found := 0
	for _, key := range r.allKeys() {
		if key.Mark == mark {
			found++
		}
	}
	if found != want {
		r.t.Errorf("%d keys bear the mark %s, want %d", found, mark, want)
	}
}

// seen is the key as the vendor shows it: by itself or, where there is no such
// call, in the list.
func (r *rig) seen(key provider.Key) (provider.Key, error) {
	r.t.Helper()
	if r.can().Key.Get {
		return r.own.Keys().Get(r.t.Context(), r.workspace.ID, key.ID)
	}
	for _, listed := range r.allKeys() {
		if listed.ID == key.ID {
			return listed, nil
		}
	}
	return provider.Key{}, &provider.Error{Class: r.subject.GoneKey, Op: "look for a key", Message: "the list does not have it"}
}

// testKeyLife: issued, shown without its value, revoked twice, and another key
// of the workspace left alone.
func testKeyLife(t *testing.T, subject Subject) {
	can := subject.Driver.Capabilities().Key
	if !can.Issue {
		t.Log("the vendor has no keys")
		return
	}
	r := furnished(t, subject)
	other, _ := r.issue(otherMark().WithSerial(1))
	if other.ID == r.key.ID {
		t.Fatalf("two keys have the id %s", other.ID)
	}
	r.showsKey()
	if can.List != (can.Recovery == provider.RecoverByMark) {
		t.Errorf("the list of keys shows marks: %v; the capabilities say that a lost key is recovered: %s", can.List, can.Recovery)
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
	_, err := r.seen(r.key)
	r.wants(err, subject.GoneKey, false)
	if can.List {
		r.findsKeys(r.mark.WithSerial(1), 0)
	}
	if got, err := r.seen(other); err != nil || got.Mark != other.Mark {
		t.Errorf("the other key is %+v, %v", got, err)
	}
	r.revokesItself()
}

// showsKey reads the key and holds it against what was asked for.
func (r *rig) showsKey() {
	r.t.Helper()
	got, err := r.seen(r.key)
	if err != nil {
		r.t.Fatal(err)
	}
	r.hides(fmt.Sprintf("%v %+v", got, got))
	if got.ID != r.key.ID || got.Name != r.key.Name || got.Mark != r.mark.WithSerial(1) {
		r.t.Errorf("got %+v, want %+v", got, r.key)
	}
	if r.can().Key.Get && got.State == "" {
		r.t.Error("a key that can be read has no state")
	}
	for _, name := range r.can().Key.Fields {
		asked, shown := text(r.subject.Key, name), text(got, name)
		if _, set := only(r.subject.Key, name); !set || name == "displayName" {
			continue
		}
		if _, tells := member(&got, name); tells && shown != asked {
			r.t.Errorf("%s is %q, and %q was asked for", name, shown, asked)
		}
	}
}

// revokesItself: the key that manages a workspace can end itself, and after
// that it is let in no more.
func (r *rig) revokesItself() {
	r.t.Helper()
	credential := r.workspace.Credential
	if credential == nil {
		return
	}
	for attempt := range 2 {
		if err := r.own.Keys().Revoke(r.t.Context(), r.workspace.ID, credential.ID); err != nil {
			r.t.Errorf("the session's own key, revocation %d: %v", attempt+1, err)
		}
	}
	r.wants(r.reach(r.own), provider.Unauthorized, false)
}

// testKeyChanges: every field that can change does so alone, the mark stays,
// and disabling is undone by enabling.
func testKeyChanges(t *testing.T, subject Subject) {
	can := subject.Driver.Capabilities().Key
	if !can.Amend {
		t.Log("the vendor has no change of keys")
		return
	}
	r := furnished(t, subject)
	amend := func(spec provider.KeySpec) error {
		return r.own.Keys().Amend(t.Context(), r.workspace.ID, r.key.ID, spec)
	}
	trial[provider.KeySpec, provider.Key]{
		fields: can.Fields, changeable: can.Changeable, change: subject.KeyChange, update: amend,
		read: func() (provider.Key, error) { return r.seen(r.key) },
		asked: func(spec provider.KeySpec, name string) string {
			if name == "displayName" {
				return can.Name(spec.DisplayName, r.key.Mark)
			}
			return text(spec, name)
		},
	}.plays(r)
	if got, err := r.seen(r.key); err != nil || got.Mark != r.key.Mark || got.State == "" {
		t.Errorf("after the changes the key is %+v, %v", got, err)
	}
	if !can.Changes("access") {
		return
	}
	for _, disabled := range []bool{true, true, false, false} {
		if err := amend(provider.KeySpec{Disabled: &disabled}); err != nil {
			t.Errorf("disabled %v: %v", disabled, err)
		}
		if got, err := r.seen(r.key); err != nil || got.Disabled == nil || *got.Disabled != disabled {
			t.Errorf("after a change to disabled %v it is %+v, %v", disabled, got, err)
		}
	}
}

// testKeyRequired: a key without what it must have is refused before anything
// is sent, and one without anything else is made.
func testKeyRequired(t *testing.T, subject Subject) {
	can := subject.Driver.Capabilities().Key
	if !can.Issue {
		t.Log("the vendor has no keys")
		return
	}
	r := furnished(t, subject)
	for serial, name := range can.Fields {
		r.emulator.ForgetRequests()
		_, value, err := r.own.Keys().Issue(t.Context(), r.workspace.ID, otherMark().WithSerial(serial+1), without(subject.Key, name))
		switch {
		case can.Requires(name):
			r.wants(err, provider.Invalid, false)
			r.sendsNothing()
		case err != nil || value.IsEmpty():
			t.Errorf("without %s, which a key need not have: %v", name, err)
		}
	}
}
