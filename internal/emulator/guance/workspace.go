package guance

import (
	"time"
	"unicode/utf8"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// maxNameLength is the longest workspace name in characters.
const maxNameLength = 256

// createWorkspace is POST /api/v1/workspace/create. Names need not be unique.
func (v *Vendor) createWorkspace(c *call) (any, error) {
	if err := c.OnlyQuery(); err != nil {
		return nil, err
	}
	o, err := c.Object()
	if err != nil {
		return nil, err
	}
	name := workspaceName(o, wire.Required)
	desc := o.String("desc", wire.Nullable)
	menuStyle := oneOf(o, "menuStyle", wire.Optional, "", "Operations", "Testing", "Development")
	needKey := o.Bool("needCreateAk", wire.Optional)
	keyName := v.keyName(o, "akName", wire.Optional)
	language := oneOf(o, "language", wire.Nullable, "", "zh", "en")
	if err := o.Close(); err != nil {
		return nil, err
	}

	w := v.newWorkspace(name.Value, c.Now)
	w.Desc, w.MenuStyle, w.Language = desc.Value, menuStyle, language
	w.Creator, w.Updator = c.key.UUID, c.key.UUID
	v.state.Workspaces = append(v.state.Workspaces, w)
	c.changed = true

	out := created{
		AccountInfo: []string{},
		OwnerInfo: ownerInfo{
			AccountUUID: v.state.Owner.UUID, Email: v.state.Owner.Email, Name: v.state.Owner.Name,
		},
		WorkspaceInfo: v.info(w, v.settings.ShowTokens),
	}
	if needKey.Value {
		if keyName == "" {
			keyName = w.Name // akName is not a required field
		}
		k := v.newKey(w.UUID, keyName, c.key.UUID, c.Now)
		v.state.Keys = append(v.state.Keys, k)
		out.KeyInfo = &keyInfo{KeyID: k.UUID, KeySecret: k.SK, Name: k.Name}
	}
	return out, nil
}

// getWorkspace is GET /api/v1/workspace/get: the caller's own workspace, with
// more fields than other answers have, two of them credentials.
func (v *Vendor) getWorkspace(c *call) (any, error) {
	if err := firstError(c.OnlyQuery(), c.NoBody()); err != nil {
		return nil, err
	}
	return ownWorkspace{
		workspaceInfo: v.info(c.workspace, true),
		Declaration:   map[string]any{},
		Language:      c.workspace.Language,
		MemberCount:   1,
		MenuStyle:     c.workspace.MenuStyle,
		Timezone:      "Asia/Shanghai",
	}, nil
}

// modifyWorkspace is POST /api/v1/workspace/modify, on the caller's own
// workspace.
func (v *Vendor) modifyWorkspace(c *call) (any, error) {
	if err := c.OnlyQuery(); err != nil {
		return nil, err
	}
	o, err := c.Object()
	if err != nil {
		return nil, err
	}
	name := workspaceName(o, wire.Optional)
	desc := o.String("desc", wire.Optional)
	if err := o.Close(); err != nil {
		return nil, err
	}
	if name.Set {
		c.workspace.Name = name.Value
	}
	if desc.Set {
		c.workspace.Desc = desc.Value
	}
	c.workspace.Updator, c.workspace.UpdatedAt = c.key.UUID, c.Now
	c.changed = true
	return v.info(c.workspace, v.settings.ShowTokens), nil
}

func workspaceName(o *wire.Object, p wire.Presence) wire.Field[string] {
	name := o.String("name", p)
	if name.Given() && (name.Value == "" || utf8.RuneCountInString(name.Value) > maxNameLength) {
		o.Failf("name", "must have 1 to %d characters", maxNameLength)
	}
	return name
}

// oneOf reads a string of a closed set; absent and null read as "".
func oneOf(o *wire.Object, name string, p wire.Presence, allowed ...string) string {
	f := o.String(name, p)
	for _, value := range allowed {
		if f.Value == value {
			return value
		}
	}
	o.Failf(name, "must be one of %q", allowed)
	return ""
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// created is the content of a create answer.
type created struct {
	AccountInfo []string `json:"accountInfo"`
	// KeyInfo is there only when a key was asked for.
	KeyInfo       *keyInfo      `json:"akInfo,omitempty"`
	Exception     string        `json:"makeResourceExceptionCode"`
	OwnerInfo     ownerInfo     `json:"ownerInfo"`
	WorkspaceInfo workspaceInfo `json:"wsInfo"`
}

type keyInfo struct {
	KeyID     string `json:"keyId"`
	KeySecret string `json:"keySk"`
	Name      string `json:"name"`
}

type ownerInfo struct {
	AccountUUID string `json:"accountUUID"`
	Email       string `json:"email"`
	Name        string `json:"name"`
}

// ownWorkspace is the content of a get answer.
type ownWorkspace struct {
	workspaceInfo
	Declaration map[string]any `json:"declaration"`
	Language    string         `json:"language"`
	MemberCount int            `json:"memberCount"`
	MenuStyle   string         `json:"menuStyle"`
	Timezone    string         `json:"timezone"`
}

// workspaceInfo is the documented wsInfo, field by field; times are epoch
// seconds, -1 for never.
type workspaceInfo struct {
	BillingState    string            `json:"billingState"`
	CLIToken        string            `json:"cliToken,omitempty"`
	CreateAt        int64             `json:"createAt"`
	Creator         string            `json:"creator"`
	DashboardUUID   *string           `json:"dashboardUUID"`
	Datastore       map[string]string `json:"datastore"`
	DatabaseUUID    string            `json:"dbUUID"`
	DeleteAt        int64             `json:"deleteAt"`
	Desc            string            `json:"desc"`
	DurationSet     map[string]string `json:"durationSet"`
	PublicDataway   int               `json:"enablePublicDataway"`
	IndexMerged     int               `json:"esIndexMerged"`
	IndexSettings   struct{}          `json:"esIndexSettings"`
	SearchUUID      string            `json:"esInstanceUUID"`
	ExternalID      string            `json:"exterId"`
	ID              *int64            `json:"id"`
	IsLocked        int               `json:"isLocked"`
	IsMultipleIndex bool              `json:"isOpenLogMultipleIndex"`
	LockAt          int64             `json:"lockAt"`
	LoggingCutSize  int               `json:"loggingCutSize"`
	Exception       string            `json:"makeResourceExceptionCode"`
	Name            string            `json:"name"`
	RPName          string            `json:"rpName"`
	Status          int               `json:"status"`
	JSONMessage     int               `json:"supportJsonMessage"`
	Token           string            `json:"token,omitempty"`
	UpdateAt        int64             `json:"updateAt"`
	Updator         string            `json:"updator"`
	UUID            string            `json:"uuid"`
	VersionType     string            `json:"versionType"`
}

func (v *Vendor) info(w *Workspace, tokens bool) workspaceInfo {
	info := workspaceInfo{
		BillingState: w.BillingState,
		CreateAt:     w.CreatedAt.Unix(),
		Creator:      w.Creator,
		Datastore: map[string]string{
			"backup_log": "es", "custom_object": "es", "keyevent": "es", "logging": "es", "metric": "influxdb", "network": "es",
			"object": "es", "object_history": "es", "rum": "es", "security": "es", "tracing": "es",
		},
		DatabaseUUID: w.DatabaseUUID,
		DeleteAt:     -1,
		Desc:         w.Desc,
		DurationSet: map[string]string{
			"apm": "7d", "backup_log": "7d", "keyevent": "7d", "logging": "7d", "network": "1d", "rp": "7d",
		},
		PublicDataway:  1,
		IndexMerged:    1,
		SearchUUID:     w.SearchUUID,
		LockAt:         never(w.LockedAt),
		LoggingCutSize: 10240,
		Name:           w.Name,
		RPName:         "rp1",
		JSONMessage:    1,
		UpdateAt:       w.UpdatedAt.Unix(),
		Updator:        w.Updator,
		UUID:           w.UUID,
		VersionType:    w.VersionType,
	}
	if w.Locked {
		info.IsLocked = 1
	}
	if tokens {
		info.Token, info.CLIToken = w.Token, w.CLIToken
	}
	return info
}

func never(t *time.Time) int64 {
	if t == nil {
		return -1
	}
	return t.Unix()
}
