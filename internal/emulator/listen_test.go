package emulator_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
)

// run starts a server and returns its URL and a function that stops it and
// returns how it ended.
func run(t *testing.T, options emulator.Options, l emulator.Listener) (url string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := emulator.Run(ctx, options, l, writer)
		_ = writer.CloseWithError(errors.Join(err, io.EOF))
		ended <- err
	}()
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatalf("no line that it listens: %v", err)
	}
	url, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "listening on ")
	if !ok {
		t.Fatalf("the first line is %q", line)
	}
	return url, func() error { cancel(); return <-ended }
}

func TestRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	url, stop := run(t, emulator.Options{StateFile: file}, emulator.Listener{Address: "127.0.0.1:0"})
	if !regexp.MustCompile(`^http://127\.0\.0\.1:[1-9][0-9]*$`).MatchString(url) {
		t.Errorf("it listens on %s, want the port it got", url)
	}
	get(t, http.DefaultClient, url+"/_control", http.StatusOK)
	if err := stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the state is not saved: %v", err)
	}
	if _, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "http://"), time.Second); err == nil {
		t.Error("it still listens after it ended")
	}
}

// TestRunStopsDuringADelay: a fault that waits an hour does not hold up the
// end, and what it was for is not done.
func TestRunStopsDuringADelay(t *testing.T) {
	url, stop := run(t, emulator.Options{}, emulator.Listener{Address: "127.0.0.1:0"})
	post(t, url+"/_control/faults", `{"vendor":"portkey","action":"delay","delayMillis":3600000}`)
	failed := make(chan error, 1)
	go func() {
		response, err := http.Get(url + "/portkey/api-keys")
		if err == nil {
			_ = response.Body.Close()
		}
		failed <- err
	}()
	arrived := func() bool {
		return strings.Contains(get(t, http.DefaultClient, url+"/_control/requests", http.StatusOK), `"/api-keys"`)
	}
	for !arrived() {
	}
	if err := stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if err := <-failed; err == nil {
		t.Error("the delayed request was answered")
	}
}

func TestRunWithTLS(t *testing.T) {
	certFile, keyFile, roots := certificate(t)
	url, stop := run(t, emulator.Options{}, emulator.Listener{Address: "127.0.0.1:0", CertFile: certFile, KeyFile: keyFile})
	if !strings.HasPrefix(url, "https://127.0.0.1:") {
		t.Errorf("it listens on %s", url)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	get(t, client, url+"/_control", http.StatusOK)
	// Broken connections must break over TLS too.
	addFault := func(body string) {
		response, err := client.Post(url+"/_control/faults", "application/json", strings.NewReader(body))
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("adding a fault: %v %v", response, err)
		}
		_ = response.Body.Close()
	}
	addFault(`{"vendor":"portkey","action":"reset"}`)
	if response, err := client.Get(url + "/portkey/api-keys"); err == nil {
		t.Errorf("a reset connection is answered %d", response.StatusCode)
		_ = response.Body.Close()
	}
	if _, err := http.Get(url + "/_control"); err == nil {
		t.Error("a client that does not know the certificate is served")
	}
	if err := stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestRunRefuses(t *testing.T) {
	certFile, keyFile, _ := certificate(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	const local = "127.0.0.1:0"
	tests := []struct {
		name     string
		options  emulator.Options
		listener emulator.Listener
		problem  string
	}{
		{"all interfaces", emulator.Options{}, emulator.Listener{Address: ":0"}, "loopback"},
		{"all interfaces by number", emulator.Options{}, emulator.Listener{Address: "0.0.0.0:0"}, "loopback"},
		{"another interface", emulator.Options{}, emulator.Listener{Address: "192.0.2.1:0"}, "loopback"},
		{"no port", emulator.Options{}, emulator.Listener{Address: "127.0.0.1"}, "missing port"},
		{"a taken port", emulator.Options{}, emulator.Listener{Address: taken.Addr().String()}, "in use"},
		{"a certificate without key", emulator.Options{}, emulator.Listener{Address: local, CertFile: certFile}, "needs its key"},
		{"a key without certificate", emulator.Options{}, emulator.Listener{Address: local, KeyFile: keyFile}, "needs its key"},
		{"a certificate that is none", emulator.Options{}, emulator.Listener{Address: local, CertFile: keyFile, KeyFile: keyFile}, "PEM"},
		{"a state that cannot be saved", emulator.Options{StateFile: "/nowhere/at/all"}, emulator.Listener{Address: local}, "nowhere"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			err := emulator.Run(t.Context(), tt.options, tt.listener, &out)
			if err == nil || !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("error %v, want one that says %q", err, tt.problem)
			}
			if out.Len() != 0 {
				t.Errorf("it said %q and did not listen", out.String())
			}
		})
	}
}

func TestRunCannotSayThatItListens(t *testing.T) {
	reader, writer := io.Pipe()
	_ = reader.Close()
	if err := emulator.Run(t.Context(), emulator.Options{}, emulator.Listener{Address: "127.0.0.1:0"}, writer); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("it ended with %v, want the failure to print", err)
	}
}

func get(t *testing.T, client *http.Client, url string, status int) string {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		t.Fatalf("GET %s: HTTP %d %s (%v), want %d", url, response.StatusCode, body, err, status)
	}
	return string(body)
}

func post(t *testing.T, url, body string) {
	t.Helper()
	response, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatalf("POST %s: %v", url, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: HTTP %d", url, response.StatusCode)
	}
}

// certificate writes a certificate for 127.0.0.1 and its key.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	write := func(file, kind string, der []byte) {
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(certFile, "CERTIFICATE", der)
	write(keyFile, "PRIVATE KEY", keyDER)
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	return certFile, keyFile, roots
}
