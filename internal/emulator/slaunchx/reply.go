package slaunchx

import (
	"errors"
	"net/http"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The versions of the pages, which differ in their error codes.
const (
	versionNumeric = "1.3.0"
	versionDotted  = "2.0.0"
)

// codeSuccess is the code of every success, whatever its status.
const codeSuccess = "2000"

// envelope surrounds every successful answer that has a body.
type envelope struct {
	Version string `json:"version"`
	// Timestamp is in epoch milliseconds.
	Timestamp int64  `json:"timestamp"`
	Success   bool   `json:"success"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	Data      any    `json:"data"`
}

// failure is the whole body of an error, which has no version and no time.
type failure struct {
	Success bool   `json:"success"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// problem is a refusal: the code as version 1.3.0 of the pages has it, and as
// version 2.0.0 does, each empty where the documentation names none.
type problem struct {
	status  int
	numeric string
	dotted  string
	message string
}

func (p problem) Error() string { return p.message }

// invalid refuses a request that breaks a rule.
func invalid(message string) problem {
	return problem{http.StatusBadRequest, "", "VALIDATION.INVALID_PARAMETER", message}
}

func unauthorized(message string) problem {
	return problem{http.StatusUnauthorized, "4010", "AUTH.INVALID_CREDENTIALS", message}
}

func forbidden(message string) problem {
	return problem{http.StatusForbidden, "4030", "ACCESS.PERMISSION_DENIED", message}
}

// mismatch refuses a request through the wrong portal or with the fingerprint
// of another session. The documentation gives the status and no code.
func mismatch(message string) problem {
	return problem{http.StatusForbidden, "", "", message}
}

func notFound(message string) problem {
	return problem{http.StatusNotFound, "4040", "RESOURCE.NOT_FOUND", message}
}

func tooMany() problem {
	return problem{http.StatusTooManyRequests, "", "REQUEST.RATE_LIMITED", "Too many requests"}
}

// succeed answers with data, or without a body if the status says so.
func (v *Vendor) succeed(status int, data any, now time.Time) wire.Reply {
	if status == http.StatusNoContent {
		return wire.Reply{Status: status, Header: http.Header{}}
	}
	version := versionNumeric
	if v.settings.DottedCodes {
		version = versionDotted
	}
	return wire.JSON(status, envelope{
		Version: version, Timestamp: now.UnixMilli(), Success: true, Code: codeSuccess, Message: "SUCCESS", Data: data,
	})
}

// refuse answers with an error: a problem as it says, anything else as a
// request that breaks the rules.
func (v *Vendor) refuse(err error) wire.Reply {
	p := invalid(err.Error())
	_ = errors.As(err, &p)
	code := p.numeric
	if v.settings.DottedCodes {
		code = p.dotted
	}
	return wire.JSON(p.status, failure{Code: code, Message: p.message})
}

// identify adds the request's id to an answer if the settings ask for it.
func (v *Vendor) identify(r *wire.Request, reply *wire.Reply) {
	if !v.settings.RequestIDs {
		return
	}
	id := r.Header.Get("X-Request-Id")
	if id == "" {
		id = v.random.Text()
	}
	reply.Header.Set("X-Request-Id", id)
}

// stamp writes a time as the vendor does inside data.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
