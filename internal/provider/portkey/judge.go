package portkey

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// complaint is an error in any of the four shapes the vendor's documents show:
// {success, data: {message, errorCode}}, the same without a code,
// {error: {type, message, param, code}}, and {message, errorCode}.
type complaint struct {
	Success *bool
	Data    remark
	Error   remark
	remark
}

// remark is one place where an error may stand.
type remark struct {
	Message   rest.Text `json:"message"`
	ErrorCode rest.Text `json:"errorCode"`
	Code      rest.Text `json:"code"`
	RequestID rest.Text `json:"request_id"`
	// Key is where a value stands in the answer to a creation.
	Key rest.Text `json:"key"`
}

// UnmarshalJSON reads the places one by one. It never fails: what an error
// looks like must not hide that it is one.
func (c *complaint) UnmarshalJSON(data []byte) error {
	var top map[string]json.RawMessage
	_ = json.Unmarshal(data, &top)
	_ = json.Unmarshal(top["success"], &c.Success)
	_ = json.Unmarshal(top["data"], &c.Data)
	if json.Unmarshal(top["error"], &c.Error) != nil {
		_ = json.Unmarshal(top["error"], &c.Error.Message)
	}
	_ = json.Unmarshal(data, &c.remark)
	return nil
}

func (c *complaint) places() []remark { return []remark{c.Data, c.Error, c.remark} }

// errMaybeGone goes with a refusal that is also given for what does not exist.
var errMaybeGone = errors.New("not allowed, or gone")

// judge is the vendor's table of errors. A code counts only with the status it
// is documented with; without a code, the status must do, except that 404 does
// not mean "gone": a wrong address answers it too.
func judge(answer *rest.Answer) *provider.Error {
	var said complaint
	_ = json.Unmarshal(answer.Body, &said)
	refused := said.Success != nil && !*said.Success
	if answer.Status >= 200 && answer.Status <= 299 && !refused {
		return nil
	}
	var code, message, requestID string
	for _, place := range said.places() {
		answer.Hide(string(place.Key))
		code = first(code, first(string(place.ErrorCode), string(place.Code)))
		message = first(message, string(place.Message))
		requestID = first(requestID, string(place.RequestID))
	}
	// Told as it came: in other letters a value would no longer be recognised.
	class, documented := classify(answer.Status, strings.ToUpper(code))
	failure := answer.Failure(class, code, message)
	failure.RequestID = requestID
	if class == provider.Forbidden || (answer.Status == http.StatusNotFound && class != provider.NotFound) {
		failure.Err = errMaybeGone
	}
	failure.Uncertain = !documented && answer.Status < 300
	return failure
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// classify knows the pairs of status and code of the vendor's page "Errors".
func classify(status int, code string) (class provider.Class, documented bool) {
	type pair struct {
		status int
		code   string
	}
	class, documented = map[pair]provider.Class{
		{http.StatusBadRequest, "AB01"}:          provider.Invalid,
		{http.StatusNotFound, "AB02"}:            provider.NotFound,
		{http.StatusForbidden, "AB03"}:           provider.Forbidden,
		{http.StatusInternalServerError, "AB04"}: provider.Transient,
		{http.StatusUnauthorized, "AB05"}:        provider.Unauthorized,
		{http.StatusTooManyRequests, "AB06"}:     provider.Throttled,
		{http.StatusConflict, "AB07"}:            provider.Conflict,
		{http.StatusNotFound, "AB08"}:            provider.NotFound,
		{http.StatusPaymentRequired, "AB09"}:     provider.Exhausted,
	}[pair{status, code}]
	if documented {
		return class, true
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
		return provider.Transient, false
	}
	return class, false
}
