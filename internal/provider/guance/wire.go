package guance

import (
	"math"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// envelope is around every answer.
type envelope[T any] struct {
	Content  T `json:"content"`
	PageInfo struct {
		TotalCount rest.Number `json:"totalCount"`
	} `json:"pageInfo"`
}

// newWorkspace is the body of a creation, in the order of the documented
// example.
type newWorkspace struct {
	Name         string `json:"name"`
	Description  string `json:"desc,omitempty"`
	MenuStyle    string `json:"menuStyle,omitempty"`
	NeedCreateAK bool   `json:"needCreateAk"`
	AKName       string `json:"akName"`
	Language     string `json:"language,omitempty"`
}

// createdWorkspace is the answer to a creation, the only one with the value of
// the admin key that is sure to come.
type createdWorkspace struct {
	AKInfo struct {
		KeyID string `json:"keyId"`
		KeySK string `json:"keySk"`
	} `json:"akInfo"`
	ExceptionCode rest.Text `json:"makeResourceExceptionCode"`
	WSInfo        workspace `json:"wsInfo"`
	// VersionType stands beside wsInfo in the documentation's table, and in it
	// in the documentation's example.
	VersionType rest.Text `json:"versionType"`
}

// workspace is what the vendor says of one. It has credentials in it (token,
// cliToken), which are not read.
type workspace struct {
	UUID          string      `json:"uuid"`
	Name          string      `json:"name"`
	Description   rest.Text   `json:"desc"`
	BillingState  rest.Text   `json:"billingState"`
	VersionType   rest.Text   `json:"versionType"`
	IsLocked      rest.Number `json:"isLocked"`
	CreateAt      rest.Number `json:"createAt"`
	UpdateAt      rest.Number `json:"updateAt"`
	ExceptionCode rest.Text   `json:"makeResourceExceptionCode"`
}

// workspaceChange is the body of a modification.
type workspaceChange struct {
	Name        string `json:"name"`
	Description string `json:"desc"`
}

// newKey is the body of a key's creation.
type newKey struct {
	Name string `json:"name"`
}

// issuedKey is the answer to it.
type issuedKey struct {
	key
	SK string `json:"sk"`
}

// key is what the vendor says of one. A list shows its value again (sk), which
// is not read.
type key struct {
	UUID          string      `json:"uuid"`
	Name          string      `json:"name"`
	CreateAt      rest.Number `json:"createAt"`
	WorkspaceUUID rest.Text   `json:"workspaceUUID"`
}

const (
	stateActive = "Active"
	stateLocked = "Locked"
	// stateIncomplete comes with the vendor's code: the workspace exists, but
	// not all that belongs to it could be made.
	stateIncomplete = "Incomplete: "

	stateLimit = 64
)

func (w workspace) observed() provider.Workspace {
	return provider.Workspace{
		ID: w.UUID, Name: w.Name, Description: string(w.Description),
		BillingState: rest.Clean(string(w.BillingState), stateLimit),
		VersionType:  rest.Clean(string(w.VersionType), stateLimit),
		State:        w.state(),
		CreatedAt:    moment(w.CreateAt), UpdatedAt: moment(w.UpdateAt),
	}
}

func (w workspace) state() string {
	switch {
	case w.IsLocked.Value == 1:
		return stateLocked
	case w.ExceptionCode != "":
		return rest.Clean(stateIncomplete+string(w.ExceptionCode), stateLimit)
	}
	return stateActive
}

func (k key) observed() provider.Key {
	mark, _ := provider.ParseKeyName(k.Name)
	return provider.Key{ID: k.UUID, Name: k.Name, Mark: mark, CreatedAt: moment(k.CreateAt)}
}

// moment reads seconds since 1970, whole or not. -1 is the vendor's "never".
func moment(seconds rest.Number) time.Time {
	const year10000 = 253402300800
	if seconds.Value <= 0 || seconds.Value >= year10000 {
		return time.Time{}
	}
	whole, fraction := math.Modf(seconds.Value)
	return time.Unix(int64(whole), int64(fraction*float64(time.Second))).UTC()
}
