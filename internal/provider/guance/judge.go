package guance

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// codeError is an error code as it is compared: in small letters, and without
// the prefix "ft." that one page of the vendor's documentation has and another
// has not. It is the cause of the errors made from it.
type codeError string

func (c codeError) Error() string { return "the vendor's error code is " + string(c) }

// The codes that say more than the status (page "Public error definitions").
const (
	errKeyThrottled       codeError = "triggerapiakcurrentlimiting"
	errWorkspaceThrottled codeError = "triggerapiworkspacecurrentlimiting"
	errInvalidKey         codeError = "invalidapikey"
)

// throttledFor is how long a throttled account waits: both limits are counted
// by the minute, and no answer is documented to say what is left of it.
const throttledFor = time.Minute

// envelope is what every answer has around its content.
type envelope struct {
	// Code repeats the status.
	Code      rest.Number `json:"code"`
	ErrorCode rest.Text   `json:"errorCode"`
	Message   rest.Text   `json:"message"`
	Success   rest.Text   `json:"success"`
	TraceID   rest.Text   `json:"traceId"`
	Content   values      `json:"content"`
}

// values are those of keys that stand in an answer, whatever else it is.
type values struct {
	Value rest.Text `json:"sk"`
	Admin struct {
		Value rest.Text `json:"keySk"`
	} `json:"akInfo"`
}

// UnmarshalJSON never fails: a content of another kind has no values.
func (v *values) UnmarshalJSON(data []byte) error {
	type plain values // without this method
	_ = json.Unmarshal(data, (*plain)(v))
	return nil
}

// judge takes an answer for a success only if the status and the envelope both
// say so.
func judge(answer *rest.Answer) *provider.Error {
	var said envelope
	_ = json.Unmarshal(answer.Body, &said) // what is no envelope says nothing
	status := answer.Status
	if status == http.StatusOK {
		switch {
		case said.Success == "true":
			return nil
		case said.Success == "":
			return rest.Malformed("", true)
		case said.Code.Known:
			status = int(said.Code.Value)
		}
	}
	answer.Hide(string(said.Content.Value))
	answer.Hide(string(said.Content.Admin.Value))
	code := codeError(strings.TrimPrefix(strings.ToLower(string(said.ErrorCode)), "ft."))
	class := classify(status, code)
	if class == provider.NotFound && said.Code.Value != http.StatusNotFound {
		// Whoever said that, it was not the vendor: perhaps the address is wrong.
		class = provider.Transient
	}
	failure := answer.Failure(class, string(said.ErrorCode), string(said.Message))
	failure.RequestID = string(said.TraceID)
	failure.Err = code
	if class == provider.Throttled {
		failure.RetryAfter = throttledFor
	}
	return failure
}

// classify is the vendor's table of errors. A code comes before the status,
// because this vendor throttles with 401.
func classify(status int, code codeError) provider.Class {
	switch code {
	case errKeyThrottled, errWorkspaceThrottled:
		return provider.Throttled
	case errInvalidKey:
		return provider.Unauthorized
	}
	class, known := map[int]provider.Class{
		http.StatusBadRequest:          provider.Invalid,
		http.StatusUnauthorized:        provider.Unauthorized,
		http.StatusForbidden:           provider.Forbidden,
		http.StatusNotFound:            provider.NotFound,
		http.StatusConflict:            provider.Conflict,
		http.StatusUnprocessableEntity: provider.Invalid,
		http.StatusTooManyRequests:     provider.Throttled,
	}[status]
	if !known {
		return provider.Transient
	}
	return class
}
