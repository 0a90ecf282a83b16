// Package audit reads the audit log of the local control plane: what was asked of the API server, by whom, and how it ended.
package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// stageComplete is the stage at which the response has been sent. A watch also has an earlier entry.
const stageComplete = "ResponseComplete"

// Entry is one request to the API server.
type Entry struct {
	// Verb is get, list, watch, create, update, patch, delete or deletecollection.
	Verb string
	// User is the authenticated user name, such as system:serviceaccount:namespace:name.
	User string
	// Group, Resource, Subresource, Namespace and Name say what was asked for. Name is empty for a collection and for an object that the server was to name.
	Group, Resource, Subresource, Namespace, Name string
	// DryRun is true for a request that was to change nothing.
	DryRun bool
	// Code is the HTTP status code of the response.
	Code int
	// Level is how much was recorded: Metadata, Request or RequestResponse.
	Level string
	// Time is when the API server received the request.
	Time time.Time
}

// Mutates reports whether the request changed something, or tried to: not a read and not a dry run.
func (e Entry) Mutates() bool {
	switch e.Verb {
	case "create", "update", "patch", "delete", "deletecollection":
		return !e.DryRun
	}
	return false
}

// Target is the resource with its subresource, as in "workspaces/status".
func (e Entry) Target() string {
	if e.Subresource == "" {
		return e.Resource
	}
	return e.Resource + "/" + e.Subresource
}

// Log is an audit log that grows.
type Log struct {
	Path string

	entries []Entry
	lines   int
	// read is how many bytes of it have been read.
	read int64
}

// Read returns the completed requests of a log as it is.
func Read(path string) ([]Entry, error) { return (&Log{Path: path}).Read() }

// Read returns all completed requests so far, in the order in which they ended, and reads what has come since the last time. The entry of a request may appear shortly
// after its response: wait for the expected entry rather than for the response. A last line that is still being written is left out.
func (l *Log) Read() ([]Entry, error) {
	file, err := os.Open(l.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(l.read, io.SeekStart); err != nil {
		return nil, err
	}
	for reader := bufio.NewReader(file); ; {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return slices.Clone(l.entries), nil
		}
		if err != nil {
			return nil, err
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", l.Path, l.lines+1, err)
		}
		l.lines, l.read = l.lines+1, l.read+int64(len(line))
		if e.Stage == stageComplete && e.ObjectRef.Resource != "" {
			l.entries = append(l.entries, e.entry())
		}
	}
}

// Writes counts the successful mutations of one user by verb and target, as in "update workspaces/status".
func Writes(entries []Entry, user string) map[string]int {
	counts := map[string]int{}
	for _, e := range entries {
		if e.User == user && e.Mutates() && e.Code < 300 {
			counts[e.Verb+" "+e.Target()]++
		}
	}
	return counts
}

// event is the part of audit.k8s.io/v1 Event that is read here.
type event struct {
	Level, Stage, Verb, RequestURI string
	RequestReceivedTimestamp       time.Time
	User                           struct{ Username string }
	ObjectRef                      struct{ APIGroup, Resource, Subresource, Namespace, Name string }
	ResponseStatus                 struct{ Code int }
}

func (e event) entry() Entry {
	_, query, _ := strings.Cut(e.RequestURI, "?")
	return Entry{
		Verb: e.Verb, User: e.User.Username,
		Group: e.ObjectRef.APIGroup, Resource: e.ObjectRef.Resource, Subresource: e.ObjectRef.Subresource,
		Namespace: e.ObjectRef.Namespace, Name: e.ObjectRef.Name,
		DryRun: strings.Contains(query, "dryRun="), Code: e.ResponseStatus.Code, Level: e.Level, Time: e.RequestReceivedTimestamp,
	}
}
