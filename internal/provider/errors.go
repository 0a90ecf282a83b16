package provider

import (
	"errors"
	"fmt"
	"time"
)

// Class is what an error means for whoever called; the table of what follows
// from each is in package engine.
type Class string

const (
	// Transient: the vendor or the way to it is broken for now.
	Transient Class = "Transient"
	// Throttled: too many requests; RetryAfter may say how long to wait.
	Throttled Class = "Throttled"
	// Conflict: the vendor's object is in a state that forbids the call.
	Conflict Class = "Conflict"
	// NotFound: the object does not exist, by a code that means only that.
	NotFound Class = "NotFound"
	// Unauthorized: the credential is not accepted.
	Unauthorized Class = "Unauthorized"
	// Forbidden: the credential is accepted and may not do this, or the
	// vendor does not tell that apart from "does not exist".
	Forbidden Class = "Forbidden"
	// Exhausted: a quota or a subscription is used up.
	Exhausted Class = "Exhausted"
	// Invalid: the request as written will never be accepted.
	Invalid Class = "Invalid"
	// Unsupported: the vendor has no such operation.
	Unsupported Class = "Unsupported"
)

// Error is the only kind of error a driver returns.
type Error struct {
	Class Class
	// Op is the operation in the operator's words, as "create workspace".
	Op string
	// Message is for people. It is the same in every attempt, and holds no
	// URL, no request id and nothing secret.
	Message string
	// RequestID is the vendor's name for the exchange; it goes to logs only.
	RequestID string
	// RetryAfter is how long the vendor asked us to wait; 0 is not said.
	RetryAfter time.Duration
	// Uncertain says the call may have taken effect: look before acting again.
	Uncertain bool
	// Err is the cause, for errors.Is; its text is never shown.
	Err error
}

// Error gives the operation, the class and the message.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s (%s)", e.Op, e.Message, e.Class)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf is the class of an error; Transient for one that is not an [*Error].
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Transient
}

// Is reports whether err is an [*Error] of the class.
func Is(err error, class Class) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Class == class
}

// IsUncertain reports whether the failed call may have taken effect. An error
// that is not an [*Error] might have come from anywhere, so it is uncertain.
func IsUncertain(err error) bool {
	if err == nil {
		return false
	}
	e, ok := errors.AsType[*Error](err)
	return !ok || e.Uncertain
}

// NotSupported is the answer of a method the vendor has no call for.
func NotSupported(op string) *Error {
	return &Error{Class: Unsupported, Op: op, Message: "the vendor has no such operation"}
}
