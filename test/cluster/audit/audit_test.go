package audit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// log is what a 1.36 API server wrote, shortened to the fields that matter and a few that do not.
const log = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"1","stage":"ResponseStarted","requestURI":"/api/v1/secrets?watch=true","verb":"watch","user":{"username":"op"},"objectRef":{"resource":"secrets","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2026-01-02T03:04:05.000006Z"}
{"level":"Metadata","stage":"ResponseComplete","requestURI":"/readyz","verb":"get","user":{"username":"admin"},"responseStatus":{"code":200}}
{"level":"Metadata","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/a/secrets?dryRun=All","verb":"create","user":{"username":"op"},"objectRef":{"resource":"secrets","namespace":"a","name":"k","apiVersion":"v1"},"responseStatus":{"code":201},"requestReceivedTimestamp":"2026-01-02T03:04:05.000006Z"}
{"level":"RequestResponse","stage":"ResponseComplete","requestURI":"/apis/workspace-operator.io/v1alpha1/namespaces/a/workspaces/w/status","verb":"update","user":{"username":"op"},"objectRef":{"resource":"workspaces","namespace":"a","name":"w","apiGroup":"workspace-operator.io","subresource":"status"},"responseStatus":{"code":200},"requestObject":{"spec":{}},"requestReceivedTimestamp":"2026-01-02T03:04:06.000000Z"}
{"level":"RequestResponse","stage":"ResponseComplete","requestURI":"/apis/workspace-operator.io/v1alpha1/namespaces/a/workspaces/w/status","verb":"update","user":{"username":"op"},"objectRef":{"resource":"workspaces","namespace":"a","name":"w","apiGroup":"workspace-operator.io","subresource":"status"},"responseStatus":{"code":409},"requestReceivedTimestamp":"2026-01-02T03:04:07.000000Z"}
{"level":"RequestResponse","stage":"Respon`

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead(t *testing.T) {
	got, err := Read(write(t, log))
	if err != nil {
		t.Fatal(err)
	}
	status := Entry{
		Verb: "update", User: "op", Group: "workspace-operator.io", Resource: "workspaces", Subresource: "status", Namespace: "a", Name: "w",
		Code: 200, Level: "RequestResponse", Time: time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC),
	}
	conflict := status
	conflict.Code, conflict.Time = 409, status.Time.Add(time.Second)
	want := []Entry{
		{
			Verb: "create", User: "op", Resource: "secrets", Namespace: "a", Name: "k",
			DryRun: true, Code: 201, Level: "Metadata", Time: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC),
		},
		status, conflict,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries differ, -want +got:\n%s", diff)
	}
}

// TestLogGrows: what has been read is not lost, not read twice, and half a line is read once it is whole.
func TestLogGrows(t *testing.T) {
	whole, err := Read(write(t, log))
	if err != nil {
		t.Fatal(err)
	}
	growing := &Log{Path: write(t, "")}
	for end := range len(log) + 1 {
		if end%97 != 0 && end != len(log) {
			continue
		}
		if err := os.WriteFile(growing.Path, []byte(log[:end]), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := growing.Read()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole[:len(got)], got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("after %d bytes, -want +got:\n%s", end, diff)
		}
	}
	if got, err := growing.Read(); err != nil || len(got) != len(whole) {
		t.Errorf("%d entries (%v), want %d", len(got), err, len(whole))
	}
}

func TestReadNamesTheBadLine(t *testing.T) {
	_, err := Read(write(t, "{}\nnot JSON\n"))
	if err == nil || !strings.Contains(err.Error(), "audit.log:2:") {
		t.Errorf("got %v, want an error that names file and line", err)
	}
}

func TestWrites(t *testing.T) {
	entries := []Entry{
		{Verb: "get", User: "op", Resource: "workspaces", Code: 200},
		{Verb: "create", User: "op", Resource: "secrets", Code: 201},
		{Verb: "create", User: "op", Resource: "secrets", Code: 201, DryRun: true},
		{Verb: "create", User: "op", Resource: "secrets", Code: 409},
		{Verb: "create", User: "somebody else", Resource: "secrets", Code: 201},
		{Verb: "update", User: "op", Resource: "workspaces", Subresource: "status", Code: 200},
		{Verb: "update", User: "op", Resource: "workspaces", Subresource: "status", Code: 200},
	}
	want := map[string]int{"create secrets": 1, "update workspaces/status": 2}
	if diff := cmp.Diff(want, Writes(entries, "op")); diff != "" {
		t.Errorf("only successful mutations of the user count, -want +got:\n%s", diff)
	}
}
