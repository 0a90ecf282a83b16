package groundfloor

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

func TestMine(t *testing.T) {
	tests := map[string]struct {
		limit int
		uri   string
	}{
		"the vendor's default": {0, pathAll},
		"one":                  {1, pathAll + "?limit=1"},
		"many":                 {5000, pathAll + "?limit=5000"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answer := list(item("w1", "a", "active"), itemOf(otherID, "w2", "b", "frozen"))
			got, err := play(t, get(test.uri, answer)).Mine(t.Context(), test.limit)
			if err != nil || ids(got) != "w1 w2" || !got[0].Brief || !got[1].Frozen || got[1].AccountID != otherID {
				t.Errorf("got %+v, %v; want w1 of this account and w2, frozen, of another", got, err)
			}
		})
	}
}

// What is shown to people is what the vendor shows, however long it is.
func TestByAccount(t *testing.T) {
	for _, count := range []int{0, 1, 100, 250} {
		got, err := play(t, get(pathByAccount, items(accountID, "w", count))).ByAccount(t.Context())
		if err != nil || len(got) != count || got == nil {
			t.Errorf("%d workspaces became %d, %v", count, len(got), err)
		}
	}
}

func TestListsForPeopleThatFail(t *testing.T) {
	tests := map[string]struct {
		status int
		answer string
		class  provider.Class
	}{
		"expired":      {401, refusal("no"), provider.Unauthorized},
		"not allowed":  {403, refusal("no"), provider.Forbidden},
		"no list":      {200, `{}`, provider.Transient},
		"null":         {200, `null`, provider.Transient},
		"a broken one": {200, `[{"id":""}]`, provider.Transient},
		"two lists":    {200, `{"a":[],"b":[]}`, provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answer := func(uri string) conformance.Exchange {
				return conformance.Exchange{Method: "GET", URI: uri, Status: test.status, Answer: test.answer}
			}
			session := play(t, answer(pathAll+"?limit=5"), answer(pathByAccount))
			mine, err := session.Mine(t.Context(), 5)
			wantOp(t, err, "list workspaces", test.class, false)
			all, err := session.ByAccount(t.Context())
			wantOp(t, err, "list workspaces", test.class, false)
			if mine != nil || all != nil {
				t.Errorf("there are workspaces as well as an error: %v, %v", mine, all)
			}
		})
	}
	_, err := play(t).Mine(t.Context(), -1)
	want(t, err, provider.Invalid, false)
}

func TestExport(t *testing.T) {
	const csv = "id,name\n1,\"a <b>\"\n"
	tests := map[string]struct{ media, body string }{
		"JSON":            {"application/json", `{"workspace":{"id":"w1"}}`},
		"CSV":             {"text/csv; charset=utf-8", csv},
		"nothing":         {"text/csv", ""},
		"without a type":  {"", csv},
		"bytes of a sort": {"application/octet-stream", "PK\x03\x04\x00\xff"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			exchange := get(pathAll+"/w1/export", test.body)
			exchange.Header = map[string][]string{"Content-Type": {test.media}}
			var got strings.Builder
			if err := play(t, exchange).Export(t.Context(), "w1", &got, 1<<20); err != nil || got.String() != test.body {
				t.Errorf("got %q, %v; want %q", got.String(), err, test.body)
			}
		})
	}
}

func TestAnExportIsBounded(t *testing.T) {
	const body = "0123456789"
	for _, limit := range []int64{1, 9, 10, 11} {
		var got strings.Builder
		err := play(t, get(pathAll+"/w1/export", body)).Export(t.Context(), "w1", &got, limit)
		if written := body[:min(int64(len(body)), limit)]; got.String() != written {
			t.Errorf("at most %d bytes: %q was written, want %q", limit, got.String(), written)
		}
		if limit >= int64(len(body)) {
			if err != nil {
				t.Errorf("at most %d bytes: %v", limit, err)
			}
			continue
		}
		wantOp(t, err, "export workspace", provider.Invalid, false)
		if !strings.Contains(err.Error(), fmt.Sprintf("more than %d bytes", limit)) {
			t.Errorf("the message %q does not name the bound", err)
		}
	}
	for _, limit := range []int64{0, -1} {
		wantOp(t, play(t).Export(t.Context(), "w1", &strings.Builder{}, limit), "export workspace", provider.Invalid, false)
	}
}

func TestAnExportThatFails(t *testing.T) {
	tests := map[string]struct {
		exchange conformance.Exchange
		class    provider.Class
	}{
		"expired":                  {conformance.Exchange{Status: 401, Answer: refusal("no")}, provider.Unauthorized},
		"not allowed":              {conformance.Exchange{Status: 403, Answer: refusal("no")}, provider.Forbidden},
		"missing, or not readable": {conformance.Exchange{Status: 404, Answer: refusal("no")}, provider.Forbidden},
		"throttled":                {conformance.Exchange{Status: 429, Answer: refusal("no")}, provider.Throttled},
		"out of order":             {conformance.Exchange{Status: 502, Answer: `<html>`}, provider.Transient},
		"lost":                     {conformance.Exchange{Drop: true}, provider.Transient},
		"redirected":               {conformance.Exchange{Status: 302}, provider.Transient},
		"a web page":               {conformance.Exchange{Header: map[string][]string{"Content-Type": {"text/html"}}, Answer: `sign in`}, provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.exchange.Method, test.exchange.URI = "GET", pathAll+"/w1/export"
			var got strings.Builder
			wantOp(t, play(t, test.exchange).Export(t.Context(), "w1", &got, 100), "export workspace", test.class, false)
			if got.Len() != 0 {
				t.Errorf("%q was written of an export that is none", got.String())
			}
		})
	}
}

var errFull = errors.New("no space left")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestAnExportThatCannotBeWritten(t *testing.T) {
	err := play(t, get(pathAll+"/w1/export", "x")).Export(t.Context(), "w1", fullDisk{}, 100)
	wantOp(t, err, "export workspace", provider.Transient, false)
	if !errors.Is(err, errFull) {
		t.Errorf("the cause of %v is not told", err)
	}
}

// The documentation says nothing of what an audit log looks like.
func TestAudit(t *testing.T) {
	tests := map[string]struct {
		limit   int
		answer  string
		entries string // joined; "!" is an error
	}{
		"an array":                {0, `[{"action":"a"},{"action":"b"}]`, `{"action":"a"} {"action":"b"}`},
		"an object":               {50, `{"entries":[{"action":"a"}],"total":1,"next":null}`, `{"action":"a"}`},
		"by another name":         {50, `{"items":[1,"two",null]}`, `1 "two" null`},
		"more than was asked for": {2, `[1,2,3]`, `1 2`},
		"less than was asked for": {5, `[1,2,3]`, `1 2 3`},
		"empty":                   {50, `[]`, ``},
		"empty, in an object":     {50, `{"entries":[]}`, ``},
		"two arrays":              {50, `{"entries":[1],"warnings":[2]}`, `!`},
		"no array":                {50, `{"entries":{}}`, `!`},
		"null":                    {50, `null`, `!`},
		"a text":                  {50, `"none"`, `!`},
		"nothing":                 {50, ``, `!`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			uri := pathAll + "/w1/audit"
			if test.limit > 0 {
				uri += fmt.Sprintf("?limit=%d", test.limit)
			}
			got, err := play(t, get(uri, test.answer)).Audit(t.Context(), "w1", test.limit)
			if test.entries == "!" {
				wantOp(t, err, "read audit log", provider.Transient, false)
				return
			}
			texts := make([]string, 0, len(got))
			for _, entry := range got {
				texts = append(texts, string(entry))
			}
			if joined := strings.Join(texts, " "); err != nil || joined != test.entries {
				t.Errorf("got %s, %v; want %s", joined, err, test.entries)
			}
		})
	}
}

func TestAuditThatFails(t *testing.T) {
	for status, class := range map[int]provider.Class{401: provider.Unauthorized, 403: provider.Forbidden, 404: provider.Forbidden, 500: provider.Transient} {
		_, err := play(t, refused("GET", pathAll+"/w1/audit?limit=50", status)).Audit(t.Context(), "w1", 50)
		wantOp(t, err, "read audit log", class, false)
	}
	_, err := play(t).Audit(t.Context(), "w1", -1)
	wantOp(t, err, "read audit log", provider.Invalid, false)
}
