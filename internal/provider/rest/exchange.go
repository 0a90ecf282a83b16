package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// exchange sends the request and reads the answer. The transport is used
// without an [http.Client], so nothing follows a redirect or keeps a cookie.
func (c *Client) exchange(request *http.Request, limit int64) (*Answer, *provider.Error) {
	ctx := request.Context()
	if err := ctx.Err(); err != nil {
		return nil, unanswered(ctx, err, false)
	}
	var progress progress
	response, err := c.transport.RoundTrip(request.WithContext(httptrace.WithClientTrace(ctx, progress.trace())))
	if err != nil {
		return nil, unanswered(ctx, err, progress.sent())
	}
	defer func() { _ = response.Body.Close() }()

	answer := &Answer{Status: response.StatusCode, Header: response.Header}
	if answer.Status >= 300 && answer.Status <= 399 {
		return answer, &provider.Error{Class: provider.Transient, Message: messageRedirect}
	}
	answer.Body, err = io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case answer.Status == http.StatusTooManyRequests && (err != nil || int64(len(answer.Body)) > limit):
		return answer, throttled()
	case err != nil && timedOut(ctx, err):
		return answer, broken(answer, messageTimeout)
	case err != nil:
		return answer, broken(answer, messageCutOff)
	case int64(len(answer.Body)) > limit:
		return answer, broken(answer, fmt.Sprintf("the answer has more than %d MiB", limit>>20))
	}
	return answer, nil
}

// notJSON is the failure of an answer that no vendor documents: some proxy or
// login page stands in the way. An empty body is left to the dialect.
func notJSON(answer *Answer) *provider.Error {
	body := bytes.TrimSpace(answer.Body)
	media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	html := strings.HasSuffix(media, "html") || bytes.HasPrefix(body, []byte("<"))
	switch {
	case len(body) == 0 && !html, json.Valid(body) && !html:
		return nil
	case answer.Status == http.StatusTooManyRequests:
		return throttled()
	case html:
		return broken(answer, fmt.Sprintf("the endpoint answers with status %d and a web page: is it the address of the vendor's API?", answer.Status))
	default:
		return broken(answer, fmt.Sprintf("the endpoint answers with status %d and something that is not JSON", answer.Status))
	}
}

// throttled is said by status alone: 429 means the same on every proxy.
func throttled() *provider.Error {
	return &provider.Error{Class: provider.Throttled, Message: messageThrottled}
}

func broken(answer *Answer, message string) *provider.Error {
	return &provider.Error{Class: provider.Transient, Message: message, Uncertain: inDoubt(answer.Status)}
}

// inDoubt is true of a status that does not exclude that the call took effect:
// success itself, and everything that a server or a gateway says when it has
// lost track.
func inDoubt(status int) bool {
	return status < 300 || status >= 500 || status == http.StatusRequestTimeout
}

// progress tells how far a request came.
type progress struct {
	asked, wrote atomic.Bool
}

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:          func(string) { p.asked.Store(true) },
		WroteHeaderField: func(string, []string) { p.wrote.Store(true) },
	}
}

// sent is false only if it is certain that no part of the request left us:
// the transport reports its steps, and writing was none of them. net/http ends
// its writing before it returns an error.
func (p *progress) sent() bool {
	return !p.asked.Load() || p.wrote.Load()
}
