package fake

import (
	"context"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

type session struct {
	vendor  *Vendor
	account provider.Account
}

// Check does nothing else than be let through.
func (s *session) Check(ctx context.Context) error {
	return s.do(ctx, Call{Op: Check}, true, func(*Call) *provider.Error { return nil })
}

// Workspaces are the vendor's.
func (s *session) Workspaces() provider.Workspaces { return workspaces{s} }

// Keys are those of its workspaces.
func (s *session) Keys() provider.Keys { return keys{s} }

func (s *session) credential() string {
	for _, name := range s.vendor.capabilities.CredentialKeys {
		return s.account.Credential[name].Reveal()
	}
	return ""
}

// do is what every call has in common. The work is done with the vendor's lock
// held, so calls that run at once come one after the other, and it may note in
// the call what it was about.
func (s *session) do(ctx context.Context, call Call, supported bool, work func(*Call) *provider.Error) error {
	if !supported {
		return provider.NotSupported(string(call.Op))
	}
	if gate := s.account.Gate; gate != nil {
		if err := gate.Take(ctx); err != nil {
			return err
		}
	}
	call.Credential = s.credential()
	failure := s.try(ctx, &call, work)
	if failure != nil {
		copied := *failure
		copied.Op = string(call.Op)
		call.Class = copied.Class
		failure = &copied
	}
	s.vendor.mu.Lock()
	s.vendor.calls = append(s.vendor.calls, call)
	s.vendor.mu.Unlock()
	if failure == nil {
		return nil
	}
	if failure.Class == provider.Throttled && s.account.Gate != nil {
		s.account.Gate.Pause(failure.RetryAfter)
	}
	return failure
}

func (s *session) try(ctx context.Context, call *Call, work func(*Call) *provider.Error) *provider.Error {
	fault := s.vendor.take(call.Op)
	if failure := fault.wait(ctx); failure != nil {
		return failure
	}
	s.vendor.mu.Lock()
	defer s.vendor.mu.Unlock()
	if s.vendor.rejected[call.Credential] {
		return &provider.Error{Class: provider.Unauthorized, Message: "the credential is not accepted"}
	}
	if failure := work(call); failure != nil {
		return failure
	}
	call.Worked = true
	if fault.After == nil {
		return nil
	}
	lost := *fault.After
	lost.Uncertain = call.Op.mutates()
	return &lost
}

func (o Op) mutates() bool {
	switch o {
	case Check, ListWorkspaces, GetWorkspace, ListKeys, GetKey:
		return false
	default:
		return true
	}
}

// home is the workspace, if the session may act in it. It is called with the
// lock held.
func (s *session) home(id string) (*workspace, *provider.Error) {
	found := s.vendor.find(id)
	if s.vendor.capabilities.Workspace.OwnCredential && (found == nil || found.admin != s.credential()) {
		return nil, &provider.Error{Class: provider.Forbidden, Message: "the credential belongs to another workspace"}
	}
	if found == nil {
		return nil, notFound()
	}
	return found, nil
}

func notFound() *provider.Error {
	return &provider.Error{Class: provider.NotFound, Message: "there is no such object"}
}
