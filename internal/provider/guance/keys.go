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

// keyNameLimit is what the vendor's console takes; the API takes more.
const keyNameLimit = 50

type keys struct{ session }

func path(rest ...string) []string {
	return append([]string{"api", "v1", "workspace", "accesskey"}, rest...)
}

// List yields the keys of the workspace, the session's own among them. The
// vendor sends them all at once.
func (k keys) List(ctx context.Context, workspaceID string) iter.Seq2[provider.Key, error] {
	return func(yield func(provider.Key, error) bool) {
		items, err := k.list(ctx, "list keys", workspaceID)
		if err != nil {
			yield(provider.Key{}, err)
			return
		}
		for _, item := range items {
			if !yield(item.observed(), nil) {
				return
			}
		}
	}
}

func (k keys) list(ctx context.Context, op, workspaceID string) ([]key, error) {
	var answer envelope[[]key]
	call := rest.Call{Op: op, Method: http.MethodGet, Path: path("list"), MaxBytes: rest.ListBytes}
	if err := k.client.Do(ctx, call, &answer); err != nil {
		return nil, err
	}
	// No list at all, or by the vendor's own count only a part of it.
	if answer.Content == nil || answer.PageInfo.TotalCount.Value > float64(len(answer.Content)) {
		return nil, rest.Malformed(op, false)
	}
	for _, item := range answer.Content {
		switch {
		case !rest.ValidID(item.UUID):
			return nil, rest.Malformed(op, false)
		case !item.in(workspaceID):
			return nil, foreign(op)
		}
	}
	return answer.Content, nil
}

// in is false if the key says that it belongs to another workspace.
func (k key) in(workspaceID string) bool {
	return k.WorkspaceUUID == "" || string(k.WorkspaceUUID) == workspaceID
}

// Issue adds a key to the workspace. The vendor adds it to whatever workspace
// the session's key belongs to; if that was the wrong one, it is taken back.
func (k keys) Issue(ctx context.Context, workspaceID string, mark provider.Mark, spec provider.KeySpec) (provider.Key, provider.Secret, error) {
	const op = "issue key"
	if workspaceID == "" {
		return provider.Key{}, provider.Secret{}, rest.Invalid(op, "the workspace is not known")
	}
	body := newKey{Name: provider.KeyName(spec.DisplayName, mark, keyNameLimit, unicode.IsPrint)}
	var answer envelope[issuedKey]
	if err := k.client.Do(ctx, rest.Call{Op: op, Method: http.MethodPost, Path: path("add"), Body: body}, &answer); err != nil {
		return provider.Key{}, provider.Secret{}, err
	}
	issued := answer.Content
	if !rest.ValidID(issued.UUID) || issued.SK == "" {
		return provider.Key{}, provider.Secret{}, rest.Malformed(op, true)
	}
	if !issued.in(workspaceID) {
		failure := foreign(op)
		failure.Uncertain = k.remove(ctx, op, issued.UUID) != nil
		return provider.Key{}, provider.Secret{}, failure
	}
	made := issued.observed()
	made.Name, made.Mark = body.Name, mark
	return made, provider.NewSecret(issued.SK), nil
}

// Amend is not supported.
func (keys) Amend(context.Context, string, string, provider.KeySpec) error {
	return provider.NotSupported("amend key")
}

// Revoke deletes a key, which may be the session's own: the last thing that is
// done with it. What counts as "already gone": the vendor no longer knows the
// key that we ask with, if that is the one; it does not find the key, in the
// right workspace; or it refuses, and a complete list does not have the key.
func (k keys) Revoke(ctx context.Context, workspaceID, id string) error {
	const op = "revoke key"
	err := k.remove(ctx, op, id)
	switch {
	case errors.Is(err, errKeyUnknown) && id == k.keyID:
		return nil
	case provider.Is(err, provider.NotFound):
		_, err := k.owned(ctx, op, workspaceID)
		return err
	case errors.Is(err, errMaybeGone):
		return k.unlessGone(ctx, op, workspaceID, id, err)
	}
	return err
}

func (k keys) unlessGone(ctx context.Context, op, workspaceID, id string, refusal error) error {
	items, err := k.list(ctx, op, workspaceID)
	if err != nil {
		return err
	}
	for _, item := range items {
		if item.UUID == id {
			return refusal
		}
	}
	return nil
}

// remove sends the vendor's deletion, which is a GET. The vendor confirms it
// with "true".
func (k keys) remove(ctx context.Context, op, id string) error {
	var answer envelope[any]
	call := rest.Call{Op: op, Method: http.MethodGet, Path: path(id, "delete"), Mutates: true}
	if err := k.client.Do(ctx, call, &answer); err != nil {
		return err
	}
	if answer.Content == false {
		return rest.Malformed(op, true)
	}
	return nil
}
