package groundfloor

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// Mine lists the workspaces, of whatever account, that the owner of the token
// is a member of: at most limit, or the vendor's default of 100 where limit is
// 0. There may be more. The workspaces are Brief.
func (s Session) Mine(ctx context.Context, limit int) ([]provider.Workspace, error) {
	const op = "list workspaces"
	if err := checkLimit(op, limit); err != nil {
		return nil, err
	}
	return briefs(s.mine(ctx, op, limit))
}

// ByAccount lists the workspaces of the account as the vendor shows them. If
// there are 100 there may be more. The workspaces are Brief.
func (s Session) ByAccount(ctx context.Context) ([]provider.Workspace, error) {
	return briefs(s.byAccount(ctx, "list workspaces"))
}

func briefs(listed []workspace, err error) ([]provider.Workspace, error) {
	if err != nil {
		return nil, err
	}
	all := make([]provider.Workspace, 0, len(listed))
	for _, item := range listed {
		all = append(all, item.brief())
	}
	return all, nil
}

// Export copies the vendor's export of a workspace, CSV or JSON as the vendor
// is set up, to into. An export of more than maxBytes bytes is an error of
// class Invalid. After an error, what was written before it stays written.
func (s Session) Export(ctx context.Context, workspaceID string, into io.Writer, maxBytes int64) error {
	const op = "export workspace"
	if err := checkID(op, workspaceID); err != nil {
		return err
	}
	if maxBytes < 1 {
		return rest.Invalid(op, "the limit in bytes must be at least 1")
	}
	call := rest.Call{
		Op: op, Method: http.MethodGet, Path: path(workspaceID, "export"), MaxBytes: maxBytes,
		Header: http.Header{"Accept": {"application/json, text/csv"}},
	}
	return s.client.Stream(ctx, call, into)
}

// Audit reads the latest entries of a workspace's audit log: at most limit, or
// as many as the vendor likes where limit is 0. What an entry looks like is not
// documented, so each is the vendor's JSON as it came: untrusted, and not for
// logs.
func (s Session) Audit(ctx context.Context, workspaceID string, limit int) ([]json.RawMessage, error) {
	const op = "read audit log"
	if err := checkID(op, workspaceID); err != nil {
		return nil, err
	}
	if err := checkLimit(op, limit); err != nil {
		return nil, err
	}
	call := rest.Call{Op: op, Method: http.MethodGet, Path: path(workspaceID, "audit"), Query: limited(limit), MaxBytes: rest.ListBytes}
	var answer entries[json.RawMessage]
	if err := s.client.Do(ctx, call, &answer); err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, rest.Malformed(op, false)
	}
	if limit > 0 && len(answer) > limit {
		answer = answer[:limit]
	}
	return answer, nil
}

func checkLimit(op string, limit int) error {
	if limit < 0 {
		return rest.Invalid(op, "the limit must not be negative")
	}
	return nil
}

// entries is an array, or the only array of an object: which of the two the
// vendor answers is not documented. It is nil where the answer is neither, or
// where an item in it cannot be read; null is no array.
type entries[T any] []T

// UnmarshalJSON never fails.
func (e *entries[T]) UnmarshalJSON(data []byte) error {
	*e = nil
	var items []T
	if json.Unmarshal(onlyArray(data), &items) == nil {
		*e = items
	}
	return nil
}

// onlyArray is the array that a document is, or the only one it has as a
// member; nil if there is none or more than one.
func onlyArray(data []byte) []byte {
	if isArray(data) {
		return data
	}
	var members map[string]json.RawMessage
	_ = json.Unmarshal(data, &members)
	var only []byte
	for _, member := range members {
		switch {
		case !isArray(member):
		case only != nil:
			return nil
		default:
			only = member
		}
	}
	return only
}

// isArray and isObject look at a value as a decoder hands it out: without space
// before it.
func isArray(value []byte) bool  { return bytes.HasPrefix(value, []byte("[")) }
func isObject(value []byte) bool { return bytes.HasPrefix(value, []byte("{")) }
