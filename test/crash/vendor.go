package crash

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"syscall"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
)

// emulatorURL is where the emulator seems to be.
const emulatorURL = "http://emulator"

// retryAfter is what throttled callers are told, in seconds.
const retryAfter = 7

// wire carries the drivers' requests to the emulator in this process, and lets them go wrong.
type wire struct {
	emulator *emulator.Emulator
	plan     *Plan
	// ended: nothing is sent by a process that has ended.
	ended func() bool
	// sender is who sends, and memory takes down what he sent, and what was executed and its answer does not arrive.
	sender func() string
	memory *memory
	// last is the number of the last request, if it has come to the emulator.
	last int64
	// sent counts the requests that the emulator has had, as its journal does.
	sent *int64
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	if w.ended() {
		return nil, errors.New("the process has ended")
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(request.URL.EscapedPath(), "/"), "/")
	call := Call{Side: Vendor, Verb: request.Method, About: "/" + path, Mutates: mutates(request), Lists: request.Method == http.MethodGet}
	var (
		response *http.Response
		arrived  bool
	)
	w.last = 0
	defer func() {
		if !arrived && w.last > 0 {
			w.memory.unheard[w.last] = true
		}
	}()
	err := w.plan.run(call, func() (err error) {
		sent(request)
		response, err = w.serve(request) //nolint:bodyclose // the driver's
		return err
	}, func(kind Kind) (err error) {
		response, err = w.instead(request, kind) //nolint:bodyclose // the driver's
		return err
	})
	if err != nil {
		return nil, err
	}
	_, cut := response.Body.(*cutOff)
	arrived = !cut
	return response, nil
}

// mutates reports whether a request may change something at the vendor. guance deletes keys with GET.
func mutates(request *http.Request) bool {
	return request.Method != http.MethodGet || strings.HasSuffix(request.URL.Path, "/delete")
}

// sent lets the client know that the request has left it.
func sent(request *http.Request) {
	trace := httptrace.ContextClientTrace(request.Context())
	if trace == nil {
		return
	}
	if trace.GetConn != nil {
		trace.GetConn(request.URL.Host)
	}
	if trace.WroteHeaderField != nil {
		trace.WroteHeaderField("Host", []string{request.URL.Host})
	}
}

// serve has the emulator answer. One that breaks off leaves what was written until then.
func (w *wire) serve(request *http.Request) (response *http.Response, err error) {
	if request.Body == nil {
		request = request.Clone(request.Context())
		request.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	defer func() {
		switch recovered := recover(); {
		case recovered == nil:
		case recovered != http.ErrAbortHandler: //nolint:errorlint // a sentinel that net/http compares so
			panic(recovered)
		case recorder.Body.Len() == 0:
			response, err = nil, io.ErrUnexpectedEOF
		default:
			response = recorder.Result()
			response.Body = &cutOff{recorder.Body}
		}
	}()
	*w.sent++
	w.last = *w.sent
	w.memory.senders[w.last] = w.sender()
	w.emulator.ServeHTTP(recorder, request)
	return recorder.Result(), nil
}

// instead is what a fault has the operator see. The emulator's own faults answer as the vendor, or a proxy before it, would.
func (w *wire) instead(request *http.Request, kind Kind) (*http.Response, error) {
	switch kind {
	case NotExecuted:
		if trace := httptrace.ContextClientTrace(request.Context()); trace != nil && trace.GetConn != nil {
			trace.GetConn(request.URL.Host) // a connection was asked for, and there was none
		}
		return nil, syscall.ECONNREFUSED
	case AnswerLost:
		return nil, io.ErrUnexpectedEOF
	case Deadline:
		sent(request)
		<-request.Context().Done()
		return nil, request.Context().Err()
	case Throttled:
		seconds := retryAfter
		return w.hit(request, fault.Fault{Action: fault.Throttle, RetryAfterSeconds: &seconds})
	case HalfList:
		return w.hit(request, fault.Fault{Action: fault.Truncate})
	default:
		return w.hit(request, fault.Fault{Action: fault.Status, Status: map[Kind]int{
			Conflict: http.StatusConflict, Forbidden: http.StatusForbidden, NotFound: http.StatusNotFound, ServerError: http.StatusInternalServerError,
		}[kind]})
	}
}

// hit has one request go wrong at the emulator.
func (w *wire) hit(request *http.Request, one fault.Fault) (*http.Response, error) {
	sent(request)
	one.Times = 1
	if _, err := w.emulator.AddFault(one); err != nil {
		return nil, err
	}
	defer w.emulator.ClearFaults()
	return w.serve(request)
}

// cutOff is an answer that breaks off.
type cutOff struct{ written io.Reader }

func (c *cutOff) Read(p []byte) (int, error) {
	n, err := c.written.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Close implements io.Closer.
func (*cutOff) Close() error { return nil }

// longPatience bounds a call whose caller set no deadline.
const longPatience = 5 * time.Minute
