package fake

import (
	"context"
	"slices"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Op is one operation of a session.
type Op string

// The operations, in the operator's words as they stand in errors.
const (
	Check           Op = "check access"
	ListWorkspaces  Op = "list workspaces"
	GetWorkspace    Op = "get workspace"
	CreateWorkspace Op = "create workspace"
	UpdateWorkspace Op = "update workspace"
	DeleteWorkspace Op = "delete workspace"
	ListKeys        Op = "list keys"
	GetKey          Op = "get key"
	IssueKey        Op = "issue key"
	AmendKey        Op = "amend key"
	RevokeKey       Op = "revoke key"
)

// Call is one that a session was asked to make.
type Call struct {
	Op Op
	// Workspace and Key are the ids it was about, as far as they were known.
	Workspace, Key string
	// Mark is that of a creation.
	Mark provider.Mark
	// Credential is the value of the session's first credential key.
	Credential string
	// Worked is true if the vendor did the work, whatever it answered.
	Worked bool
	// Class is that of the error; empty for a success.
	Class provider.Class
}

// Fault spoils one call.
type Fault struct {
	// Block, if set, holds the call up until the channel is closed or the
	// call's context is over.
	Block <-chan struct{}
	// Before is the error given instead of doing the work.
	Before *provider.Error
	// After is the error given once the work is done. It is made Uncertain,
	// unless the call changes nothing.
	After *provider.Error
}

// Lost is the fault that does the work and loses the answer.
func Lost() Fault {
	return Fault{After: &provider.Error{Class: provider.Transient, Message: "the answer was lost"}}
}

// Refused is the fault that answers with this class and does nothing.
func Refused(class provider.Class) Fault {
	return Fault{Before: &provider.Error{Class: class, Message: "refused by the test"}}
}

type planted struct {
	op    Op
	fault Fault
}

// Fail spoils the next call of an operation that no earlier fault is waiting
// for. It holds once.
func (v *Vendor) Fail(op Op, fault Fault) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults = append(v.faults, &planted{op, fault})
}

// Pending is the number of faults that no call has met yet.
func (v *Vendor) Pending() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.faults)
}

// Calls are those of the given operations, all if there are none given, in the
// order in which they ended.
func (v *Vendor) Calls(ops ...Op) []Call {
	v.mu.Lock()
	defer v.mu.Unlock()
	var selected []Call
	for _, call := range v.calls {
		if len(ops) == 0 || slices.Contains(ops, call.Op) {
			selected = append(selected, call)
		}
	}
	return selected
}

// ForgetCalls empties the log.
func (v *Vendor) ForgetCalls() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls = nil
}

func (v *Vendor) take(op Op) Fault {
	v.mu.Lock()
	defer v.mu.Unlock()
	at := slices.IndexFunc(v.faults, func(p *planted) bool { return p.op == op })
	if at < 0 {
		return Fault{}
	}
	fault := v.faults[at].fault
	v.faults = slices.Delete(v.faults, at, at+1)
	return fault
}

// wait is nil if the call may go on.
func (f Fault) wait(ctx context.Context) *provider.Error {
	if f.Block != nil {
		select {
		case <-f.Block:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return &provider.Error{Class: provider.Transient, Message: "the call was cancelled", Err: ctx.Err()}
	}
	return f.Before
}
