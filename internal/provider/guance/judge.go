package guance

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// throttlePause is how long to wait when the vendor throttles, for it never
// says: its limits are counted per minute.
const throttlePause = time.Minute

var (
	// errMaybeGone goes with a refusal that may mean that the object is gone:
	// the documentation does not say how that is answered.
	errMaybeGone = errors.New("refused, or gone")
	// errKeyUnknown goes with the vendor's code for a key it does not know.
	errKeyUnknown = errors.New("the key is not known")
)

// said is the envelope as far as errors are concerned.
type said struct {
	Code      rest.Number `json:"code"`
	ErrorCode rest.Text   `json:"errorCode"`
	Message   rest.Text   `json:"message"`
	Success   rest.Number `json:"success"`
	TraceID   rest.Text   `json:"traceId"`
	Content   values      `json:"content"`
}

// values finds the values of keys in an answer, whatever else it is.
type values struct{ found []string }

// UnmarshalJSON never fails.
func (v *values) UnmarshalJSON(data []byte) error {
	var content struct {
		SK     rest.Text `json:"sk"`
		AKInfo struct {
			KeySK rest.Text `json:"keySk"`
		} `json:"akInfo"`
	}
	_ = json.Unmarshal(data, &content)
	v.found = []string{string(content.SK), string(content.AKInfo.KeySK)}
	return nil
}

// judge takes for a success what has status 200 and says so itself.
func judge(answer *rest.Answer) *provider.Error {
	var said said
	_ = json.Unmarshal(answer.Body, &said)
	if answer.Status == http.StatusOK && said.Success.Value == 1 {
		return nil
	}
	for _, value := range said.Content.found {
		answer.Hide(value)
	}
	class, cause := said.classify(answer.Status)
	failure := answer.Failure(class, string(said.ErrorCode), string(said.Message))
	failure.Err = cause
	failure.RequestID = string(said.TraceID)
	if class == provider.Throttled {
		failure.RetryAfter = throttlePause
	}
	// Below 300 only a refusal in the vendor's own terms is one for certain.
	failure.Uncertain = answer.Status < 300 && class == provider.Transient
	return failure
}

// classify knows the vendor's codes, with and without their prefix as the
// documentation has them, and after them the meaning of the status. It is not
// fooled by the status of throttling, which is 401.
func (s said) classify(status int) (provider.Class, error) {
	switch strings.TrimPrefix(strings.ToLower(string(s.ErrorCode)), "ft.") {
	case "triggerapiakcurrentlimiting", "triggerapiworkspacecurrentlimiting":
		return provider.Throttled, nil
	case "invalidapikey":
		return provider.Unauthorized, errKeyUnknown
	case "routernotfound":
		return provider.Invalid, nil
	case "internalerror":
		return provider.Transient, nil
	}
	// The code in the envelope mirrors the status, and says more than a 200.
	if status == http.StatusOK && s.Code.Known {
		status = int(s.Code.Value)
	}
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return provider.Invalid, errMaybeGone
	case http.StatusUnauthorized:
		return provider.Unauthorized, nil
	case http.StatusForbidden:
		return provider.Forbidden, errMaybeGone
	case http.StatusNotFound:
		if s.Success.Known || s.Code.Known {
			return provider.NotFound, nil
		}
		// Not in the vendor's envelope: a wrong address answers so too.
		return provider.Transient, errMaybeGone
	case http.StatusConflict:
		return provider.Conflict, errMaybeGone
	case http.StatusTooManyRequests:
		return provider.Throttled, nil
	}
	return provider.Transient, nil
}
