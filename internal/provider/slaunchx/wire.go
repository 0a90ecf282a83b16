package slaunchx

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// The two modes of a key. In a request a mode is a number, in an answer a word.
const (
	modeLive = "Live"
	modeTest = "Test"
)

// createRequest is the body of a creation, in the documented order. A mode of
// 0 leaves the choice to the vendor, whose default is Live.
type createRequest struct {
	Name        string   `json:"name"`
	Scopes      []string `json:"scopes"`
	Mode        int      `json:"mode,omitempty"`
	IPWhitelist []string `json:"ipWhitelist,omitempty"`
}

func modeNumber(mode string) (number int, known bool) {
	number, known = map[string]int{"": 0, modeLive: 1, modeTest: 2}[mode]
	return number, known
}

// deleteRequest is the body of a deletion: what creation calls apiKeyId is
// called keyId here.
type deleteRequest struct {
	KeyID string `json:"keyId"`
}

// content is an answer of which only the data are of interest. They are nil
// where the answer has none. Only what identifies or opens a key has to be a
// string: a slip in any other field must not cost it.
type content[T any] struct {
	Data *T `json:"data"`
}

// workspaceInfo is a workspace as the page "Update Workspace" shows it. The
// page "Get Workspace" shows nothing.
type workspaceInfo struct {
	ID        rest.Text `json:"bizId"`
	Name      rest.Text `json:"workspaceName"`
	Status    choice    `json:"workspaceStatus"`
	CreatedAt moment    `json:"createdAt"`
	UpdatedAt moment    `json:"updatedAt"`
}

// elsewhere reports whether the workspace is said to be another one.
func (i workspaceInfo) elsewhere(id string) bool { return i.ID != "" && string(i.ID) != id }

func (i workspaceInfo) workspace(id string) provider.Workspace {
	return provider.Workspace{
		ID: id, Name: string(i.Name), State: rest.Clean(string(i.Status.Code), stateLimit),
		CreatedAt: i.CreatedAt.Time, UpdatedAt: i.UpdatedAt.Time,
	}
}

// keyInfo is a key without its value, as creation and "Get API Key" show it.
type keyInfo struct {
	ID     string    `json:"apiKeyId"`
	Name   rest.Text `json:"name"`
	Status word      `json:"status"`
	Mode   rest.Text `json:"mode"`
	Scopes texts     `json:"scopes"`
	// Permissions are the scopes, by the name that "Get API Key" gives them.
	Permissions texts  `json:"permissions"`
	IPWhitelist texts  `json:"ipWhitelist"`
	CreatedAt   moment `json:"createdAt"`
}

const (
	// stateActive is the one state with a documented name.
	stateActive = "ACTIVE"
	stateLimit  = 64
)

func (i keyInfo) key() provider.Key {
	mark, _ := provider.ParseKeyName(string(i.Name))
	seen := provider.Key{
		ID: i.ID, Name: string(i.Name), Mark: mark, State: rest.Clean(string(i.Status), stateLimit),
		Scopes: i.Scopes, IPAllowlist: i.IPWhitelist, CreatedAt: i.CreatedAt.Time,
	}
	if i.Scopes == nil {
		seen.Scopes = i.Permissions
	}
	if i.Status != "" {
		seen.Disabled = new(i.Status != stateActive)
	}
	switch i.Mode {
	case "LIVE", "1":
		seen.Mode = modeLive
	case "TEST", "2":
		seen.Mode = modeTest
	}
	return seen
}

// shownKey is the data of "Get API Key". Which name its id has there is not
// documented; these are those of the other pages, and the plainest one.
type shownKey struct {
	keyInfo
	KeyID   rest.Text `json:"keyId"`
	PlainID rest.Text `json:"id"`
}

// elsewhere reports whether the key is said to be another one.
func (s shownKey) elsewhere(id string) bool {
	shown := cmp.Or(s.ID, string(s.KeyID), string(s.PlainID))
	return shown != "" && shown != id
}

// issuedKey is the data of the answer to a creation, the only one with the
// value.
type issuedKey struct {
	keyInfo
	Value string `json:"secret"`
}

// complete reports whether the answer has what cannot be had a second time.
func (i issuedKey) complete() bool { return rest.ValidID(i.ID) && i.Value != "" }

// choice is one of the vendor's enumerations: an object with a value, a name
// and a code, of which the code is for programs.
type choice struct {
	Code word `json:"code"`
}

// UnmarshalJSON never fails: what is no object has no code.
func (c *choice) UnmarshalJSON(data []byte) error {
	type plain choice // without this method
	_ = json.Unmarshal(data, (*plain)(c))
	return nil
}

// word is a string that decides something: where anything else stands, it is
// unknown.
type word string

// UnmarshalJSON never fails.
func (w *word) UnmarshalJSON(data []byte) error {
	var text string
	_ = json.Unmarshal(data, &text)
	*w = word(text)
	return nil
}

// texts are a list of strings; nil where the answer has no list.
type texts []string

// UnmarshalJSON never fails.
func (t *texts) UnmarshalJSON(data []byte) error {
	var all []rest.Text
	_ = json.Unmarshal(data, &all) // what is no list leaves nil
	*t = nil
	if all != nil {
		*t = make(texts, 0, len(all))
	}
	for _, text := range all {
		*t = append(*t, string(text))
	}
	return nil
}

// moment is a time in the form of RFC 3339. One that cannot be read, or not
// be written down again in four digits of a year, is unknown.
type moment struct{ time.Time }

// UnmarshalJSON never fails.
func (m *moment) UnmarshalJSON(data []byte) error {
	var text word
	_ = text.UnmarshalJSON(data)
	m.Time = time.Time{}
	at, err := time.Parse(time.RFC3339, string(text))
	if at = at.UTC(); err == nil && at.Year() > 0 && at.Year() <= 9999 {
		m.Time = at
	}
	return nil
}
