package oceanbase

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// codeInvalidParameter is the only error code that the documentation of these
// endpoints names, for a parameter that is missing.
const codeInvalidParameter = "INVALID_PARAMETER"

// server is the address that every answer says it comes from.
const server = "192.0.2.1:8080"

// The values of Settings.ErrorShape.
const (
	shapeGeneral = "general"
	shapeMaas    = "maas"
)

// envelope surrounds the answers to a list and to a deletion, and errors where
// the settings say so.
type envelope struct {
	Action    string `json:"action"`
	Data      any    `json:"data"`
	Error     any    `json:"error"`
	Message   string `json:"message"`
	RequestID string `json:"requestId"`
	Server    string `json:"server"`
	Success   bool   `json:"success"`
}

// wrap returns the envelope of a successful answer.
func (c *call) wrap(data any) envelope {
	return envelope{
		Action: c.action, Data: data, Error: struct{}{}, Message: "success",
		RequestID: c.requestID, Server: server, Success: true,
	}
}

// errorBody is what the envelope holds in error.
type errorBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// generalError is an error as the guide to the Open API shows it.
type generalError struct {
	Success      bool   `json:"success"`
	ErrorCode    string `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
	RequestID    string `json:"requestId"`
}

// problem is a refusal. The code is empty where the documentation names none.
type problem struct {
	status  int
	code    string
	message string
	// challenges say how to authenticate.
	challenges []string
}

func (p problem) Error() string { return p.message }

// refuse answers with an error: a problem as it says, anything else as a
// request that breaks the rules.
func (v *Vendor) refuse(c *call, err error) wire.Reply {
	p := problem{status: http.StatusBadRequest, code: codeInvalidParameter, message: err.Error()}
	_ = errors.As(err, &p)
	status := p.status
	if v.settings.SoftErrors && status != http.StatusUnauthorized && status != http.StatusTooManyRequests {
		status = http.StatusOK
	}
	reply := wire.JSON(status, v.errorShape(c, p))
	for _, challenge := range p.challenges {
		reply.Header.Add("WWW-Authenticate", challenge)
	}
	return reply
}

// errorShape renders a problem in the form the settings ask for.
func (v *Vendor) errorShape(c *call, p problem) any {
	if v.settings.ErrorShape == shapeMaas {
		return envelope{
			Action: c.action, Data: struct{}{}, Error: errorBody{Code: p.code, Message: p.message}, Message: p.message,
			RequestID: c.requestID, Server: server,
		}
	}
	return generalError{ErrorCode: p.code, ErrorMessage: p.message, RequestID: c.requestID}
}

// Throttled is the answer to a client that is too fast. The documentation
// describes none, so it is the plain one of HTTP; a Retry-After is sent only
// if asked for.
func (v *Vendor) Throttled(retryAfterSeconds *int) wire.Reply {
	return v.throttle(&call{requestID: v.requestID(&wire.Request{})}, retryAfterSeconds)
}

func (v *Vendor) throttle(c *call, retryAfterSeconds *int) wire.Reply {
	reply := v.refuse(c, problem{status: http.StatusTooManyRequests, message: "too many requests"})
	if retryAfterSeconds != nil {
		reply.Header.Set("Retry-After", strconv.Itoa(*retryAfterSeconds))
	}
	return reply
}
