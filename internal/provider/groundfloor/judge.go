package groundfloor

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// complaint is an error as the vendor's page on its API shows it.
type complaint struct {
	Detail detail `json:"detail"`
	Code   scalar `json:"code"`
}

// scalar is a text, a number or a truth value. Of anything larger it is empty:
// what was sent may be repeated in there, and must not be shown.
type scalar string

// UnmarshalJSON never fails.
func (s *scalar) UnmarshalJSON(data []byte) error {
	var text rest.Text
	if !isArray(data) && !isObject(data) {
		_ = text.UnmarshalJSON(data)
	}
	*s = scalar(text)
	return nil
}

// detail is a text or, for a request that fails validation, a list of what is
// wrong with it, as the framework the vendor is built on writes it.
type detail string

// UnmarshalJSON never fails: what an error looks like must not hide that it is
// one.
func (d *detail) UnmarshalJSON(data []byte) error {
	items := []json.RawMessage{data}
	if isArray(data) {
		_ = json.Unmarshal(data, &items)
	}
	var texts []string
	for _, item := range items {
		if text := problem(item); text != "" {
			texts = append(texts, text)
		}
	}
	*d = detail(strings.Join(texts, "; "))
	return nil
}

// problem is one thing that is wrong with a request: a text, or what an object
// says of it. The value that was sent, which may stand beside it, is not read.
func problem(item json.RawMessage) string {
	var text scalar
	_ = json.Unmarshal(item, &text)
	var told struct {
		Place place  `json:"loc"`
		Text  scalar `json:"msg"`
	}
	if isObject(item) {
		_ = json.Unmarshal(item, &told)
		text = told.Text
	}
	if text == "" || told.Place == "" {
		return string(text)
	}
	return string(told.Place) + ": " + string(text)
}

// place is a text, or the list of the steps that lead there.
type place string

// UnmarshalJSON never fails.
func (p *place) UnmarshalJSON(data []byte) error {
	steps := make([]scalar, 1)
	if isArray(data) {
		_ = json.Unmarshal(data, &steps)
	} else {
		_ = json.Unmarshal(data, &steps[0])
	}
	var texts []string
	for _, step := range steps {
		if step != "" {
			texts = append(texts, string(step))
		}
	}
	*p = place(strings.Join(texts, "."))
	return nil
}

// errMaybeGone goes with the refusal that is also given for what does not
// exist.
var errMaybeGone = errors.New("not readable, or gone")

// judge is the vendor's table of errors. Its codes are not listed anywhere, so
// the status decides; the code is shown to people.
func judge(answer *rest.Answer) *provider.Error {
	if answer.Status >= 200 && answer.Status <= 299 {
		return nil
	}
	var said complaint
	_ = json.Unmarshal(answer.Body, &said) // what is no complaint says nothing
	failure := answer.Failure(classify(answer.Status), string(said.Code), string(said.Detail))
	if answer.Status == http.StatusNotFound {
		failure.Err = errMaybeGone
	}
	return failure
}

// classify knows what the documentation says of each status. 404 is "missing
// or not readable", so it never means that something is gone.
func classify(status int) provider.Class {
	class, known := map[int]provider.Class{
		http.StatusBadRequest:          provider.Invalid,
		http.StatusUnauthorized:        provider.Unauthorized,
		http.StatusForbidden:           provider.Forbidden,
		http.StatusNotFound:            provider.Forbidden,
		http.StatusConflict:            provider.Conflict,
		http.StatusUnprocessableEntity: provider.Invalid,
		http.StatusTooManyRequests:     provider.Throttled,
	}[status]
	if !known {
		return provider.Transient
	}
	return class
}
