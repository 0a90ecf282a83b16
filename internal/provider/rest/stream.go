package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

const (
	// streamTimeout bounds a stream whose context has no sooner deadline.
	streamTimeout = 10 * time.Minute

	messageUnwritten = "what the vendor sends cannot be written"
)

// errTooLong ends a copy that has filled its room.
var errTooLong = errors.New("there is more than was asked for")

// Stream makes the call, once, and copies the body of a successful answer,
// whatever it is, as it arrives. It is for calls that change nothing. A body
// with more than the call's MaxBytes bytes is an error of class Invalid. Every
// error is a [*provider.Error], or what the gate said; what was copied before
// it stays copied.
func (c *Client) Stream(ctx context.Context, call Call, into io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, streamTimeout)
	defer cancel()
	request, err := c.request(ctx, call)
	if err != nil {
		return err
	}
	if c.gate != nil {
		if err := c.gate.Take(ctx); err != nil {
			return err
		}
	}
	var progress progress
	response, err := c.transport.RoundTrip(request.WithContext(httptrace.WithClientTrace(ctx, progress.trace())))
	if err != nil {
		return c.finish(call, nil, unanswered(ctx, err, progress.sent()))
	}
	defer func() { _ = response.Body.Close() }()

	answer := &Answer{Status: response.StatusCode, Header: response.Header}
	var failure *provider.Error
	if answer.Status >= 200 && answer.Status <= 299 {
		failure = pour(ctx, call, answer, response.Body, into)
	} else {
		failure = c.refused(answer, response.Body)
	}
	if failure == nil {
		return nil
	}
	return c.finish(call, answer, failure)
}

// refused is the failure of an answer that is no success, and so is short.
func (c *Client) refused(answer *Answer, body io.Reader) *provider.Error {
	if answer.Status >= 300 && answer.Status <= 399 {
		return &provider.Error{Class: provider.Transient, Message: messageRedirect}
	}
	content, err := io.ReadAll(io.LimitReader(body, ObjectBytes+1))
	switch {
	case err == nil && len(content) <= ObjectBytes:
		answer.Body = content
		return c.read(answer, nil)
	case answer.Status == http.StatusTooManyRequests:
		return throttled()
	default:
		return broken(answer, fmt.Sprintf("the vendor answers with status %d", answer.Status))
	}
}

// pour copies a body. A web page is not what was asked for, even if it says it
// is a success.
func pour(ctx context.Context, call Call, answer *Answer, body io.Reader, into io.Writer) *provider.Error {
	if failure := notJSON(answer); failure != nil {
		return failure
	}
	sink := sink{into: into, room: call.limit()}
	_, err := io.Copy(&sink, body)
	switch {
	case err == nil:
		return nil
	case errors.Is(sink.err, errTooLong):
		return &provider.Error{Class: provider.Invalid, Message: fmt.Sprintf("the answer has more than %d bytes", call.limit())}
	case sink.err != nil:
		return &provider.Error{Class: provider.Transient, Message: messageUnwritten, Err: sink.err}
	case errors.Is(ctx.Err(), context.Canceled):
		return broken(answer, messageCancelled)
	case timedOut(ctx, err):
		return broken(answer, messageTimeout)
	default:
		return broken(answer, messageCutOff)
	}
}

// sink writes as long as there is room, and remembers its own errors, which
// are not the vendor's.
type sink struct {
	into io.Writer
	room int64
	err  error
}

// Write writes what fits.
func (s *sink) Write(p []byte) (int, error) {
	fits := p[:min(int64(len(p)), s.room)]
	written, err := s.into.Write(fits)
	s.room -= int64(written)
	switch {
	case err != nil:
		s.err = err
	case written < len(fits):
		s.err = io.ErrShortWrite
	case len(fits) < len(p):
		s.err = errTooLong
	}
	return written, s.err
}
