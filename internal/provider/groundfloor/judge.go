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
	Detail detail    `json:"detail"`
	Code   rest.Text `json:"code"`
}

// detail is a text or, for a request that fails validation, a list of what is
// wrong with it, as the framework the vendor is built on writes it.
type detail string

// UnmarshalJSON never fails: what an error looks like must not hide that it is
// one.
func (d *detail) UnmarshalJSON(data []byte) error {
	var problems []problem
	if json.Unmarshal(data, &problems) == nil && len(problems) > 0 {
		texts := make([]string, 0, len(problems))
		for _, problem := range problems {
			texts = append(texts, problem.text())
		}
		*d = detail(strings.Join(texts, "; "))
		return nil
	}
	var text rest.Text
	_ = text.UnmarshalJSON(data)
	*d = detail(text)
	return nil
}

// problem is one thing that is wrong with a request. The value that was sent,
// which may stand beside it, is not read.
type problem struct {
	Place []rest.Text `json:"loc"`
	Text  rest.Text   `json:"msg"`
}

func (p problem) text() string {
	place := make([]string, 0, len(p.Place))
	for _, part := range p.Place {
		place = append(place, string(part))
	}
	if len(place) == 0 {
		return string(p.Text)
	}
	return strings.Join(place, ".") + ": " + string(p.Text)
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
