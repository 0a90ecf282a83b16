package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	// ObjectBytes is the most that an answer with one object may have.
	ObjectBytes = 1 << 20
	// ListBytes is the most that one page of a list may have.
	ListBytes = 8 << 20
)

// Call is one request, before it is one.
type Call struct {
	// Op names the call in the operator's words, as "create workspace".
	Op     string
	Method string
	// Path holds the segments that follow the endpoint; each is escaped.
	Path []string
	// Query may be nil.
	Query url.Values
	// Header goes with this request alone; it may be nil.
	Header http.Header
	// Body is sent as JSON unless it is nil.
	Body any
	// Mutates marks a GET that changes something; every other method does.
	Mutates bool
	// MaxBytes bounds the answer; 0 is [ObjectBytes].
	MaxBytes int64
}

func (c Call) mutates() bool { return c.Mutates || c.Method != http.MethodGet }

func (c Call) limit() int64 {
	if c.MaxBytes == 0 {
		return ObjectBytes
	}
	return c.MaxBytes
}

// request builds what goes out. Its error is of class Invalid.
func (c *Client) request(ctx context.Context, call Call) (*http.Request, error) {
	target := *c.base
	target.RawPath = c.base.EscapedPath()
	for _, segment := range call.Path {
		if segment == "" {
			return nil, Invalid(call.Op, "the identifier is empty")
		}
		if climbs(segment) {
			return nil, Invalid(call.Op, "the identifier has a path in it that leads elsewhere")
		}
		target.Path += "/" + segment
		target.RawPath += "/" + url.PathEscape(segment)
	}
	target.RawQuery = call.Query.Encode()

	request, err := http.NewRequestWithContext(ctx, call.Method, target.String(), http.NoBody)
	if err != nil {
		return nil, Invalid(call.Op, "the request cannot be written")
	}
	request.Header = c.header(call)
	if c.dialect.Sign != nil {
		c.dialect.Sign(request)
	}
	if call.Body == nil {
		if call.mutates() && (call.Method == http.MethodGet || call.Method == http.MethodDelete) {
			request.Body = once{}
		}
		return request, nil
	}
	body, err := marshal(call.Body)
	if err != nil {
		return nil, Invalid(call.Op, "the request cannot be written as JSON")
	}
	// Without GetBody, net/http cannot send the body a second time.
	request.Body = io.NopCloser(bytes.NewReader(body))
	request.ContentLength = int64(len(body))
	return request, nil
}

func (c *Client) header(call Call) http.Header {
	header := http.Header{
		"Accept":       {"application/json"},
		"Content-Type": {"application/json"},
		"User-Agent":   {"workspace-operator"},
	}
	for _, more := range []http.Header{c.dialect.Header, call.Header} {
		for name, values := range more {
			header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	if call.Body == nil && !c.dialect.TypeAlways {
		header.Del("Content-Type")
	}
	if c.dialect.Authorize != nil {
		c.dialect.Authorize(header)
	}
	return header
}

// once is an empty body that is not [http.NoBody]. When a connection from the
// pool turns out to be dead, net/http silently sends a GET again. A body that
// cannot be rewound is how it is told that once is all there is. With methods
// that usually have no body nothing of it appears on the wire; the others are
// never sent again.
type once struct{}

// Read finds the end at once.
func (once) Read([]byte) (int, error) { return 0, io.EOF }

// Close does nothing.
func (once) Close() error { return nil }

// marshal is JSON without the escapes for HTML, which no vendor documents.
func marshal(body any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// climbs finds "." and ".." among the parts of a path. They are refused even
// though they would be escaped: proxies are known to decode a path and tidy it
// up before they choose where it leads, and then deleting one object becomes
// deleting another.
func climbs(path string) bool {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '\\' })
	return slices.Contains(parts, ".") || slices.Contains(parts, "..")
}
