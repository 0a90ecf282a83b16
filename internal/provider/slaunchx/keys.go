package slaunchx

import (
	"context"
	"iter"
	"net/http"
	"unicode"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

const (
	// nameLimit is in characters.
	nameLimit = 128
	// collection follows the path of a workspace.
	collection = "api-keys"
)

type keys session

// List is left out: the vendor documents no list of a workspace's keys.
func (keys) List(context.Context, string) iter.Seq2[provider.Key, error] {
	return func(yield func(provider.Key, error) bool) {
		yield(provider.Key{}, provider.NotSupported("list keys"))
	}
}

// Get reads one key. An answer that shows no id is about the key that was asked
// for; one that shows another says nothing about it.
func (k keys) Get(ctx context.Context, workspaceID, id string) (provider.Key, error) {
	const op = "get key"
	if !rest.ValidID(id) {
		return provider.Key{}, unusable(op)
	}
	var answer content[shownKey]
	call := rest.Call{Op: op, Method: http.MethodGet, Path: []string{collection, id}}
	if err := session(k).do(ctx, workspaceID, call, &answer); err != nil {
		return provider.Key{}, err
	}
	if answer.Data == nil || answer.Data.elsewhere(id) {
		return provider.Key{}, rest.Malformed(op, false)
	}
	answer.Data.ID = id
	return answer.Data.key(), nil
}

// Issue makes a key, which the vendor always makes enabled: a spec that wants
// it disabled has to be followed by an Amend. A key without scopes is denied
// everything at the vendor, so it is refused here with class Invalid. Only the
// partner portal makes keys of mode Test.
func (k keys) Issue(ctx context.Context, workspaceID string, mark provider.Mark, spec provider.KeySpec) (provider.Key, provider.Secret, error) {
	const op = "issue key"
	mode, known := modeNumber(spec.Mode)
	switch {
	case !known:
		return provider.Key{}, provider.Secret{}, rest.Invalid(op, "the mode is neither Live nor Test")
	case len(spec.Scopes) == 0:
		return provider.Key{}, provider.Secret{}, rest.Invalid(op, "a key needs at least one scope")
	}
	body := createRequest{Name: keyName(spec.DisplayName, mark), Scopes: spec.Scopes, Mode: mode, IPWhitelist: spec.IPAllowlist}
	var answer content[issuedKey]
	call := rest.Call{Op: op, Method: http.MethodPost, Path: []string{collection}, Body: body}
	if err := session(k).do(ctx, workspaceID, call, &answer); err != nil {
		return provider.Key{}, provider.Secret{}, err
	}
	issued := answer.Data
	switch {
	case issued == nil || !issued.complete():
		return provider.Key{}, provider.Secret{}, rest.Malformed(op, true)
	case issued.Name == "":
		issued.Name = rest.Text(body.Name)
	}
	return issued.key(), provider.NewSecret(issued.Value), nil
}

// Amend enables or disables the key, the only change there is. A spec that
// does not say which sends nothing.
func (k keys) Amend(ctx context.Context, workspaceID, id string, spec provider.KeySpec) error {
	const op = "amend key"
	if !rest.ValidID(id) {
		return unusable(op)
	}
	if spec.Disabled == nil {
		return nil
	}
	verb := "enable"
	if *spec.Disabled {
		verb = "disable"
	}
	return session(k).do(ctx, workspaceID, rest.Call{Op: op, Method: http.MethodPost, Path: []string{collection, id, verb}}, nil)
}

// Revoke deletes the key for good. It is a POST to a path that names no key.
func (k keys) Revoke(ctx context.Context, workspaceID, id string) error {
	const op = "revoke key"
	if !rest.ValidID(id) {
		return unusable(op)
	}
	call := rest.Call{Op: op, Method: http.MethodPost, Path: []string{collection, "delete"}, Body: deleteRequest{KeyID: id}}
	err := session(k).do(ctx, workspaceID, call, nil)
	if provider.Is(err, provider.NotFound) {
		return nil
	}
	return err
}

func unusable(op string) error { return rest.Invalid(op, "the key's identifier cannot be used") }

func keyName(display string, mark provider.Mark) string {
	return provider.KeyName(display, mark, nameLimit, unicode.IsPrint)
}
