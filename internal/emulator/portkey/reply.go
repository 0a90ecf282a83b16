package portkey

import (
	"errors"
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The documented error codes (page "Errors" of the admin API).
const (
	codeInvalid      = "AB01"
	codeInvalid404   = "AB02"
	codeForbidden    = "AB03"
	codeInternal     = "AB04"
	codeUnauthorized = "AB05"
	codeRateLimited  = "AB06"
	codeConflict     = "AB07"
	codeNotFound     = "AB08"
)

// problem is a refusal by a documented code.
type problem struct {
	code    string
	message string
}

func (p problem) Error() string { return p.message }

func (p problem) status() int {
	switch p.code {
	case codeInvalid:
		return http.StatusBadRequest
	case codeForbidden:
		return http.StatusForbidden
	case codeUnauthorized:
		return http.StatusUnauthorized
	case codeRateLimited:
		return http.StatusTooManyRequests
	case codeConflict:
		return http.StatusConflict
	case codeInvalid404, codeNotFound:
		return http.StatusNotFound
	}
	return http.StatusInternalServerError
}

func forbidden(message string) problem { return problem{codeForbidden, message} }

// badGatewayError is what a key without scopes gets: not an answer of the API but
// of the proxy before it.
type badGatewayError struct{}

func (badGatewayError) Error() string { return "502 Bad Gateway" }

// refuse answers with an error: a problem as it says, anything else as a
// request that breaks the rules.
func (v *Vendor) refuse(err error) wire.Reply {
	if errors.Is(err, badGatewayError{}) {
		return wire.Reply{
			Status: http.StatusBadGateway,
			Header: http.Header{"Content-Type": {"text/html"}},
			Body:   []byte("<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n"),
		}
	}
	p := problem{code: codeInvalid, message: err.Error()}
	_ = errors.As(err, &p)
	return wire.JSON(p.status(), v.errorBody(p))
}

// errorBody renders a problem in the shape the settings ask for. All four
// occur in the vendor's documentation.
func (v *Vendor) errorBody(p problem) any {
	switch v.settings.ErrorShape {
	case "message":
		return map[string]any{"success": false, "data": map[string]any{"message": p.message}}
	case "openai":
		return map[string]any{"error": map[string]any{
			"type": "invalid_request_error", "message": p.message, "param": nil, "code": p.code,
		}}
	case "flat":
		return map[string]any{"errorCode": p.code, "message": p.message}
	}
	return map[string]any{"success": false, "data": map[string]any{"message": p.message, "errorCode": p.code}}
}
