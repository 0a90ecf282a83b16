package groundfloor

import (
	"errors"
	"net/http"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// errorBody is the documented form of an error. Detail is a text, or a list
// of violations.
type errorBody struct {
	Detail any    `json:"detail"`
	Code   string `json:"code"`
}

// violation says which part of a request is invalid, in the form that services
// of the vendor's framework have.
type violation struct {
	Loc  []string `json:"loc"`
	Msg  string   `json:"msg"`
	Type string   `json:"type"`
}

// problem is a refusal. Only an invalid request has a location.
type problem struct {
	status  int
	loc     []string
	message string
}

func (p problem) Error() string { return p.message }

// missing refuses what does not exist or may not be read; the vendor does not
// tell which.
func missing(what string) problem {
	return problem{status: http.StatusNotFound, message: what + " not found"}
}

// forbidden refuses what may be read but not administered.
func forbidden(what string) problem {
	return problem{status: http.StatusForbidden, message: "Missing permission administer on this " + what}
}

func conflict(message string) problem {
	return problem{status: http.StatusConflict, message: message}
}

// invalid refuses a part of the request that breaks a rule, if it does.
func invalid(err error, loc ...string) error {
	if err == nil {
		return nil
	}
	return problem{status: http.StatusUnprocessableEntity, loc: loc, message: err.Error()}
}

// invalidField refuses a body by the error of its object, which begins with
// the name of a field.
func invalidField(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	end := strings.LastIndex(text, ": ") // a name may hold anything, a rule does not
	if end < 0 {
		return invalid(err, "body")
	}
	return invalid(errors.New(text[end+len(": "):]), "body", text[:end])
}

// refuse answers with an error: a problem as it says, anything else as a
// failure of the vendor, which no request should cause.
func (v *Vendor) refuse(err error) wire.Reply {
	p := problem{status: http.StatusInternalServerError, message: err.Error()}
	_ = errors.As(err, &p)
	body := errorBody{Detail: p.message}
	if p.loc != nil {
		body.Detail = []violation{{Loc: p.loc, Msg: p.message, Type: "value_error"}}
		if v.settings.DetailText {
			body.Detail = strings.Join(p.loc, ".") + ": " + p.message
		}
	}
	return wire.JSON(p.status, body)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
