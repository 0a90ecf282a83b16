package oceanbase

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// codeInvalid is the only error code the vendor's documentation names.
const codeInvalid = "INVALID_PARAMETER"

// errMaybeGone goes with a refusal that may as well be about something that
// does not exist: what the vendor answers then is not documented.
var errMaybeGone = errors.New("refused, or gone")

// envelope is what every answer has around its data. An error stands in it in
// one of two shapes: errorCode and errorMessage (page "Using the Open API"),
// or an object and a message (page "Delete an API key").
type envelope struct {
	Success      rest.Text
	ErrorCode    rest.Text
	ErrorMessage rest.Text
	Error        struct {
		Code    rest.Text `json:"code"`
		Message rest.Text `json:"message"`
	}
	Message   rest.Text
	RequestID rest.Text
	// Data has the value that stands in the answer to a creation.
	Data struct {
		Value rest.Text `json:"apiKey"`
	}
}

// UnmarshalJSON reads the places one by one. It never fails: what an error
// looks like must not hide that it is one.
func (e *envelope) UnmarshalJSON(data []byte) error {
	var top map[string]json.RawMessage
	_ = json.Unmarshal(data, &top)
	for name, text := range map[string]*rest.Text{
		"success": &e.Success, "errorCode": &e.ErrorCode, "errorMessage": &e.ErrorMessage, "message": &e.Message, "requestId": &e.RequestID,
	} {
		_ = json.Unmarshal(top[name], text)
	}
	_ = json.Unmarshal(top["data"], &e.Data)
	if json.Unmarshal(top["error"], &e.Error) != nil {
		_ = json.Unmarshal(top["error"], &e.Error.Message)
	}
	return nil
}

func (e *envelope) code() string { return string(cmp.Or(e.ErrorCode, e.Error.Code)) }

func (e *envelope) words() string {
	return string(cmp.Or(e.ErrorMessage, e.Error.Message, e.Message))
}

// judge is [rest.Dialect] Judge. A success is one that the status and the
// envelope both say. An envelope that says neither that nor the contrary is
// not of the documented form.
func (s *signer) judge(answer *rest.Answer) *provider.Error {
	var said envelope
	_ = json.Unmarshal(answer.Body, &said) // what is no envelope says nothing
	answer.Hide(string(said.Data.Value))
	success := answer.Status >= 200 && answer.Status <= 299
	switch {
	case success && said.Success == "true":
		return nil
	case success && said.Success != "false" && said.code() == "":
		failure := rest.Malformed("", true)
		failure.RequestID = string(said.RequestID)
		return failure
	case success && said.Success == "false":
		// The vendor itself says that the request was not successful, and
		// documents nothing that would qualify it. Should it be wrong about a
		// key, that one is still found by its mark.
		answer.Undone()
	}
	class := classify(answer.Status, said.code())
	if class == provider.Transient && missing(answer.Status) && said.Success == "false" {
		// The vendor itself says so, not a wrong address; and it documents nothing
		// that tells "not there" from "not for you".
		class = provider.Forbidden
	}
	failure := answer.Failure(class, said.code(), said.words())
	failure.RequestID = string(said.RequestID)
	switch {
	case maybeGone(answer.Status, failure.Class):
		failure.Err = errMaybeGone
	case answer.Status == http.StatusUnauthorized && !s.basic && challengeIn(answer.Header) == nil:
		// In front, so that it is not what gets cut off.
		failure.Message = "the class asks for Digest authentication, and the endpoint does not offer it: " + failure.Message
	}
	return failure
}

// maybeGone leaves out what is about the credential, the account or the
// vendor's own state.
func maybeGone(status int, class provider.Class) bool {
	switch class {
	case provider.Invalid, provider.Forbidden, provider.Conflict:
		return true
	default:
		return missing(status)
	}
}

func missing(status int) bool { return status == http.StatusNotFound || status == http.StatusGone }

// classify goes by the status, for there is no catalogue of codes. What is
// refused with a status of success is refused for what it says. A status of
// "not found" does not mean "gone": a wrong address answers it too.
func classify(status int, code string) provider.Class {
	if status < http.StatusInternalServerError && code == codeInvalid || status < 300 {
		return provider.Invalid
	}
	class, known := map[int]provider.Class{
		http.StatusBadRequest:          provider.Invalid,
		http.StatusUnauthorized:        provider.Unauthorized,
		http.StatusPaymentRequired:     provider.Exhausted,
		http.StatusForbidden:           provider.Forbidden,
		http.StatusConflict:            provider.Conflict,
		http.StatusUnprocessableEntity: provider.Invalid,
		http.StatusTooManyRequests:     provider.Throttled,
	}[status]
	if !known {
		return provider.Transient
	}
	return class
}
