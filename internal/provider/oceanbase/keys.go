package oceanbase

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"unicode"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// nameLimit is what the vendor's console takes (page "Manage API keys"); it
// wants two characters at least, and the mark alone has more.
const nameLimit = 64

type keys session

// List yields the keys of one project.
func (k keys) List(ctx context.Context, workspaceID string) iter.Seq2[provider.Key, error] {
	return k.list(ctx, "list keys", workspaceID)
}

// Get is no call of the vendor's.
func (keys) Get(context.Context, string, string) (provider.Key, error) {
	return provider.Key{}, provider.NotSupported("get key")
}

// Issue makes a key in the project. The answer has no id: that is in the list,
// beside the name.
func (k keys) Issue(ctx context.Context, workspaceID string, mark provider.Mark, spec provider.KeySpec) (provider.Key, provider.Secret, error) {
	const op = "issue key"
	body := newKey{Name: keyName(spec.DisplayName, mark), Action: spec.Action}
	switch _, marked := provider.ParseKeyName(body.Name); {
	case !marked:
		return provider.Key{}, provider.Secret{}, rest.Invalid(op, "without a mark in its name the key could not be found again")
	case body.Action == "":
		return provider.Key{}, provider.Secret{}, rest.Invalid(op, "spec.action is missing: the vendor wants to know what the key may do")
	}
	var answer issued
	if err := session(k).do(ctx, workspaceID, rest.Call{Op: op, Method: http.MethodPost, Body: body}, &answer); err != nil {
		return provider.Key{}, provider.Secret{}, err
	}
	if !answer.complete(body.Name) {
		return provider.Key{}, provider.Secret{}, rest.Malformed(op, true)
	}
	made := provider.Key{Name: body.Name, Mark: mark, CreatedAt: answer.Data.CreatedAt.Time}
	return made, provider.NewSecret(answer.Data.Value), nil
}

// Amend is no call of the vendor's.
func (keys) Amend(context.Context, string, string, provider.KeySpec) error {
	return provider.NotSupported("amend key")
}

// Revoke deletes the key. What is answered for one that is gone is not
// documented; whatever refuses it is decided by a complete list.
func (k keys) Revoke(ctx context.Context, workspaceID, id string) error {
	const op = "revoke key"
	switch {
	case id == "":
		return rest.Invalid(op, "the identifier is empty")
	case !rest.ValidID(id):
		return rest.Invalid(op, "the identifier cannot be used")
	}
	err := session(k).do(ctx, workspaceID, rest.Call{Op: op, Method: http.MethodDelete, Query: url.Values{"id": {id}}}, nil)
	if errors.Is(err, errMaybeGone) {
		return k.unlessGone(ctx, op, workspaceID, id, err)
	}
	return err
}

// unlessGone decides what a refusal means: nothing, if a complete list does
// not have the key. A list that fails decides nothing.
func (k keys) unlessGone(ctx context.Context, op, workspaceID, id string, refusal error) error {
	for item, err := range k.list(ctx, op, workspaceID) {
		switch {
		case err != nil:
			return err
		case item.ID == id:
			return refusal
		}
	}
	return nil
}

// keyName is within what the vendor's console takes: Chinese characters,
// letters, digits, underscores and hyphens.
func keyName(display string, mark provider.Mark) string {
	return provider.KeyName(display, mark, nameLimit, func(r rune) bool {
		ascii := r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		return ascii || unicode.Is(unicode.Han, r)
	})
}
