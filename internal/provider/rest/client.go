package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

const (
	// callTimeout bounds a call whose context has no sooner deadline.
	callTimeout = 30 * time.Second
	// pauseDefault closes the gate when a throttling vendor does not say for how long.
	pauseDefault = 30 * time.Second
)

// Dialect is what the client has to know about a vendor.
type Dialect struct {
	// Header goes with every request. Accept and Content-Type are
	// application/json unless it says otherwise; Content-Type is only sent
	// with a body, or where TypeAlways says so.
	Header http.Header
	// TypeAlways sends Content-Type without a body too, to a vendor that
	// requires it of every request.
	TypeAlways bool
	// Authorize puts the credential into the header of one request. It is a
	// function so that no printed client can show a credential. Nil where Sign
	// does it.
	Authorize func(http.Header)
	// Sign puts a credential into the header that depends on the rest of the
	// request: its method and its address. The body it leaves alone. It is
	// called once for every request. Nil where there is none.
	Sign func(*http.Request)
	// Challenged is told of a request that was answered with 401, and reports
	// whether Sign can now do better. Then the same call is sent once more, and
	// never a third time. Nil where a refusal is final.
	Challenged func(*http.Request, *Answer) bool
	// Judge reads an answer of any status but 3xx, whose body is JSON or
	// empty. Nil is success. Of the error it fills Class, Message (the
	// vendor's words as they are), RequestID, a RetryAfter to use where the
	// answer has no such header, and Uncertain where a status below 500 does
	// not exclude that the call took effect; see also [Answer.Undone]. The
	// client does the rest.
	Judge func(*Answer) *provider.Error
}

// Answer is what came back, body and all.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte

	secrets []string
	undone  bool
}

// Undone says that the answer itself denies that the call took effect, and is
// believed although its status is one of success.
func (a *Answer) Undone() { a.undone = true }

// Hide keeps a value out of the message made from this answer.
func (a *Answer) Hide(value string) {
	a.secrets = append(a.secrets, value)
}

// Failure makes an error of what the vendor said. Its own words are used only
// where they help a person to act and stay the same in every attempt; how busy
// or how broken a vendor is, it may say differently each time.
func (a *Answer) Failure(class provider.Class, code, words string) *provider.Error {
	message := strings.TrimSpace(words)
	switch class {
	case provider.Throttled:
		message = messageThrottled
	case provider.Transient:
		message = fmt.Sprintf("the vendor answers with status %d", a.Status)
	default:
		if message == "" {
			message = fmt.Sprintf("the vendor answers with status %d and says no more", a.Status)
		}
	}
	if code = Clean(code, codeLimit); code != "" {
		// In front, so that it is not what gets cut off.
		message = code + ": " + message
	}
	return &provider.Error{Class: class, Message: message}
}

// Client speaks for one account. It is safe for concurrent use.
type Client struct {
	base      *url.URL
	dialect   Dialect
	transport http.RoundTripper
	gate      provider.Gate
	secrets   []provider.Secret
}

// NewClient checks the endpoint once and for all. Its error is of class
// Invalid.
func NewClient(account provider.Account, dialect Dialect) (*Client, error) {
	base, problem := parseEndpoint(account.Endpoint)
	if problem != "" {
		return nil, invalidAccount(problem)
	}
	if account.Transport == nil {
		return nil, invalidAccount("the account has no transport")
	}
	client := &Client{base: base, dialect: dialect, transport: account.Transport, gate: account.Gate}
	for _, secret := range account.Credential {
		if !secret.IsEmpty() {
			client.secrets = append(client.secrets, secret)
		}
	}
	return client, nil
}

// Do makes the call, once, and decodes the answer into what into points at,
// unless that is nil. A request that is refused with a challenge the dialect
// can meet does not count: nothing came of it. Every error is a
// [*provider.Error], or what the gate said.
func (c *Client) Do(ctx context.Context, call Call, into any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request, err := c.admit(ctx, call)
	if err != nil {
		return err
	}
	answer, failure := c.exchange(request, call.limit())
	if c.challenged(request, answer) {
		if request, err = c.admit(ctx, call); err != nil {
			return err
		}
		answer, failure = c.exchange(request, call.limit())
	}
	if failure == nil {
		failure = c.read(answer, into)
	}
	if failure == nil {
		return nil
	}
	return c.finish(call, answer, failure)
}

// read judges a complete answer and decodes it.
func (c *Client) read(answer *Answer, into any) *provider.Error {
	if failure := notJSON(answer); failure != nil {
		return failure
	}
	if failure := c.dialect.Judge(answer); failure != nil {
		denied := answer.undone && answer.Status < http.StatusInternalServerError
		failure.Uncertain = failure.Uncertain || inDoubt(answer.Status) && !denied
		return failure
	}
	if answer.Status < 200 || answer.Status > 299 {
		message := fmt.Sprintf("the vendor answers with status %d", answer.Status)
		return &provider.Error{Class: provider.Transient, Message: message, Uncertain: inDoubt(answer.Status)}
	}
	if into == nil {
		return nil
	}
	// The decoder's error quotes the answer, so it goes nowhere.
	if json.Unmarshal(answer.Body, into) != nil {
		return &provider.Error{Class: provider.Transient, Message: messageForm, Uncertain: true}
	}
	return nil
}

// finish turns a failure into the error the caller sees. The answer is nil
// where none came.
func (c *Client) finish(call Call, answer *Answer, failure *provider.Error) error {
	failure.Op = call.Op
	failure.Uncertain = failure.Uncertain && call.mutates()
	failure.RequestID = Clean(failure.RequestID, requestIDLimit)
	if answer != nil {
		if wait, said := retryAfter(answer.Header, time.Now()); said {
			failure.RetryAfter = wait
		}
		failure.Message = c.scrub(failure.Message, failure.RequestID, answer.secrets)
		failure.RequestID = c.conceal(failure.RequestID, answer.secrets)
		if failure.Message == "" {
			failure.Message = fmt.Sprintf("the vendor answers with status %d and says no more", answer.Status)
		}
	}
	if failure.Class == provider.Throttled && c.gate != nil {
		pause := failure.RetryAfter
		if pause == 0 {
			pause = pauseDefault
		}
		c.gate.Pause(pause)
	}
	return failure
}

// Malformed is the error for an answer that was accepted as a success and yet
// lacks what the vendor documents. Whatever was asked for may have happened.
func Malformed(op string, mutates bool) *provider.Error {
	return &provider.Error{Class: provider.Transient, Op: op, Message: messageForm, Uncertain: mutates}
}

// Invalid is the error for a request that is not worth sending.
func Invalid(op, message string) *provider.Error {
	return &provider.Error{Class: provider.Invalid, Op: op, Message: message}
}
