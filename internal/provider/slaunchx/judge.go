package slaunchx

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// hint is added to a refusal that is more often a mismatch than a refusal.
const hint = "; the token, its client hash and the portal of the endpoint have to belong together"

// envelope is what every answer but that to a deletion has around its data.
type envelope struct {
	// Success is true or false; anything else says nothing.
	Success any       `json:"success"`
	Code    rest.Text `json:"code"`
	Message rest.Text `json:"message"`
	Data    values    `json:"data"`
}

// values are those of keys that stand in an answer, whatever else it is.
type values struct {
	Value rest.Text `json:"secret"`
}

// UnmarshalJSON never fails: data of another kind have no values.
func (v *values) UnmarshalJSON(data []byte) error {
	type plain values // without this method
	_ = json.Unmarshal(data, (*plain)(v))
	return nil
}

// judge takes an answer for a success only if the status and the envelope both
// say so, or if the status says that there is no envelope. The code of a
// success varies and is not looked at. An envelope that denies what the status
// says is believed: nothing was done. Only one that shows the value of a new key
// all the same is not, for that key could never be found again.
func judge(answer *rest.Answer) *provider.Error {
	var said envelope
	_ = json.Unmarshal(answer.Body, &said) // what is no envelope says nothing
	answer.Hide(string(said.Data.Value))
	failure := answer.Failure(said.class(answer.Status), string(said.Code), string(said.Message))
	if answer.Status >= 200 && answer.Status <= 299 {
		bare := answer.Status == http.StatusNoContent && len(bytes.TrimSpace(answer.Body)) == 0
		switch {
		case bare, said.Success == true:
			return nil
		case said.Success != false:
			failure = rest.Malformed("", true)
		case said.Data.Value == "":
			answer.Undone()
		}
	}
	if answer.Status == http.StatusForbidden && failure.Class == provider.Unauthorized {
		failure.Message += hint
	}
	failure.RequestID = answer.Header.Get("X-Request-Id")
	return failure
}

// class is the vendor's table of errors. The status comes first, because the
// codes are of two generations. With two statuses the code is needed too: 403
// is a refusal only where a code says so, and otherwise a mismatch of portal,
// client hash and session (page "Error model"); 404 may as well be a wrong
// address, unless the vendor's own envelope and its code say what it is. A
// failure with a status of success is what its code says.
func (e envelope) class(status int) provider.Class {
	byCode := classOf(string(e.Code))
	switch {
	case status >= 200 && status <= 299:
		return byCode
	case status == http.StatusForbidden && byCode != provider.Forbidden:
		return provider.Unauthorized
	case status == http.StatusNotFound && (e.Success != false || byCode != provider.NotFound):
		return provider.Transient
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

// classOf knows the codes of both generations: numbers, which begin with a
// status, and words with dots, which begin with what they are about. There is
// no list of what can be not found, so any such code will do. Another code that
// is not documented does not say that the request will never be accepted, so it
// is Transient and not Invalid: whoever comes again loses nothing, and a person
// is shown the code.
func classOf(code string) provider.Class {
	switch {
	case strings.HasPrefix(code, "AUTH."):
		return provider.Unauthorized
	case strings.HasPrefix(code, "404"), strings.HasSuffix(code, "NOT_FOUND"):
		return provider.NotFound
	}
	class, known := map[string]provider.Class{
		"4010":                         provider.Unauthorized,
		"4030":                         provider.Forbidden,
		"ACCESS.PERMISSION_DENIED":     provider.Forbidden,
		"REQUEST.RATE_LIMITED":         provider.Throttled,
		"REQUEST.CONFLICT":             provider.Conflict,
		"REQUEST.STALE_VERSION":        provider.Conflict,
		"VALIDATION.INVALID_PARAMETER": provider.Invalid,
		"SYSTEM.INTERNAL_ERROR":        provider.Transient,
	}[code]
	if !known {
		return provider.Transient
	}
	return class
}
