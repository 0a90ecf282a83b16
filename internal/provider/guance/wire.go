package guance

import (
	"encoding/json"
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
	Name        string  `json:"name,omitempty"`
	Description *string `json:"desc,omitempty"`
}

func (r modifyRequest) empty() bool { return r == modifyRequest{} }

// unlike is the request without what the workspace has already.
func (r modifyRequest) unlike(own provider.Workspace) modifyRequest {
	if r.Name == own.Name {
		r.Name = ""
	}
	if r.Description != nil && *r.Description == own.Description {
		r.Description = nil
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
	Owner     owner         `json:"ownerInfo"`
	Workspace workspaceInfo `json:"wsInfo"`
	// VersionType stands here in the documented table, and in wsInfo in the
	// documented example.
	VersionType rest.Text `json:"versionType"`
}

// owner is whom a new workspace belongs to: the owner of the workspace whose key
// made it.
type owner struct {
	AccountID rest.Text `json:"accountUUID"`
}

// UnmarshalJSON never fails: a key that is shown once is not lost over whom it
// belongs to.
func (o *owner) UnmarshalJSON(data []byte) error {
	type plain owner // without this method
	if json.Unmarshal(data, (*plain)(o)) != nil || !rest.ValidID(string(o.AccountID)) {
		*o = owner{}
	}
	return nil
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
	workspace.AccountID = string(c.Owner.AccountID)
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
	Language     rest.Text   `json:"language"`
	MenuStyle    rest.Text   `json:"menuStyle"`
	IsLocked     rest.Number `json:"isLocked"`
	CreateAt     rest.Number `json:"createAt"`
	UpdateAt     rest.Number `json:"updateAt"`
}

func (i workspaceInfo) workspace() provider.Workspace {
	state := "Active"
	if i.IsLocked.Value == 1 {
		state = "Locked"
	}
	workspace := provider.Workspace{
		ID: i.UUID, Name: string(i.Name), Description: string(i.Description), State: state,
		BillingState: word(i.BillingState), VersionType: word(i.VersionType), Language: word(i.Language),
		CreatedAt: moment(i.CreateAt), UpdatedAt: moment(i.UpdateAt),
	}
	if style := menuStyle(i.MenuStyle); style != "" {
		workspace.Options = map[string]string{optionMenuStyle: style}
	}
	return workspace
}

// word is one of the vendor's words, bounded: it is shown to people as it is.
func word(text rest.Text) string {
	const limit = 64
	return rest.Clean(string(text), limit)
}

// menuStyle is the operator's word for a style. The vendor's pages in Chinese
// have words of their own for the three; any other is not ours to compare.
func menuStyle(text rest.Text) string {
	return map[rest.Text]string{
		"Operations": "Operations", "Testing": "Testing", "Development": "Development",
		"运维": "Operations", "测试": "Testing", "研发": "Development",
	}[text]
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
