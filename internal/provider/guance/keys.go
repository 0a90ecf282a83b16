package guance

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"unicode"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// nameLimit is what the vendor's console takes (page "API key management").
const nameLimit = 50

type keys session

// List yields every key of the session's own workspace; the vendor has no
// pages here. It shows the values too, which are dropped unread.
func (k keys) List(ctx context.Context, workspaceID string) iter.Seq2[provider.Key, error] {
	return func(yield func(provider.Key, error) bool) {
		all, err := k.list(ctx, "list keys", workspaceID)
		if err != nil {
			yield(provider.Key{}, err)
			return
		}
		for _, key := range all {
			if !yield(key, nil) {
				return
			}
		}
	}
}

func (k keys) list(ctx context.Context, op, workspaceID string) ([]provider.Key, error) {
	var answer keyList
	call := rest.Call{Op: op, Method: http.MethodGet, Path: path("accesskey", "list"), MaxBytes: rest.ListBytes}
	if err := k.client.Do(ctx, call, &answer); err != nil {
		return nil, err
	}
	if !answer.complete() {
		return nil, rest.Malformed(op, false)
	}
	all := make([]provider.Key, 0, len(answer.Content))
	for _, info := range answer.Content {
		if info.elsewhere(workspaceID) {
			return nil, elsewhere(op)
		}
		all = append(all, info.key())
	}
	return all, nil
}

// Get reads one key of the session's own workspace. The vendor shows its value
// too, which is dropped unread. A key of another workspace is not found either,
// so that one is not found counts only in the right workspace.
func (k keys) Get(ctx context.Context, workspaceID, id string) (provider.Key, error) {
	const op = "get key"
	var answer content[keyInfo]
	err := k.client.Do(ctx, rest.Call{Op: op, Method: http.MethodGet, Path: path("accesskey", id, "get")}, &answer)
	switch {
	case provider.Is(err, provider.NotFound):
		if _, elsewhere := owned(ctx, k.client, op, workspaceID); elsewhere != nil {
			return provider.Key{}, elsewhere
		}
		return provider.Key{}, err
	case err != nil:
		return provider.Key{}, err
	case answer.Content.UUID != id:
		return provider.Key{}, rest.Malformed(op, false)
	case answer.Content.elsewhere(workspaceID):
		return provider.Key{}, elsewhere(op)
	}
	return answer.Content.key(), nil
}

// Issue adds a key to the session's own workspace. One that turns out to have
// been added to another is taken back and never handed out.
func (k keys) Issue(ctx context.Context, workspaceID string, mark provider.Mark, spec provider.KeySpec) (provider.Key, provider.Secret, error) {
	const op = "issue key"
	body := addRequest{Name: keyName(spec.DisplayName, mark)}
	var answer content[issuedKey]
	call := rest.Call{Op: op, Method: http.MethodPost, Path: path("accesskey", "add"), Body: body}
	if err := k.client.Do(ctx, call, &answer); err != nil {
		return provider.Key{}, provider.Secret{}, err
	}
	issued := answer.Content
	switch {
	case !issued.complete():
		return provider.Key{}, provider.Secret{}, rest.Malformed(op, true)
	case issued.elsewhere(workspaceID):
		failure := elsewhere(op)
		failure.Uncertain = k.remove(ctx, op, issued.UUID) != nil
		return provider.Key{}, provider.Secret{}, failure
	case issued.Name == "":
		issued.Name = rest.Text(body.Name)
	}
	return issued.key(), provider.NewSecret(issued.Value), nil
}

// keyName is the display name with the mark.
func keyName(display string, mark provider.Mark) string {
	return provider.KeyName(display, mark, nameLimit, unicode.IsPrint)
}

// Amend is no call of the open API.
func (keys) Amend(context.Context, string, string, provider.KeySpec) error {
	return provider.NotSupported("amend key")
}

// Revoke deletes the key. Three answers mean that it has been gone before: the
// session's own key is no longer let in; it is not found, in the right
// workspace; it is refused, and a complete list does not have it.
func (k keys) Revoke(ctx context.Context, workspaceID, id string) error {
	const op = "revoke key"
	if !rest.ValidID(id) {
		return rest.Invalid(op, "the identifier cannot be used")
	}
	err := k.remove(ctx, op, id)
	switch {
	case errors.Is(err, errInvalidKey) && id == k.keyID:
		return nil
	case provider.Is(err, provider.NotFound):
		_, err := owned(ctx, k.client, op, workspaceID)
		return err
	case provider.Is(err, provider.Forbidden), provider.Is(err, provider.Invalid), provider.Is(err, provider.Conflict):
		return k.unlessGone(ctx, op, workspaceID, id, err)
	}
	return err
}

// remove sends the vendor's deletion, which is a GET and is confirmed by true.
func (k keys) remove(ctx context.Context, op, id string) error {
	var answer content[rest.Text]
	call := rest.Call{Op: op, Method: http.MethodGet, Path: path("accesskey", id, "delete"), Mutates: true}
	if err := k.client.Do(ctx, call, &answer); err != nil {
		return err
	}
	if answer.Content != "true" {
		return rest.Malformed(op, true)
	}
	return nil
}

// unlessGone decides what a refusal means: nothing, if a complete list does
// not have the key. A list that fails decides nothing.
func (k keys) unlessGone(ctx context.Context, op, workspaceID, id string, refusal error) error {
	all, err := k.list(ctx, op, workspaceID)
	if err != nil {
		return err
	}
	for _, key := range all {
		if key.ID == id {
			return refusal
		}
	}
	return nil
}
