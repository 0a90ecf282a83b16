package rest

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"
)

// NewTransport makes the transport of one class. A bundle, in PEM, is trusted
// instead of the system's authorities; an empty one changes nothing. The error
// is of class Invalid.
//
// It speaks HTTP/1.1 only: there, when a request may be sent a second time is
// a rule that can be tested.
func NewTransport(caBundle []byte) (*http.Transport, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(caBundle) > 0 {
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(caBundle) {
			return nil, invalidAccount("spec.caBundle has no certificate in PEM form")
		}
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSClientConfig:     trust,
		TLSHandshakeTimeout: 10 * time.Second,
		Protocols:           protocols,
		MaxConnsPerHost:     16,
		MaxIdleConnsPerHost: 16,
		// Shorter than the five seconds after which common servers hang up:
		// a request that meets a closing connection has an unknown outcome.
		IdleConnTimeout:        4 * time.Second,
		ResponseHeaderTimeout:  callTimeout,
		MaxResponseHeaderBytes: 64 << 10,
	}, nil
}
