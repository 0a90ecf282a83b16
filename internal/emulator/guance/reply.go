package guance

import (
	"errors"
	"net/http"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The documented error codes (page "Error definition").
const (
	codeKeyLimit       = "ft.TriggerApiAkCurrentLimiting"
	codeWorkspaceLimit = "ft.TriggerApiWorkspaceCurrentLimiting"
	codeInvalidKey     = "ft.InvalidAPIKey"
	codeRouterNotFound = "ft.RouterNotFound"
)

// envelope surrounds every answer, good or bad.
type envelope struct {
	Code      int    `json:"code"`
	Content   any    `json:"content"`
	ErrorCode string `json:"errorCode"`
	Message   string `json:"message"`
	Success   bool   `json:"success"`
	TraceID   string `json:"traceId"`
}

// problem is a refusal. The code is empty where the documentation names none.
type problem struct {
	status  int
	code    string
	message string
}

func (p problem) Error() string { return p.message }

func tooManyByKey() problem {
	return problem{http.StatusUnauthorized, codeKeyLimit, "too many requests for this API key"}
}

// missing refuses an id that does not exist (any more).
func missing(what string) problem {
	return problem{http.StatusNotFound, "", what + " does not exist"}
}

// forbidden refuses an id of another workspace.
func forbidden(what string) problem {
	return problem{http.StatusForbidden, "", "no access to this " + what}
}

// refuse answers with an error: a problem as it says, anything else as a
// request that breaks the rules.
func (v *Vendor) refuse(err error) wire.Reply {
	p := problem{status: http.StatusBadRequest, message: err.Error()}
	_ = errors.As(err, &p)
	if v.settings.PlainErrorCodes {
		p.code = strings.TrimPrefix(p.code, "ft.")
		p.code = strings.Replace(p.code, "InvalidAPIKey", "InvalidApiKey", 1)
	}
	return wire.JSON(p.status, envelope{
		Code: p.status, ErrorCode: p.code, Message: p.message, TraceID: v.newTraceID(),
	})
}
