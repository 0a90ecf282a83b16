package portkey

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"time"
	"unicode"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// keyNameLimit is ours: the vendor documents none.
const keyNameLimit = 128

type keys struct{ client *rest.Client }

// List yields the keys of one workspace. Without a workspace the vendor would
// show those of the whole organisation.
func (k keys) List(ctx context.Context, workspaceID string) iter.Seq2[provider.Key, error] {
	call := rest.Call{Op: "list keys", Method: http.MethodGet, Path: []string{"api-keys"}, Query: url.Values{"workspace_id": {workspaceID}}}
	return func(yield func(provider.Key, error) bool) {
		if workspaceID == "" {
			yield(provider.Key{}, rest.Invalid(call.Op, "the workspace is not known"))
			return
		}
		for item, err := range list(ctx, k.client, call, func(item key) string { return item.ID }) {
			if err != nil {
				yield(provider.Key{}, err)
				return
			}
			if !yield(item.observed(), nil) {
				return
			}
		}
	}
}

// Get reads one key. The vendor asks for no workspace here: its ids are unique.
// One that was deleted behind the operator's back may answer 403, like one this
// key may not see, so that is class Forbidden.
func (k keys) Get(ctx context.Context, _, id string) (provider.Key, error) {
	found, err := k.get(ctx, "get key", id)
	if err != nil {
		return provider.Key{}, err
	}
	return found.observed(), nil
}

func (k keys) get(ctx context.Context, op, id string) (key, error) {
	var found key
	if err := k.client.Do(ctx, rest.Call{Op: op, Method: http.MethodGet, Path: []string{"api-keys", id}}, &found); err != nil {
		return key{}, err
	}
	if found.ID != id {
		return key{}, rest.Malformed(op, false)
	}
	return found, nil
}

// Issue makes a service key of the workspace.
func (k keys) Issue(ctx context.Context, workspaceID string, mark provider.Mark, spec provider.KeySpec) (provider.Key, provider.Secret, error) {
	const op = "issue key"
	body, err := newKeyBody(op, workspaceID, mark, spec)
	if err != nil {
		return provider.Key{}, provider.Secret{}, err
	}
	var issued issuedKey
	call := rest.Call{Op: op, Method: http.MethodPost, Path: []string{"api-keys", "workspace", "service"}, Body: body}
	if err := k.client.Do(ctx, call, &issued); err != nil {
		return provider.Key{}, provider.Secret{}, err
	}
	if !issued.complete() {
		return provider.Key{}, provider.Secret{}, rest.Malformed(op, true)
	}
	return made(issued.ID, body.Name, mark, spec), provider.NewSecret(issued.Key), nil
}

// made is the key that was asked for: the answer shows no more than its id.
func made(id, name string, mark provider.Mark, spec provider.KeySpec) provider.Key {
	return provider.Key{
		ID: id, Name: name, Mark: mark, Scopes: spec.Scopes,
		UsageLimits: spec.UsageLimits, RateLimits: spec.RateLimits, ExpiresAt: spec.ExpiresAt,
	}
}

func newKeyBody(op, workspaceID string, mark provider.Mark, spec provider.KeySpec) (newKey, error) {
	switch {
	case workspaceID == "":
		return newKey{}, rest.Invalid(op, "the workspace is not known")
	case len(spec.Scopes) == 0:
		return newKey{}, rest.Invalid(op, "a key needs at least one scope")
	}
	usage, rate, err := keyLimits(op, spec)
	if err != nil {
		return newKey{}, err
	}
	return newKey{
		Name: keyName(spec.DisplayName, mark), WorkspaceID: workspaceID, Scopes: spec.Scopes,
		UsageLimits: usage, RateLimits: rate, ExpiresAt: expiry(spec.ExpiresAt),
	}, nil
}

// Amend changes what the spec sets. The mark is in the name, so a new name is
// made from the current one's mark.
func (k keys) Amend(ctx context.Context, _, id string, spec provider.KeySpec) error {
	const op = "amend key"
	usage, rate, err := keyLimits(op, spec)
	switch {
	case err != nil:
		return err
	case spec.Scopes != nil && len(spec.Scopes) == 0:
		return rest.Invalid(op, "a key needs at least one scope")
	case spec.UsageLimits != nil && usage == nil:
		return &provider.Error{Class: provider.Unsupported, Op: op, Message: "the vendor has no way to take the usage limit off a key"}
	}
	body := keyChange{Scopes: spec.Scopes, UsageLimits: usage.changed(), ExpiresAt: expiry(spec.ExpiresAt)}
	if spec.RateLimits != nil {
		body.RateLimits = &rate
	}
	if spec.DisplayName != "" {
		if body.Name, err = k.renamed(ctx, op, id, spec.DisplayName); err != nil {
			return err
		}
	}
	if body.empty() {
		return nil
	}
	return k.client.Do(ctx, rest.Call{Op: op, Method: http.MethodPut, Path: []string{"api-keys", id}, Body: body}, nil)
}

// renamed is the name the key should have, or nothing if it has it already.
func (k keys) renamed(ctx context.Context, op, id, display string) (string, error) {
	current, err := k.get(ctx, op, id)
	if err != nil {
		return "", err
	}
	wanted := keyName(display, current.observed().Mark)
	if wanted == current.Name {
		return "", nil
	}
	return wanted, nil
}

func (c keyChange) empty() bool {
	return c.Name == "" && c.Scopes == nil && c.UsageLimits == nil && c.RateLimits == nil && c.ExpiresAt == ""
}

// Revoke deletes the key. The vendor answers 403 for one that is gone as well
// as for one out of reach; then a complete list decides, and where the list is
// refused because the workspace went with its keys, the list of workspaces.
func (k keys) Revoke(ctx context.Context, workspaceID, id string) error {
	err := k.client.Do(ctx, rest.Call{Op: "revoke key", Method: http.MethodDelete, Path: []string{"api-keys", id}}, nil)
	switch {
	case provider.Is(err, provider.NotFound):
		return nil
	case errors.Is(err, errMaybeGone):
		return k.unlessGone(ctx, workspaceID, id, err)
	}
	return err
}

func (k keys) unlessGone(ctx context.Context, workspaceID, id string, refusal error) error {
	for item, err := range k.List(ctx, workspaceID) {
		switch {
		case errors.Is(err, errMaybeGone):
			return workspaces(k).unlessGone(ctx, workspaceID, err)
		case err != nil:
			return err
		case item.ID == id:
			return refusal
		}
	}
	return nil
}

// keyLimits converts the limits; a key takes one usage limit at most.
func keyLimits(op string, spec provider.KeySpec) (*usageLimit, []rateLimit, error) {
	usage, rate, err := limitsOf(op, spec.UsageLimits, spec.RateLimits)
	switch {
	case err != nil:
		return nil, nil, err
	case len(usage) > 1:
		return nil, nil, rest.Invalid(op, "a key takes one usage limit at most")
	case len(usage) == 0:
		return nil, rate, nil
	}
	return &usage[0], rate, nil
}

// keyName is the display name with the mark, or without one where there is
// none to keep.
func keyName(display string, mark provider.Mark) string {
	if mark.IsZero() {
		return display
	}
	return provider.KeyName(display, mark, keyNameLimit, unicode.IsPrint)
}

func expiry(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
