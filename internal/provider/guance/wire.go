package guance

import (
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// createRequest is the body of workspace/create, in the documented order.
type createRequest struct {
	Name        string `json:"name"`
	Description string `json:"desc,omitempty"`
	MenuStyle   string `json:"menuStyle,omitempty"`
	NeedKey     bool   `json:"needCreateAk"`
	KeyName     string `json:"akName"`
	Language    string `json:"language,omitempty"`
}

// modifyRequest is the body of workspace/modify. What is absent stays.
type modifyRequest struct {
	Name        string `json:"name,omitempty"`
	Description string `json:"desc,omitempty"`
}

func (r modifyRequest) empty() bool { return r == modifyRequest{} }

// unlike is the request without what the workspace has already.
func (r modifyRequest) unlike(own provider.Workspace) modifyRequest {
	if r.Name == own.Name {
		r.Name = ""
	}
	if r.Description == own.Description {
		r.Description = ""
	}
	return r
}

// addRequest is the body of workspace/accesskey/add.
type addRequest struct {
	Name string `json:"name"`
}

// content is an answer of which only the content is of interest. In the
// vendor's own examples the type of a field varies from page to page: only what
// identifies or opens something has to be a string.
type content[T any] struct {
	Content T `json:"content"`
}

// created is the content of the answer to workspace/create.
type created struct {
	Key struct {
		ID    string `json:"keyId"`
		Value string `json:"keySk"`
	} `json:"akInfo"`
	Workspace workspaceInfo `json:"wsInfo"`
	// VersionType stands here in the documented table, and in wsInfo in the
	// documented example.
	VersionType rest.Text `json:"versionType"`
}

// complete reports whether the answer has what cannot be had a second time.
func (c created) complete() bool {
	return rest.ValidID(c.Workspace.UUID) && rest.ValidID(c.Key.ID) && c.Key.Value != ""
}

func (c created) workspace() provider.Workspace {
	if c.Workspace.VersionType == "" {
		c.Workspace.VersionType = c.VersionType
	}
	workspace := c.Workspace.workspace()
	workspace.Credential = &provider.WorkspaceCredential{
		ID:     c.Key.ID,
		Values: map[string]provider.Secret{apiKey: provider.NewSecret(c.Key.Value)},
	}
	return workspace
}

// workspaceInfo is a workspace, as creation and workspace/get show it. The
// credentials that some versions add to it (token, cliToken) are not read.
type workspaceInfo struct {
	UUID         string      `json:"uuid"`
	Name         rest.Text   `json:"name"`
	Description  rest.Text   `json:"desc"`
	BillingState rest.Text   `json:"billingState"`
	VersionType  rest.Text   `json:"versionType"`
	IsLocked     rest.Number `json:"isLocked"`
	CreateAt     rest.Number `json:"createAt"`
	UpdateAt     rest.Number `json:"updateAt"`
}

func (i workspaceInfo) workspace() provider.Workspace {
	state := "Active"
	if i.IsLocked.Value == 1 {
		state = "Locked"
	}
	return provider.Workspace{
		ID: i.UUID, Name: string(i.Name), Description: string(i.Description),
		BillingState: string(i.BillingState), VersionType: string(i.VersionType), State: state,
		CreatedAt: moment(i.CreateAt), UpdatedAt: moment(i.UpdateAt),
	}
}

// keyInfo is an access key without its value.
type keyInfo struct {
	UUID          string      `json:"uuid"`
	Name          rest.Text   `json:"name"`
	WorkspaceUUID rest.Text   `json:"workspaceUUID"`
	CreateAt      rest.Number `json:"createAt"`
}

// elsewhere reports whether the key is said to belong to another workspace.
func (i keyInfo) elsewhere(workspaceID string) bool {
	return i.WorkspaceUUID != "" && string(i.WorkspaceUUID) != workspaceID
}

func (i keyInfo) key() provider.Key {
	mark, _ := provider.ParseKeyName(string(i.Name))
	return provider.Key{ID: i.UUID, Name: string(i.Name), Mark: mark, State: "Active", CreatedAt: moment(i.CreateAt)}
}

// issuedKey is the content of the answer to workspace/accesskey/add.
type issuedKey struct {
	keyInfo
	Value string `json:"sk"`
}

func (i issuedKey) complete() bool { return rest.ValidID(i.UUID) && i.Value != "" }

// keyList is the answer to workspace/accesskey/list.
type keyList struct {
	Content []keyInfo `json:"content"`
	// PageInfo is documented for lists in general, and absent from the example
	// of this one.
	PageInfo struct {
		TotalCount rest.Number `json:"totalCount"`
	} `json:"pageInfo"`
}

// complete reports whether the list can be believed about what is not in it.
func (l keyList) complete() bool {
	for _, key := range l.Content {
		if !rest.ValidID(key.UUID) {
			return false
		}
	}
	return l.Content != nil && l.PageInfo.TotalCount.Value <= float64(len(l.Content))
}

// moment reads seconds since 1970, with or without a fraction; -1 is "never".
// A year of more than four digits cannot be written down in Kubernetes.
func moment(seconds rest.Number) time.Time {
	const year10000 = 253402300800
	if seconds.Value <= 0 || seconds.Value >= year10000 {
		return time.Time{}
	}
	return time.Unix(int64(seconds.Value), 0).UTC()
}
