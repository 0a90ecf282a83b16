package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// What the client says in its own words. The words are the same in every
// attempt, because they end in a status: a text that changes is a write that
// wakes the controller.
const (
	messageRedirect    = "the endpoint redirects; redirects are not followed: the class must name the final address"
	messageThrottled   = "the vendor limits the rate of requests"
	messageCutOff      = "the answer was cut off"
	messageForm        = "the answer does not have the documented form"
	messageTimeout     = "the endpoint did not answer in time"
	messageCancelled   = "the call was cancelled"
	messageUnresolved  = "the endpoint's host name cannot be resolved"
	messageUnreachable = "the endpoint cannot be reached"
	messageClosed      = "the endpoint closed the connection before it answered"
	messageUntrusted   = "the endpoint's certificate is not trusted (spec.caBundle)"
	messageWrongName   = "the endpoint's certificate is for another host name"
	messageExpired     = "the endpoint's certificate has expired or is not yet valid"
	messageNoTLS       = "the endpoint does not speak TLS"
	messageHandshake   = "the endpoint refuses the TLS handshake"
)

// retryAfterLimit bounds what a vendor may ask for: a slip of the pen must not
// close an account for years.
const retryAfterLimit = time.Hour

// unanswered is the failure of a request that got no answer.
func unanswered(ctx context.Context, err error, sent bool) *provider.Error {
	failure := &provider.Error{Class: provider.Transient, Err: err}
	message, certain := whyNotSent(err, sent)
	switch {
	case certain:
		failure.Message = message
	case errors.Is(ctx.Err(), context.Canceled):
		failure.Message, failure.Uncertain = messageCancelled, sent
	case timedOut(ctx, err):
		failure.Message, failure.Uncertain = messageTimeout, sent
	case sent:
		failure.Message, failure.Uncertain = messageClosed, true
	default:
		failure.Message = messageUnreachable
	}
	return failure
}

// whyNotSent knows the errors that occur only before a request is written.
func whyNotSent(err error, sent bool) (message string, certain bool) {
	if message, ok := certificateProblem(err); ok {
		return message, true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return messageUnresolved, true
	}
	operation, isOperation := errors.AsType[*net.OpError](err)
	if isOperation && operation.Op == "dial" {
		return messageUnreachable, true
	}
	if sent {
		return "", false
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return messageNoTLS, true
	}
	if isOperation && operation.Op == "remote error" {
		return messageHandshake, true
	}
	return "", false
}

func certificateProblem(err error) (message string, found bool) {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return messageWrongName, true
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return messageExpired, true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return messageUntrusted, true
	}
	return "", false
}

func timedOut(ctx context.Context, err error) bool {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	network, ok := errors.AsType[net.Error](err)
	return ok && network.Timeout()
}

// retryAfter reads the header of RFC 9110, section 10.2.3: seconds or a date.
func retryAfter(header http.Header, now time.Time) (wait time.Duration, said bool) {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if date, err := http.ParseTime(text); err == nil {
		return bounded(date.Sub(now)), true
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds != seconds {
		return 0, false
	}
	if seconds > retryAfterLimit.Seconds() {
		return retryAfterLimit, true
	}
	return bounded(time.Duration(max(seconds, 0) * float64(time.Second))), true
}

func bounded(wait time.Duration) time.Duration {
	return min(max(wait, 0), retryAfterLimit)
}
