package rest

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func TestWhatFailsBeforeTheRequestIsWrittenIsCertain(t *testing.T) {
	secure := httptest.NewUnstartedServer(answering(200, "application/json", `{}`))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(answering(200, "application/json", `{}`))
	t.Cleanup(plain.Close)
	trust := func(a *provider.Account) { a.Transport = trusting(t, secure) }

	tests := map[string]struct {
		endpoint string
		change   func(*provider.Account)
		message  string
	}{
		"nobody listens":        {"http://" + unused(t), nil, "the endpoint cannot be reached"},
		"no such host":          {"http://no-such-host.invalid", nil, "the endpoint's host name cannot be resolved"},
		"unknown authority":     {secure.URL, nil, "the endpoint's certificate is not trusted (spec.caBundle)"},
		"another host name":     {strings.Replace(secure.URL, "127.0.0.1", "localhost", 1), trust, "the endpoint's certificate is for another host name"},
		"expired":               {secure.URL, func(a *provider.Account) { trust(a); clock(a, time.Now().AddDate(200, 0, 0)) }, "the endpoint's certificate has expired or is not yet valid"},
		"plain HTTP":            {strings.Replace(plain.URL, "http:", "https:", 1), nil, "the endpoint does not speak TLS"},
		"not TLS at all":        {"https://" + saying(t, "220 mail.test ESMTP\r\n"), nil, "the endpoint does not speak TLS"},
		"no common TLS version": {tlsServer(t, tls.VersionTLS10, tls.VersionTLS11), nil, "the endpoint refuses the TLS handshake"},
		"hangs up at once":      {"https://" + saying(t, ""), nil, "the endpoint cannot be reached"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := account(t, test.endpoint)
			if test.change != nil {
				test.change(&a)
			}
			e := failure(t, client(t, a).Do(t.Context(), Call{Op: "create", Method: "POST", Path: []string{"x"}, Body: 1}, nil))
			if e.Class != provider.Transient || e.Uncertain || e.Message != test.message {
				t.Errorf("got %v, uncertain %v, cause %v;\nwant Transient, certain, %q", e, e.Uncertain, e.Err, test.message)
			}
		})
	}
}

func TestAKnownAuthorityIsTrusted(t *testing.T) {
	secure := httptest.NewTLSServer(answering(200, "application/json", `{}`))
	t.Cleanup(secure.Close)
	a := account(t, secure.URL)
	a.Transport = trusting(t, secure)
	if err := client(t, a).Do(t.Context(), Call{Op: "get", Method: "GET", Path: []string{"x"}}, nil); err != nil {
		t.Error(err)
	}
}

func TestTransport(t *testing.T) {
	for name, bundle := range map[string]string{"garbage": "garbage", "an empty block": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"} {
		if _, err := NewTransport([]byte(bundle)); !provider.Is(err, provider.Invalid) {
			t.Errorf("%s: got %v, want Invalid", name, err)
		}
	}
	transport, err := NewTransport(nil)
	if err != nil {
		t.Fatal(err)
	}
	if transport.TLSClientConfig.InsecureSkipVerify || transport.TLSClientConfig.MinVersion < tls.VersionTLS12 {
		t.Error("the transport takes certificates or versions it must not take")
	}
	if transport.Protocols.HTTP2() || !transport.Protocols.HTTP1() {
		t.Error("the transport speaks something else than HTTP/1.1")
	}
	for name, limit := range map[string]bool{
		"MaxConnsPerHost": transport.MaxConnsPerHost > 0, "IdleConnTimeout": transport.IdleConnTimeout > 0,
		"ResponseHeaderTimeout": transport.ResponseHeaderTimeout > 0, "MaxResponseHeaderBytes": transport.MaxResponseHeaderBytes > 0,
		"TLSHandshakeTimeout": transport.TLSHandshakeTimeout > 0,
	} {
		if !limit {
			t.Errorf("%s is not bounded", name)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		text string
		wait time.Duration
		said bool
	}{
		"absent":      {"", 0, false},
		"seconds":     {"120", 2 * time.Minute, true},
		"zero":        {"0", 0, true},
		"negative":    {"-5", 0, true},
		"fraction":    {"1.5", 1500 * time.Millisecond, true},
		"a day":       {"86400", time.Hour, true},
		"overflow":    {"1e300", time.Hour, true},
		"not a value": {"NaN", 0, false},
		"date":        {"Fri, 01 May 2026 12:00:30 GMT", 30 * time.Second, true},
		"past":        {"Fri, 01 May 2026 11:00:00 GMT", 0, true},
		"far":         {"Fri, 01 May 2099 11:00:00 GMT", time.Hour, true},
		"words":       {"soon", 0, false},
		"spaces":      {" 3 ", 3 * time.Second, true},
	}
	for name, test := range tests {
		wait, said := retryAfter(http.Header{"Retry-After": {test.text}}, now)
		if wait != test.wait || said != test.said {
			t.Errorf("%s: %q is %v, %v; want %v, %v", name, test.text, wait, said, test.wait, test.said)
		}
	}
}

func TestRetryAfterIsAlwaysBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`-?[0-9]{1,40}(\.[0-9]*)?(e[0-9]{1,4})?`)).Draw(t, "text")
		if wait, _ := retryAfter(http.Header{"Retry-After": {text}}, time.Now()); wait < 0 || wait > time.Hour {
			t.Fatalf("%q is %v", text, wait)
		}
	})
}

// unused is an address on which nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// saying is the address of a server that says one thing and hangs up.
func saying(t *testing.T, text string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, text)
			if text != "" {
				// Hanging up with unread bytes would discard what was said.
				_, _ = conn.Read(make([]byte, 1024))
			}
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

func tlsServer(t *testing.T, lowest, highest uint16) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{MinVersion: lowest, MaxVersion: highest}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

func trusting(t *testing.T, server *httptest.Server) *http.Transport {
	t.Helper()
	transport, err := NewTransport(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func clock(a *provider.Account, now time.Time) {
	a.Transport.(*http.Transport).TLSClientConfig.Time = func() time.Time { return now }
}
