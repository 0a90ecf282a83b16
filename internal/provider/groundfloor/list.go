package groundfloor

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

const (
	// listDefault is how many workspaces the vendor shows where it is not told
	// a limit. It is documented for the list of memberships, and there is
	// neither a second page nor a total.
	listDefault = 100
	// listLimit is the limit it is told where that matters.
	listLimit = 1000
)

// all is every workspace of the account, or an error.
//
// Whether the default limit applies to the list by account is not documented.
// If it shows exactly that many, the list of memberships is read as well, with
// a limit: whoever creates a workspace becomes a member of it, so what this
// token has made is there in any case. If that one may be cut off, too, the
// absence of a workspace proves nothing.
func (s Session) all(ctx context.Context, op string) ([]provider.Workspace, error) {
	listed, err := s.byAccount(ctx, op)
	if err != nil {
		return nil, err
	}
	if len(listed) == listDefault {
		mine, err := s.mine(ctx, op, listLimit)
		if err != nil {
			return nil, err
		}
		if len(mine) >= listLimit || len(mine) == listDefault {
			return nil, &provider.Error{Class: provider.Transient, Op: op, Message: "the list may be cut off"}
		}
		for _, item := range mine {
			if item.AccountID == "" {
				return nil, rest.Malformed(op, false)
			}
		}
		listed = append(listed, mine...)
	}
	return s.own(listed), nil
}

// own leaves out what belongs to other accounts, and what was there before.
func (s Session) own(listed []workspace) []provider.Workspace {
	var own []provider.Workspace
	seen := map[string]bool{}
	for _, item := range listed {
		if s.foreign(string(item.AccountID)) || seen[item.ID] {
			continue
		}
		seen[item.ID] = true
		own = append(own, item.brief())
	}
	return own
}

// brief is an item of a list, which shows no environments.
func (w workspace) brief() provider.Workspace {
	seen := w.observed()
	seen.Brief = true
	return seen
}

// byAccount reads a list whose form is not documented.
func (s Session) byAccount(ctx context.Context, op string) ([]workspace, error) {
	var listed entries[workspace]
	err := s.list(ctx, rest.Call{Op: op, Path: path("by-account", s.accountID)}, &listed)
	return believed(op, listed, err)
}

// mine reads the list of memberships, a bare array; limit 0 is the vendor's
// default.
func (s Session) mine(ctx context.Context, op string, limit int) ([]workspace, error) {
	var listed []workspace
	err := s.list(ctx, rest.Call{Op: op, Path: path(), Query: limited(limit)}, &listed)
	return believed(op, listed, err)
}

func limited(limit int) url.Values {
	if limit == 0 {
		return nil
	}
	return url.Values{"limit": {strconv.Itoa(limit)}}
}

func (s Session) list(ctx context.Context, call rest.Call, into any) error {
	call.Method, call.MaxBytes = http.MethodGet, rest.ListBytes
	return s.client.Do(ctx, call, into)
}

// believed is a list that was read without an error and is usable.
func believed(op string, listed []workspace, err error) ([]workspace, error) {
	switch {
	case err != nil:
		return nil, err
	case !usable(listed):
		return nil, rest.Malformed(op, false)
	}
	return listed, nil
}

// usable reports whether a list is one, and whether every object in it can be
// addressed. What cannot must not be left out: a short list is a wrong list.
func usable(listed []workspace) bool {
	for _, item := range listed {
		if !rest.ValidID(item.ID) {
			return false
		}
	}
	return listed != nil
}
