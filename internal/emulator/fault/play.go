package fault

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// Ending says how the connection goes on after an answer.
type Ending int

// The endings.
const (
	// Whole sends the answer.
	Whole Ending = iota
	// Half sends the head and half the body, and closes the connection.
	Half
	// Nothing closes the connection without an answer.
	Nothing
	// Abort does the same with a TCP reset.
	Abort
)

// Outcome is what the client gets.
type Outcome struct {
	Reply  wire.Reply
	Ending Ending
	// Size, if not 0, is the length of a generated JSON body that replaces the
	// reply's.
	Size int64
	// Worked says that the vendor handled the request.
	Worked bool
}

// Sent is the status the client sees, 0 when it sees none.
func (o Outcome) Sent() int {
	if o.Ending == Nothing || o.Ending == Abort {
		return 0
	}
	return o.Reply.Status
}

// Vendor is the part of a vendor that faults need.
type Vendor interface {
	// Throttled is the vendor's own answer to a client that is too fast.
	Throttled(retryAfterSeconds *int) wire.Reply
}

// Play serves one request by the fault. work lets the vendor handle it; it is
// called at most once.
func (f *Fault) Play(ctx context.Context, v Vendor, work func() wire.Reply) Outcome {
	if !f.Late && !f.wait(ctx) {
		return Outcome{Ending: Nothing}
	}
	out := f.outcome(v)
	if f.works() {
		reply := work()
		out.Worked = true
		// The answer may be replaced; that something changed stays true.
		out.Reply.Changed = reply.Changed
		if f.keepsReply() {
			out.Reply = reply
		}
	}
	if f.Late && !f.wait(ctx) {
		out.Ending = Nothing
	}
	return out
}

func (f *Fault) keepsReply() bool {
	return f.Action == Lost || f.Action == Truncate || f.Action == Delay
}

func (f *Fault) works() bool { return f.Work || f.keepsReply() }

// wait reports false when the client went away first.
func (f *Fault) wait(ctx context.Context) bool {
	if f.DelayMillis == 0 {
		return true
	}
	timer := time.NewTimer(time.Duration(f.DelayMillis) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (f *Fault) outcome(v Vendor) Outcome {
	switch f.Action {
	case Status:
		return Outcome{Reply: f.reply(f.Status, "application/json", f.Body)}
	case Throttle:
		return Outcome{Reply: v.Throttled(f.RetryAfterSeconds)}
	case HTML:
		const page = "<!DOCTYPE html><html><head><title>Gateway</title></head><body><h1>Please sign in</h1></body></html>\n"
		return Outcome{Reply: f.reply(http.StatusOK, "text/html; charset=utf-8", page)}
	case Garbage:
		return Outcome{Reply: f.reply(http.StatusOK, "application/json", "{\"id\": \"\x00\xff\x1b[31m\", ]]")}
	case Big:
		return Outcome{Reply: f.reply(http.StatusOK, "application/json", ""), Size: f.Bytes}
	case Redirect:
		reply := f.reply(http.StatusTemporaryRedirect, "text/plain", "")
		reply.Header.Set("Location", f.URL)
		return Outcome{Reply: reply}
	case Reset:
		return Outcome{Ending: Abort}
	case Lost:
		return Outcome{Ending: Nothing}
	case Truncate:
		return Outcome{Ending: Half}
	default: // Delay: the vendor's own answer, whole
		return Outcome{}
	}
}

func (f *Fault) reply(status int, contentType, body string) wire.Reply {
	if f.Status != 0 {
		status = f.Status
	}
	header := http.Header{"Content-Type": {contentType}}
	for name, value := range f.Headers {
		header.Set(name, value)
	}
	return wire.Reply{Status: status, Header: header, Body: bytes.Clone([]byte(body))}
}
