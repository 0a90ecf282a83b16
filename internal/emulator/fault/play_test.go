package fault_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

type vendor struct{}

func (vendor) Throttled(retryAfterSeconds *int) wire.Reply {
	reply := wire.JSON(http.StatusTooManyRequests, map[string]string{"error": "slow down"})
	if retryAfterSeconds != nil {
		reply.Header.Set("Retry-After", "7")
	}
	return reply
}

const answer = `{"id":"abcdefgh"}`

// play serves one real HTTP request by the fault and returns what the client
// got and whether the vendor worked.
func play(t *testing.T, f fault.Fault, secure bool) (worked bool, response *http.Response, body string, err error) {
	t.Helper()
	if problem := f.Validate(); problem != nil {
		t.Fatalf("bad fault: %v", problem)
	}
	done := make(chan bool, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := f.Play(r.Context(), vendor{}, func() wire.Reply {
			return wire.Reply{Status: 201, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(answer), Changed: true}
		})
		if out.Worked != out.Reply.Changed {
			t.Errorf("worked is %v and changed %v, want the same: this vendor always changes", out.Worked, out.Reply.Changed)
		}
		done <- out.Worked
		out.Send(w)
	}))
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	defer server.Close()
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	// A POST: the client must not repeat it by itself when the connection breaks.
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	response, err = client.Do(request)
	if err == nil {
		var data []byte
		data, err = io.ReadAll(response.Body)
		body = string(data)
		_ = response.Body.Close()
	}
	return <-done, response, body, err
}

func TestAnswers(t *testing.T) {
	seven := 7
	tests := []struct {
		name        string
		fault       fault.Fault
		status      int
		contentType string
		header      string // name: value
		body        string
		worked      bool
	}{
		{"status", fault.Fault{Action: fault.Status, Status: 503}, 503, "application/json", "", "", false},
		{
			"status with body and headers",
			fault.Fault{Action: fault.Status, Status: 500, Body: `{"x":1}`, Headers: map[string]string{"content-type": "text/x", "X-A": "b"}},
			500, "text/x", "X-A: b", `{"x":1}`, false,
		},
		{"status after work", fault.Fault{Action: fault.Status, Status: 502, Work: true}, 502, "application/json", "", "", true},
		{"throttle", fault.Fault{Action: fault.Throttle}, 429, "application/json", "Retry-After: ", `{"error":"slow down"}`, false},
		{
			"throttle with Retry-After",
			fault.Fault{Action: fault.Throttle, RetryAfterSeconds: &seven}, 429, "application/json", "Retry-After: 7", `{"error":"slow down"}`, false,
		},
		{"redirect", fault.Fault{Action: fault.Redirect, URL: "http://127.0.0.1:1/x"}, 307, "text/plain", "Location: http://127.0.0.1:1/x", "", false},
		{"redirect by 301", fault.Fault{Action: fault.Redirect, URL: "/y", Status: 301}, 301, "text/plain", "Location: /y", "", false},
		{"delay", fault.Fault{Action: fault.Delay, DelayMillis: 1}, 201, "application/json", "", answer, true},
		{"late delay", fault.Fault{Action: fault.Delay, DelayMillis: 1, Late: true}, 201, "application/json", "", answer, true},
		{"delayed status", fault.Fault{Action: fault.Status, Status: 504, DelayMillis: 1}, 504, "application/json", "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			worked, response, body, err := play(t, tt.fault, false)
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			if response.StatusCode != tt.status || response.Header.Get("Content-Type") != tt.contentType || body != tt.body {
				t.Errorf("answer %d %q %q, want %d %q %q", response.StatusCode, response.Header.Get("Content-Type"), body, tt.status, tt.contentType, tt.body)
			}
			if name, value, ok := strings.Cut(tt.header, ": "); ok && response.Header.Get(name) != value {
				t.Errorf("header %s is %q, want %q", name, response.Header.Get(name), value)
			}
			if worked != tt.worked {
				t.Errorf("the vendor worked: %v, want %v", worked, tt.worked)
			}
		})
	}
}

func TestUnreadableAnswers(t *testing.T) {
	worked, response, body, err := play(t, fault.Fault{Action: fault.HTML}, false)
	if err != nil || worked || response.StatusCode != 200 || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") || !strings.Contains(body, "<html>") {
		t.Errorf("html: %v %v %q, worked %v", err, response, body, worked)
	}
	worked, response, body, err = play(t, fault.Fault{Action: fault.HTML, Status: 502, Work: true}, false)
	if err != nil || !worked || response.StatusCode != 502 {
		t.Errorf("html 502 after work: %v %v %q, worked %v", err, response, body, worked)
	}
	_, response, body, err = play(t, fault.Fault{Action: fault.Garbage}, false)
	if err != nil || response.Header.Get("Content-Type") != "application/json" || json.Valid([]byte(body)) {
		t.Errorf("garbage: %v %v %q, want what says it is JSON and is not", err, response, body)
	}
}

func TestBigAnswers(t *testing.T) {
	for _, size := range []int64{fault.MinBig, 1000, 3 << 20} {
		worked, response, body, err := play(t, fault.Fault{Action: fault.Big, Bytes: size}, false)
		if err != nil || worked || int64(len(body)) != size || response.ContentLength != size || !json.Valid([]byte(body)) {
			t.Errorf("big %d: error %v, %d bytes of %d announced, valid JSON %v", size, err, len(body), response.ContentLength, json.Valid([]byte(body)))
		}
	}
}

func TestBrokenConnections(t *testing.T) {
	for _, secure := range []bool{false, true} {
		name := map[bool]string{false: "plain ", true: "TLS "}[secure]
		t.Run(name+"reset", func(t *testing.T) {
			worked, _, _, err := play(t, fault.Fault{Action: fault.Reset}, secure)
			if !errors.Is(err, syscall.ECONNRESET) || worked {
				t.Errorf("error %v and worked %v, want a connection reset and no work", err, worked)
			}
		})
		t.Run(name+"reset after work", func(t *testing.T) {
			worked, _, _, err := play(t, fault.Fault{Action: fault.Reset, Work: true}, secure)
			if !errors.Is(err, syscall.ECONNRESET) || !worked {
				t.Errorf("error %v and worked %v, want a connection reset after work", err, worked)
			}
		})
		t.Run(name+"lost", func(t *testing.T) {
			worked, response, _, err := play(t, fault.Fault{Action: fault.Lost}, secure)
			if err == nil || response != nil || !worked {
				t.Errorf("answer %v, error %v and worked %v, want work and no answer", response, err, worked)
			}
			if errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("error %v, want an orderly end", err)
			}
		})
		t.Run(name+"truncate", func(t *testing.T) {
			worked, response, body, err := play(t, fault.Fault{Action: fault.Truncate}, secure)
			if response == nil || !errors.Is(err, io.ErrUnexpectedEOF) || body != answer[:len(answer)/2] || !worked {
				t.Errorf("answer %v, body %q, error %v, worked %v; want half of %q, then the end", response, body, err, worked, answer)
			}
		})
	}
}

// TestDelayEndsWithTheClient goes through all that a client can leave behind
// when it goes away during a wait of an hour.
func TestDelayEndsWithTheClient(t *testing.T) {
	const hour = 3_600_000
	tests := []struct {
		name   string
		fault  fault.Fault
		worked bool
	}{
		{"before the work", fault.Fault{Action: fault.Delay, DelayMillis: hour}, false},
		{"after the work", fault.Fault{Action: fault.Delay, DelayMillis: hour, Late: true}, true},
		{"before an answer is lost", fault.Fault{Action: fault.Lost, DelayMillis: hour}, false},
		{"after the work whose answer is lost", fault.Fault{Action: fault.Lost, DelayMillis: hour, Late: true}, true},
		{"before an error", fault.Fault{Action: fault.Status, Status: 500, DelayMillis: hour}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			if !tt.fault.Late {
				cancel()
			}
			worked := false
			out := tt.fault.Play(ctx, vendor{}, func() wire.Reply {
				worked = true
				cancel()
				return wire.Reply{Status: 200, Changed: true}
			})
			if worked != tt.worked || out.Worked != tt.worked {
				t.Errorf("worked is %v and reported as %v, want %v", worked, out.Worked, tt.worked)
			}
			if out.Ending != fault.Nothing || out.Sent() != 0 {
				t.Errorf("the outcome is %+v, want no answer", out)
			}
			cancel()
		})
	}
}

func TestSent(t *testing.T) {
	tests := map[fault.Ending]int{fault.Whole: 201, fault.Half: 201, fault.Nothing: 0, fault.Abort: 0}
	for ending, want := range tests {
		if got := (fault.Outcome{Reply: wire.Reply{Status: 201}, Ending: ending}).Sent(); got != want {
			t.Errorf("ending %d sends %d, want %d", ending, got, want)
		}
	}
}
