package provider

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestErrorShowsOpMessageAndClassAlone(t *testing.T) {
	e := &Error{
		Class: Conflict, Op: "create workspace", Message: "name taken", RequestID: "req-1",
		RetryAfter: time.Minute, Uncertain: true, Err: errors.New("dial tcp 10.0.0.1"),
	}
	if got, want := e.Error(), "create workspace: name taken (Conflict)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatIsAskedOfAnError(t *testing.T) {
	throttled := &Error{Class: Throttled}
	uncertain := &Error{Class: Transient, Uncertain: true}
	tests := map[string]struct {
		err       error
		class     Class
		is        bool // of that class, by Is
		uncertain bool
	}{
		"none":                        {nil, Transient, false, false},
		"an Error":                    {throttled, Throttled, true, false},
		"wrapped":                     {fmt.Errorf("pass: %w", throttled), Throttled, true, false},
		"joined":                      {errors.Join(errors.New("a"), throttled), Throttled, true, false},
		"uncertain":                   {uncertain, Transient, true, true},
		"wrapped uncertain":           {fmt.Errorf("pass: %w", uncertain), Transient, true, true},
		"from anywhere":               {errors.New("boom"), Transient, false, true},
		"a bare context":              {context.DeadlineExceeded, Transient, false, true},
		"an Error that wraps another": {&Error{Class: Invalid, Err: throttled}, Invalid, true, false},
	}
	for name, test := range tests {
		if got := ClassOf(test.err); got != test.class {
			t.Errorf("%s: class %s, want %s", name, got, test.class)
		}
		if got := Is(test.err, test.class); got != test.is {
			t.Errorf("%s: Is %s: %v, want %v", name, test.class, got, test.is)
		}
		if got := IsUncertain(test.err); got != test.uncertain {
			t.Errorf("%s: uncertain %v, want %v", name, got, test.uncertain)
		}
	}
}

func TestTheCauseIsFound(t *testing.T) {
	err := fmt.Errorf("pass: %w", &Error{Class: Transient, Err: context.DeadlineExceeded})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error("errors.Is does not see the cause")
	}
}

func TestNotSupported(t *testing.T) {
	e := NotSupported("list workspaces")
	if got, want := e.Error(), "list workspaces: the vendor has no such operation (Unsupported)"; got != want || e.Uncertain {
		t.Errorf("got %q, uncertain %v; want %q, certain", got, e.Uncertain, want)
	}
}

func TestCapabilityNamesFollowTheTable(t *testing.T) {
	all := Capabilities{
		Workspace: WorkspaceCapabilities{Create: true, Get: true, List: true, Update: true, Freeze: true, Delete: true, Fields: []string{"region", "guance.menuStyle"}},
		Key:       KeyCapabilities{Issue: true, List: true, Amend: true, Revoke: true, Fields: []string{"scopes"}},
	}
	want := "[workspace.create workspace.get workspace.list workspace.update workspace.freeze workspace.delete key.issue key.list key.amend key.revoke]"
	if got := fmt.Sprint(all.Names()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := (Capabilities{}).Names(); len(got) != 0 {
		t.Errorf("a vendor without abilities has %v", got)
	}
	if !all.Workspace.Honours("guance.menuStyle") || all.Workspace.Honours("scopes") || !all.Key.Honours("scopes") || all.Key.Honours("") {
		t.Error("fields are confused")
	}
}
