package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Request is one HTTP request as a vendor sees it: wholly read, with a path
// below the vendor's own mount point and the time it arrived.
type Request struct {
	Method string
	// Path is escaped and starts with a slash.
	Path   string
	Query  url.Values
	Header http.Header
	Body   []byte
	Now    time.Time
}

// Reply is a vendor's answer.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	// Changed says that the vendor's state is no longer what it was, so that
	// it must be saved before the answer leaves.
	Changed bool
}

// JSON is a reply with v as its body. v must be encodable: the vendors pass
// only their own fixed shapes.
func JSON(status int, v any) Reply {
	body, err := json.Marshal(v)
	if err != nil {
		return Reply{Status: http.StatusInternalServerError, Body: []byte(err.Error())}
	}
	return Reply{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// Credential returns the value of a header that must be there exactly once.
func (r *Request) Credential(header string) (string, bool) {
	values := r.Header.Values(header)
	if len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

// Object reads the body as one JSON object sent as application/json; the
// charset, when named, must be UTF-8.
func (r *Request) Object() (*Object, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || len(r.Header.Values("Content-Type")) != 1 {
		return nil, errors.New("Content-Type must be application/json")
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return nil, errors.New("Content-Type must be application/json in UTF-8")
		}
	}
	return ReadObject(r.Body)
}

// NoBody refuses a request that carries a body although its endpoint takes none.
func (r *Request) NoBody() error {
	if len(r.Body) > 0 {
		return fmt.Errorf("%s takes no body here", r.Method)
	}
	return nil
}

// OnlyQuery refuses query parameters other than the allowed ones, and any
// parameter given twice.
func (r *Request) OnlyQuery(allowed ...string) error {
	for name, values := range r.Query {
		if !slices.Contains(allowed, name) {
			return fmt.Errorf("unknown query parameter %q", name)
		}
		if len(values) != 1 {
			return fmt.Errorf("query parameter %q given %d times", name, len(values))
		}
	}
	return nil
}
