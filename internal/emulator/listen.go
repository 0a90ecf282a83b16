package emulator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// shutdownGrace is how long a stopping server waits for answers under way.
const shutdownGrace = 5 * time.Second

// Listener says where a server listens.
type Listener struct {
	// Address is host:port on the loopback interface; port 0 picks a free one.
	Address string
	// CertFile and KeyFile are PEM files for TLS; both or neither.
	CertFile, KeyFile string
}

// Run serves an emulator until ctx ends and then stops cleanly, with the state
// saved. When it is ready it prints one line, "listening on URL", to out.
func Run(ctx context.Context, options Options, l Listener, out io.Writer) error {
	e, err := New(options)
	if err != nil {
		return err
	}
	listener, scheme, err := l.open()
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           e,
		ReadHeaderTimeout: 10 * time.Second,
		// Without this a fault that waits would hold up the end.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if _, err := fmt.Fprintf(out, "listening on %s://%s\n", scheme, listener.Addr()); err != nil {
		return errors.Join(err, server.Close())
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return errors.Join(err, server.Close())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.save()
}

// open listens on a loopback address only: the control API gives everything
// away to whoever can reach it.
func (l Listener) open() (net.Listener, string, error) {
	address, err := net.ResolveTCPAddr("tcp", l.Address)
	if err != nil {
		return nil, "", err
	}
	if address.IP == nil || !address.IP.IsLoopback() {
		return nil, "", fmt.Errorf("listen address %q: must be on the loopback interface, such as 127.0.0.1:8080", l.Address)
	}
	if (l.CertFile == "") != (l.KeyFile == "") {
		return nil, "", errors.New("a TLS certificate needs its key, and the key its certificate")
	}
	plain, err := net.ListenTCP("tcp", address)
	if err != nil {
		return nil, "", err
	}
	if l.CertFile == "" {
		return plain, "http", nil
	}
	certificate, err := tls.LoadX509KeyPair(l.CertFile, l.KeyFile)
	if err != nil {
		return nil, "", errors.Join(err, plain.Close())
	}
	// HTTP/1.1 only: a connection to break must not carry other requests.
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}
	return tls.NewListener(plain, config), "https", nil
}
