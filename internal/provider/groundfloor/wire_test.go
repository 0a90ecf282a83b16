package groundfloor

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func TestRequestsByteForByte(t *testing.T) {
	tests := map[string]struct {
		body any
		want string
	}{
		"the documented creation": {newWorkspace{AccountID: "<account_uuid>", Name: "Development", Region: "us-east-1"}, fixture(t, "create-request.json")},
		"with all its fields": {
			newWorkspace{AccountID: "a", Name: "n", Region: "r", Slug: "s"},
			`{"account_id":"a","name":"n","region":"r","slug":"s"}`,
		},
		"freeze":   {statusOf(true), `{"status":"frozen"}`},
		"unfreeze": {statusOf(false), `{"status":"active"}`},
	}
	for name, test := range tests {
		got, err := json.Marshal(test.body)
		if err != nil {
			t.Fatal(err)
		}
		// JSON may write "<" as an escape; on the wire it stands as it is.
		sent := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(got))
		if diff := cmp.Diff(test.want, sent); diff != "" {
			t.Errorf("%s (-documented +sent):\n%s", name, diff)
		}
	}
}

func TestTheDocumentedList(t *testing.T) {
	var all []workspace
	decode(t, fixture(t, "list-response.json"), &all)
	if len(all) != 1 {
		t.Fatalf("%d workspaces, want 1", len(all))
	}
	want := provider.Workspace{
		ID: "8ca7d2a2-…", AccountID: "…", Name: "Production", Slug: "production", State: "active",
		Region: "us-east-1", TenancyModel: "dedicated", CreatedAt: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, all[0].observed(), opaque()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !usable(all) {
		t.Error("the documented list is not believed")
	}
}

func TestStatus(t *testing.T) {
	tests := map[string]struct {
		status          string
		state           string
		pending, frozen bool
	}{
		"active":              {`"active"`, "active", false, false},
		"frozen":              {`"frozen"`, "frozen", false, true},
		"not documented":      {`"provisioning"`, "provisioning", true, false},
		"in capital letters":  {`"Active"`, "Active", true, false},
		"null":                {`null`, "", true, false},
		"empty":               {`""`, "", true, false},
		"a number":            {`1`, "1", true, false},
		"true":                {`true`, "true", true, false},
		"an object":           {`{"phase":"active"}`, `{"phase":"active"}`, true, false},
		"with control bytes":  {`"act\u0000ive\u001b[31m\n"`, "act ive [31m", true, false},
		"much too long":       {`"` + strings.Repeat("x", 500) + `"`, strings.Repeat("x", 64), true, false},
		"not there":           {"", "", true, false},
		"active with a space": {`"active "`, "active", true, false},
	}
	for name, test := range tests {
		text := `{"id":"w"}`
		if test.status != "" {
			text = `{"id":"w","status":` + test.status + `}`
		}
		var w workspace
		decode(t, text, &w)
		if got := w.observed(); got.State != test.state || got.Pending != test.pending || got.Frozen != test.frozen {
			t.Errorf("%s: state %q, pending %v, frozen %v; want %q, %v, %v", name, got.State, got.Pending, got.Frozen, test.state, test.pending, test.frozen)
		}
	}
}

func TestLooseTypesDoNotSpoilAWorkspace(t *testing.T) {
	var w workspace
	decode(t, `{"id":"w","account_id":null,"name":7,"slug":null,"status":"active","region":{"name":"eu"},"tenancy_model":false,
		"created_at":1690000000,"frozen_at":null,"retention_until":"x","environments":[{}],"quota":{"a":1}}`, &w)
	want := provider.Workspace{ID: "w", Name: "7", State: "active", Region: `{"name":"eu"}`, TenancyModel: "false"}
	if diff := cmp.Diff(want, w.observed(), opaque()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTimes(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"as documented":        {`"2026-05-01T12:00:00Z"`, "2026-05-01T12:00:00Z"},
		"with a fraction":      {`"2026-05-01T12:00:00.123456Z"`, "2026-05-01T12:00:00.123456Z"},
		"with an offset":       {`"2026-05-01T14:00:00+02:00"`, "2026-05-01T12:00:00Z"},
		"without a zone":       {`"2026-05-01T12:00:00"`, ""},
		"a date":               {`"2026-05-01"`, ""},
		"seconds":              {`1777636800`, ""},
		"null":                 {`null`, ""},
		"words":                {`"yesterday"`, ""},
		"an object":            {`{"at":"2026-05-01T12:00:00Z"}`, ""},
		"before the year 1":    {`"0000-05-01T12:00:00Z"`, ""},
		"after the year 9999":  {`"9999-12-31T23:30:00-01:00"`, ""},
		"a day that is not":    {`"2026-02-30T12:00:00Z"`, ""},
		"the last that can be": {`"9999-12-31T23:59:59Z"`, "9999-12-31T23:59:59Z"},
	}
	for name, test := range tests {
		var got moment
		decode(t, test.text, &got)
		text := ""
		if !got.IsZero() {
			text = got.Format(time.RFC3339Nano)
		}
		if text != test.want {
			t.Errorf("%s: %s is read as %q, want %q", name, test.text, text, test.want)
		}
	}
}

// The page that shows the request does not show the answer; each row is a
// reading of what it says, or what else may come.
func TestAnswersToACreation(t *testing.T) {
	asked := newWorkspace{AccountID: accountID, Name: "Team A", Region: "us-east-1", Slug: markedSlug("Team A", theMark())}
	pending := provider.Workspace{
		Slug: asked.Slug, Name: "Team A", Mark: theMark(), Region: "us-east-1", AccountID: accountID, Pending: true, Brief: true,
	}
	with := func(id, run string) *provider.Workspace {
		w := pending
		w.ID, w.ProvisioningRunID = id, run
		return &w
	}
	whole := func(status, run string) *provider.Workspace {
		return &provider.Workspace{
			ID: "w1", Slug: "s", Name: "Team", Region: "us-east-1", AccountID: accountID, TenancyModel: "dedicated", State: status,
			Pending: status != "active", Frozen: false, Brief: true, ProvisioningRunID: run, CreatedAt: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
		}
	}
	tests := map[string]struct {
		answer string
		want   *provider.Workspace
	}{
		"as documented":             {fixture(t, "create-response.json"), with("8ca7d2a2-0000-4000-8000-000000000001", "8ca7d2a2-0000-4000-8000-00000000000a")},
		"a run only":                {`{"provisioning_run_id":"r1"}`, with("", "r1")},
		"a run by a shorter name":   {`{"run_id":"r1"}`, with("", "r1")},
		"an id that says no more":   {`{"id":"r1"}`, with("", "r1")},
		"a run with its status":     {`{"id":"r1","status":"step_1_done"}`, with("", "r1")},
		"the documented name first": {`{"id":"r3","run_id":"r2","provisioning_run_id":"r1"}`, with("", "r1")},
		"a workspace only":          {`{"workspace_id":"w1"}`, with("w1", "")},
		"a run that is null":        {`{"workspace_id":"w1","provisioning_run_id":null}`, with("w1", "")},
		"a run that cannot be kept": {`{"workspace_id":"w1","provisioning_run_id":"a\nb"}`, with("w1", "")},
		"a run that is a number":    {`{"workspace_id":"w1","provisioning_run_id":7}`, with("w1", "7")},
		"what nobody knows":         {`{"workspace_id":"w1","provisioning_run_id":"r1","eta":[1],"links":{}}`, with("w1", "r1")},
		"a whole workspace":         {item("w1", "s", "active"), whole("active", "")},
		"one that is not ready":     {item("w1", "s", "provisioning"), whole("provisioning", "")},
		"a whole one, and its run":  {strings.Replace(item("w1", "s", "provisioning"), "{", `{"provisioning_run_id":"r1",`, 1), whole("provisioning", "r1")},
		"a whole one, named twice":  {strings.Replace(item("other", "s", "active"), "{", `{"workspace_id":"w1",`, 1), whole("active", "")},
		"in camel case":             {`{"workspaceId":"w1","provisioningRunId":"r1"}`, with("w1", "r1")},
		"in camel case, and short":  {`{"runId":"r1"}`, with("", "r1")},
		"objects":                   {`{"workspace":{"id":"w1","status":"x"},"provisioning_run":{"id":"r1","status":"started"}}`, with("w1", "r1")},
		"objects by shorter names":  {`{"run":{"id":"r1"}}`, with("", "r1")},
		"a run by its name alone":   {`{"provisioning_run":"r1"}`, with("", "r1")},
		"an object where an id is":  {`{"workspace_id":{"id":"w1"},"provisioning_run_id":{"id":7}}`, with("w1", "7")},
		"the name of a workspace":   {`{"workspace":"Team A","run":"r1"}`, with("", "r1")},
		"a text":                    {`"r1"`, with("", "r1")},
		"a number":                  {`7`, with("", "7")},
		"an id that is a number":    {`{"id":7}`, with("", "7")},
		"a bare id in capitals":     {`{"ID":"r1"}`, with("", "r1")},
		"the second name, if need":  {`{"provisioning_run_id":[],"run_id":"","run":{"id":"r1"}}`, with("", "r1")},
		"nothing in it":             {`{}`, with("", "")},
		"null":                      {`null`, with("", "")},
		"true":                      {`true`, with("", "")},
		"a list":                    {`["r1"]`, with("", "")},
		"an empty text":             {`""`, with("", "")},
		"nulls":                     {`{"workspace_id":null,"provisioning_run_id":null,"workspace":null,"id":null}`, with("", "")},
		"empty texts":               {`{"workspace_id":"","provisioning_run_id":""}`, with("", "")},
		"wrong types":               {`{"workspace_id":[1],"provisioning_run_id":true,"workspace":[],"run":{"id":{"id":"r1"}},"id":{}}`, with("", "")},
		"an id that climbs":         {`{"workspace_id":"../x","provisioning_run_id":"r1"}`, with("", "r1")},
		"an id that does not print": {`{"workspace_id":"a\u0000b","provisioning_run_id":"r1"}`, with("", "r1")},
		"an id without an end":      {fmt.Sprintf(`{"workspace_id":%q}`, strings.Repeat("x", 300)), with("", "")},
		"a run that climbs":         {`{"provisioning_run_id":".."}`, with("", "")},
		"a slug without an id":      {`{"slug":"s","status":"active","run_id":"r1"}`, with("", "r1")},
		"a whole one without an id": {`{"slug":"s","status":"active"}`, with("", "")},
		"a whole one that climbs":   {`{"id":"../x","slug":"s","status":"active"}`, with("", "")},
		"a number and a slug":       {`{"id":7,"slug":"s","status":"active"}`, with("", "7")},
	}
	for name, test := range tests {
		var answer accepted
		decode(t, test.answer, &answer)
		if diff := cmp.Diff(*test.want, answer.observed(asked), opaque()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The documentation says "dev, staging, prod" and does not show a form.
func TestEnvironments(t *testing.T) {
	three := []provider.Environment{{Name: "dev", ID: "e1", State: "active"}, {Name: "staging", ID: "e2", State: "active"}, {Name: "prod", ID: "e3", State: "active"}}
	names := []provider.Environment{{Name: "dev"}, {Name: "staging"}, {Name: "prod"}}
	tests := map[string]struct {
		answer string
		want   []provider.Environment
	}{
		"an array": {`[{"id":"e1","name":"dev","status":"active"},{"id":"e2","name":"staging","status":"active"},{"id":"e3","name":"prod","status":"active"}]`, three},
		"an object": {
			`{"environments":[{"id":"e1","name":"dev","status":"active"},{"id":"e2","name":"staging","status":"active"},{"id":"e3","name":"prod","status":"active"}],"total":3}`, three,
		},
		"by slug and state":         {`[{"id":"e1","slug":"dev","state":"active"}]`, three[:1]},
		"by environment":            {`[{"id":"e1","environment":"dev","status":"active"}]`, three[:1]},
		"the name first":            {`[{"id":"e1","environment":"x","slug":"y","name":"dev","status":"active","state":"z"}]`, three[:1]},
		"texts":                     {`["dev","staging","prod"]`, names},
		"by env":                    {`[{"id":"e1","env":"dev","status":"active"}]`, three[:1]},
		"by type":                   {`[{"id":"e1","type":"dev","status":"active"}]`, three[:1]},
		"by key":                    {`[{"id":"e1","key":"dev","status":"active"}]`, three[:1]},
		"key last, type before it":  {`[{"id":"e1","key":"z","type":"dev","status":"active"}]`, three[:1]},
		"an object by another name": {`{"items":[{"name":"dev"},{"name":"staging"},{"name":"prod"}]}`, names},
		"two arrays":                {`{"environments":[{"name":"dev"}],"warnings":[]}`, nil},
		"an object of objects": {
			`{"dev":{"id":"e1","status":"active"},"staging":{"id":"e2","state":"active"},"prod":{"id":"e3","status":"active","name":"x"}}`,
			[]provider.Environment{three[0], three[2], three[1]},
		},
		"an object of them in another": {`{"environments":{"dev":{"id":"e1","status":"active"}},"total":1}`, three[:1]},
		"empty objects":                {`{"dev":{},"prod":{}}`, []provider.Environment{{Name: "dev"}, {Name: "prod"}}},
		"only objects are read":        {`{"dev":{"id":"e1","status":"active"},"total":1,"next":null,"text":"x"}`, three[:1]},
		"objects without a name":       {`{"":{"id":"e1"},"\u0000":{"id":"e2"}}`, nil},
		"none in an object of them":    {`{"environments":{}}`, nil},
		"without ids":                  {`[{"name":"dev"},{"name":"staging"},{"name":"prod"}]`, names},
		"ids that cannot be used":      {`[{"id":"../x","name":"dev"},{"id":null,"name":"staging"},{"id":"a\u0000","name":"prod"}]`, names},
		"nothing to call it by":        {`[{"id":"e1"},{"name":""},{"name":null},null,{}]`, nil},
		"what cannot be read":          {`[7,[],true,{"id":"e1","name":"dev","status":"active"}]`, three[:1]},
		"none":                         {`[]`, nil},
		"none in an object":            {`{"environments":[]}`, nil},
		"null":                         {`null`, nil},
		"null in an object":            {`{"environments":null}`, nil},
		"another object":               {`{"total":3}`, nil},
		"a text":                       {`"dev"`, nil},
		"names that do not print":      {`[{"name":"d\u0000ev\n"}]`, []provider.Environment{{Name: "d ev"}}},
		"names without an end":         {fmt.Sprintf(`[{"name":%q}]`, strings.Repeat("x", 99)), []provider.Environment{{Name: strings.Repeat("x", 64)}}},
		"an object where a text goes":  {`[{"name":{"a":1},"id":"e1"}]`, []provider.Environment{{Name: `{"a":1}`, ID: "e1"}}},
	}
	for name, test := range tests {
		var got environments
		decode(t, test.answer, &got)
		if diff := cmp.Diff(test.want, got.observed()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEnvironmentsAreNotWithoutEnd(t *testing.T) {
	named := make([]string, 1000)
	for i := range named {
		named[i] = fmt.Sprintf(`"e%d":{}`, i)
	}
	for _, answer := range []string{
		`[` + strings.Repeat(`{"name":"e"},`, 999) + `{"name":"e"}]`,
		`{` + strings.Join(named, ",") + `}`,
	} {
		var got environments
		decode(t, answer, &got)
		if len(got.observed()) != environmentsLimit {
			t.Errorf("of %.20s... %d environments are kept, want %d", answer, len(got.observed()), environmentsLimit)
		}
	}
}
