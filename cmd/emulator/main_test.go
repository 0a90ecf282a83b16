package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test binary be the emulator, so that the tests can start
// and kill a real process.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_EMULATOR") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a running emulator.
type process struct {
	*exec.Cmd
	url string
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"--listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), "RUN_EMULATOR=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("it printed no line: %v", err)
	}
	return &process{Cmd: cmd, url: strings.TrimSpace(strings.TrimPrefix(line, "listening on "))}
}

func (p *process) call(t *testing.T, method, path, body string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("x-portkey-api-key", "portkey-admin-key")
	request.Header.Set("DF-API-KEY", "guance-owner-key")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: HTTP %d %s (%v)", method, path, response.StatusCode, data, err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s %s: %s: %v", method, path, data, err)
	}
}

// TestKilled: kill -9 right after an answer loses nothing that was answered.
func TestKilled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	var made []string
	for range 3 {
		p := startProcess(t, "--state", file)
		for range 5 {
			var w struct{ ID string }
			p.call(t, "POST", "/portkey/v1/admin/workspaces", `{"name":"n"}`, &w)
			made = append(made, w.ID)
		}
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.Wait() // says that it was killed
	}
	p := startProcess(t, "--state", file)
	var list struct {
		Total int
		Data  []struct{ ID string }
	}
	p.call(t, "GET", "/portkey/v1/admin/workspaces?page_size=100", "", &list)
	var found []string
	for _, w := range list.Data {
		found = append(found, w.ID)
	}
	if strings.Join(found, " ") != strings.Join(made, " ") {
		t.Errorf("after three kills there are %v, made were %v", found, made)
	}
	stop(t, p, syscall.SIGINT)
}

func TestSignals(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := startProcess(t)
		p.call(t, "GET", "/guance/api/v1/workspace/get", "", new(any))
		stop(t, p, signal)
	}
}

func stop(t *testing.T, p *process, signal syscall.Signal) {
	t.Helper()
	if err := p.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("after %v it ended with %v, want a clean end", signal, err)
	}
}

func TestFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	p := startProcess(t, "--state", file, "--guance-rate-limit", "20", "--guance-workspace-rate-limit=200", "--portkey-rate-limit", "7",
		"--guance-key-name-limit", "50", "--guance-owner-key", "g", "--portkey-admin-key", "p")
	var settings map[string]map[string]any
	p.call(t, "GET", "/_control/settings", "", &settings)
	g, k := settings["guance"], settings["portkey"]
	if g["keyRequestsPerMinute"] != 20.0 || g["workspaceRequestsPerMinute"] != 200.0 || g["keyNameLimit"] != 50.0 || k["requestsPerMinute"] != 7.0 {
		t.Errorf("the settings are %v", settings)
	}
	var credentials map[string][]string
	p.call(t, "GET", "/_control/credentials", "", &credentials)
	if credentials["guance"][0] != "g" || credentials["portkey"][0] != "p" {
		t.Errorf("the credentials are %v", credentials)
	}
	stop(t, p, syscall.SIGTERM)
}

func TestExitStatus(t *testing.T) {
	tests := []struct {
		name   string
		args   []string
		status int
		text   string // a part of what is said on standard error
	}{
		{"help", []string{"--help"}, 0, "and a control API under /_control"},
		{"help lists the flags", []string{"-h"}, 0, "-guance-rate-limit"},
		{"an unknown flag", []string{"--nothing"}, 2, "not defined: -nothing"},
		{"a number that is none", []string{"--portkey-rate-limit", "x"}, 2, "invalid value"},
		{"an argument", []string{"run"}, 2, `unexpected argument "run"`},
		{"an address to the world", []string{"--listen", "0.0.0.0:0"}, 1, "loopback"},
		{"half a certificate", []string{"--tls-cert", "x"}, 1, "needs its key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if got := run(t.Context(), tt.args, &stdout, &stderr); got != tt.status {
				t.Errorf("exit status %d, want %d", got, tt.status)
			}
			if !strings.Contains(stderr.String(), tt.text) || stdout.Len() != 0 {
				t.Errorf("said %q and %q, want %q on standard error", stdout.String(), stderr.String(), tt.text)
			}
		})
	}
}

func TestRunUntilCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if got := run(ctx, []string{"--listen", "127.0.0.1:0"}, &stdout, &stderr); got != 0 || !strings.HasPrefix(stdout.String(), "listening on http://127.0.0.1:") {
		t.Errorf("exit status %d, said %q and %q", got, stdout.String(), stderr.String())
	}
}
