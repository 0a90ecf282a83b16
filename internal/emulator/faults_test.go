package emulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
)

// TestFaults plays every kind of fault once on the creation of a portkey
// workspace and looks at three things: what the client sees, whether the
// workspace exists, and what the log says.
func TestFaults(t *testing.T) {
	seven := 7
	tests := []struct {
		name   string
		fault  fault.Fault
		status int // 0 for no answer
		broken error
		body   string // a part of the answer
		made   bool
	}{
		{"status", fault.Fault{Action: fault.Status, Status: 503, Body: "down"}, 503, nil, "down", false},
		{"status after work", fault.Fault{Action: fault.Status, Status: 500, Work: true}, 500, nil, "", true},
		{"throttle", fault.Fault{Action: fault.Throttle, RetryAfterSeconds: &seven}, 429, nil, `"AB06"`, false},
		{"html", fault.Fault{Action: fault.HTML}, 200, nil, "<html>", false},
		{"garbage", fault.Fault{Action: fault.Garbage}, 200, nil, "\x1b", false},
		{"big", fault.Fault{Action: fault.Big, Bytes: 1 << 16}, 200, nil, `{"padding":"aaa`, false},
		{"redirect", fault.Fault{Action: fault.Redirect, URL: "http://127.0.0.1:1/elsewhere"}, 307, nil, "", false},
		{"reset", fault.Fault{Action: fault.Reset}, 0, syscall.ECONNRESET, "", false},
		{"lost", fault.Fault{Action: fault.Lost}, 0, io.EOF, "", true},
		{"truncate", fault.Fault{Action: fault.Truncate}, 200, io.ErrUnexpectedEOF, `{"id":"ws-`, true},
		{"delay", fault.Fault{Action: fault.Delay, DelayMillis: 1}, 200, nil, `"rate_limits":[]}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, emulator.Options{})
			tt.fault.Vendor, tt.fault.Method, tt.fault.Route, tt.fault.Times = "portkey", "POST", "/admin/workspaces", 1
			if _, err := s.AddFault(tt.fault); err != nil {
				t.Fatal(err)
			}
			response, body, err := s.try("POST", "/portkey/v1/admin/workspaces", `{"name":"team"}`,
				"x-portkey-api-key", emulator.DefaultPortkeyAdminKey, "Content-Type", "application/json")
			if !errors.Is(err, tt.broken) {
				t.Errorf("the connection ended with %v, want %v", err, tt.broken)
			}
			status := 0
			if response != nil {
				status = response.StatusCode
			}
			if status != tt.status || !strings.Contains(body, tt.body) {
				t.Errorf("the client sees %d %q, want %d with %q in it", status, body, tt.status, tt.body)
			}
			if made := len(s.Portkey().Workspaces) == 1; made != tt.made {
				t.Errorf("the workspace exists: %v, want %v", made, tt.made)
			}
			entries, _ := s.Requests(journal.Filter{})
			if len(entries) != 1 {
				t.Fatalf("the log has %d entries, want 1: the client must not have repeated a POST", len(entries))
			}
			if e := entries[0]; e.Status != tt.status || e.Worked != tt.made || e.Changed != tt.made || e.Fault != 1 || !e.Done {
				t.Errorf("the log says %+v", e)
			}
			s.createPortkey("the fault is spent")
		})
	}
}

func TestGuanceThrottleFault(t *testing.T) {
	s := start(t, emulator.Options{})
	if _, err := s.AddFault(fault.Fault{Vendor: "guance", Action: fault.Throttle, Times: 1}); err != nil {
		t.Fatal(err)
	}
	status, text := s.guance("GET", "get", "", emulator.DefaultGuanceOwnerKey)
	var envelope struct{ ErrorCode string }
	if err := json.Unmarshal([]byte(text), &envelope); err != nil || status != http.StatusUnauthorized || envelope.ErrorCode != "ft.TriggerApiAkCurrentLimiting" {
		t.Errorf("throttled as HTTP %d %s (%v), want the vendor's 401", status, text, err)
	}
}

// TestLostCreateIsDoneOnce is the case all of this is for: the vendor did the
// work, nobody was told, and the client looks before it tries again.
func TestLostCreateIsDoneOnce(t *testing.T) {
	s := start(t, emulator.Options{})
	if _, err := s.AddFault(fault.Fault{Vendor: "portkey", Method: "POST", Action: fault.Lost, Times: 1}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.try("POST", "/portkey/v1/admin/workspaces", `{"name":"only"}`,
		"x-portkey-api-key", emulator.DefaultPortkeyAdminKey, "Content-Type", "application/json"); err == nil {
		t.Fatal("the answer was not lost")
	}
	status, text := s.portkey("GET", "/admin/workspaces?exact_name=only&page_size=10&current_page=0", "")
	found := must[struct{ Data []identified }](s, status, text)
	if len(found.Data) != 1 || found.Data[0].ID != s.Portkey().Workspaces[0].ID {
		t.Errorf("the client finds %+v", found.Data)
	}
}

// TestClientGoesAway: a client that gives up during a delay ends it, and the
// log says that it was sent nothing.
func TestClientGoesAway(t *testing.T) {
	for _, late := range []bool{false, true} {
		s := start(t, emulator.Options{})
		if _, err := s.AddFault(fault.Fault{Action: fault.Delay, DelayMillis: 3_600_000, Late: late}); err != nil {
			t.Fatal(err)
		}
		ctx, giveUp := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/portkey/v1/admin/workspaces", bytes.NewReader([]byte(`{"name":"n"}`)))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("x-portkey-api-key", emulator.DefaultPortkeyAdminKey)
		request.Header.Set("Content-Type", "application/json")
		failed := make(chan error, 1)
		go func() {
			response, err := s.http.Do(request)
			if err == nil {
				_ = response.Body.Close()
			}
			failed <- err
		}()
		// The entry appears when the request is being served; only then give up.
		awaitLog(s, func(journal.Entry) bool { return !late || len(s.Portkey().Workspaces) == 1 })
		giveUp()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("late %v: the client saw %v", late, err)
		}
		entry := awaitLog(s, func(e journal.Entry) bool { return e.Done })
		if entry.Status != 0 || entry.Worked != late || (len(s.Portkey().Workspaces) == 1) != late {
			t.Errorf("late %v: the log says %+v and there are %d workspaces", late, entry, len(s.Portkey().Workspaces))
		}
	}
}

// awaitLog returns the first log entry once it satisfies the condition. Asking
// over HTTP, as a program outside would, gives way to the request awaited.
func awaitLog(s *server, condition func(journal.Entry) bool) journal.Entry {
	s.t.Helper()
	for {
		var log struct{ Requests []journal.Entry }
		s.control("GET", "/requests", "", &log)
		if len(log.Requests) > 0 && condition(log.Requests[0]) {
			return log.Requests[0]
		}
	}
}
