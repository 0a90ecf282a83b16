package oceanbase

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// What the console allows for the name of a key, in characters.
const (
	minNameLength = 2
	maxNameLength = 64
)

// The sizes of a list page. A size over the largest is not refused: the page
// then has, without a word, the size for that case.
const (
	defaultPageSize  = 10
	maxPageSize      = 100
	oversizePageSize = 20
)

// The values of Settings.DeleteUnknown.
const (
	deleteError   = "error"
	deleteSuccess = "success"
)

// created is the answer to a creation. It lacks the id that deleting needs:
// only a list shows that.
type created struct {
	Data      createdKey `json:"data"`
	RequestID string     `json:"requestId"`
	Server    string     `json:"server"`
	Success   bool       `json:"success"`
}

type createdKey struct {
	APIKey    string `json:"apiKey"`
	Name      string `json:"name"`
	CreatedAt string `json:"createdAt"`
}

// createKey is POST /api/v2/maas/apikeys. The secret is in this answer and in
// no later one.
func (v *Vendor) createKey(c *call) (any, error) {
	if err := c.OnlyQuery("uid"); err != nil {
		return nil, err
	}
	o, err := c.Object()
	if err != nil {
		return nil, err
	}
	name := o.String("name", wire.Required)
	v.checkName(o, name.Value)
	action := o.String("action", wire.Required)
	if action.Value == "" {
		o.Failf("action", "must not be empty")
	}
	if err := o.Close(); err != nil {
		return nil, err
	}
	if v.settings.UniqueNames && v.named(c.workspace.ID, name.Value) {
		return nil, problem{status: http.StatusBadRequest, message: "name: is in use"}
	}
	k := v.newKey(c.workspace.ID, name.Value, action.Value, c.Now)
	v.state.Keys = append(v.state.Keys, k)
	c.changed = true
	return created{
		Data:      createdKey{APIKey: k.Secret, Name: k.Name, CreatedAt: stamp(k.CreatedAt)},
		RequestID: c.requestID, Server: server, Success: true,
	}, nil
}

// checkName applies the console's rule: Chinese, ASCII letters and digits, _ and -.
func (v *Vendor) checkName(o *wire.Object, name string) {
	if v.settings.LaxNames {
		if name == "" {
			o.Failf("name", "must not be empty")
		}
		return
	}
	if n := utf8.RuneCountInString(name); n < minNameLength || n > maxNameLength {
		o.Failf("name", "must have %d to %d characters", minNameLength, maxNameLength)
	}
	for _, r := range name {
		if !unicode.Is(unicode.Han, r) && !strings.ContainsRune("_-", r) && !isLetterOrDigit(r) {
			o.Failf("name", "must not contain %q", r)
		}
	}
}

func isLetterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// named reports whether a live key of the project has that name.
func (v *Vendor) named(workspace, name string) bool {
	return slices.ContainsFunc(v.state.Keys, func(k *Key) bool {
		return k.WorkspaceID == workspace && k.Name == name && k.DeletedAt == nil
	})
}

// page is the data of a list answer.
type page struct {
	List []item `json:"list"`
	// Total counts all keys, not those of the page.
	Total *int `json:"total,omitempty"`
}

// item is a key in a list.
type item struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	APIKey    string  `json:"apiKey,omitempty"`
	CreatedAt string  `json:"createdAt"`
	UpdatedAt string  `json:"updatedAt"`
	ExpiresAt *string `json:"expiresAt"`
}

// listKeys is GET /api/v2/maas/apikeys: the keys of the project, page by page.
func (v *Vendor) listKeys(c *call) (any, error) {
	if err := cmp.Or(c.OnlyQuery("Action", "uid", "pageNumber", "pageSize"), c.NoBody(), c.checkAction()); err != nil {
		return nil, err
	}
	number, err := positive(c, "pageNumber", 1)
	if err != nil {
		return nil, err
	}
	size, err := positive(c, "pageSize", defaultPageSize)
	if err != nil {
		return nil, err
	}
	if size > v.settings.MaxPageSize {
		size = oversizePageSize
	}
	items := v.items(c)
	out := page{List: []item{}}
	if number-1 <= len(items)/size { // a page past the end is empty
		from := (number - 1) * size
		out.List = append(out.List, items[from:min(from+size, len(items))]...)
	}
	if total := len(items); v.settings.ShowTotal {
		out.Total = &total
	}
	return c.wrap(out), nil
}

// items are all the keys a list taken now shows, in its order.
func (v *Vendor) items(c *call) []item {
	keys := slices.Clone(v.state.Keys)
	slices.SortStableFunc(keys, func(a, b *Key) int { return a.CreatedAt.Compare(b.CreatedAt) })
	if !v.settings.OldestFirst {
		slices.Reverse(keys)
	}
	items := []item{}
	for _, k := range keys {
		if k.WorkspaceID == c.workspace.ID && k.DeletedAt == nil && !v.hidden(k, c.Now) {
			items = append(items, v.describe(k))
		}
	}
	return items
}

// hidden reports whether a list taken now does not show the key yet. A restart
// may forget lists counted here, which only makes the lag longer.
func (v *Vendor) hidden(k *Key, now time.Time) bool {
	if k.HiddenLists > 0 {
		k.HiddenLists--
		return true
	}
	return now.Sub(k.CreatedAt) < time.Duration(v.settings.ListLagMillis)*time.Millisecond
}

func (v *Vendor) describe(k *Key) item {
	out := item{ID: k.ID, Name: k.Name, CreatedAt: stamp(k.CreatedAt), UpdatedAt: stamp(k.UpdatedAt)}
	if v.settings.MaskedKeys {
		out.APIKey = mask(k.Secret)
	}
	if k.ExpiresAt != nil {
		at := stamp(*k.ExpiresAt)
		out.ExpiresAt = &at
	}
	return out
}

// deleteKey is DELETE /api/v2/maas/apikeys, with the id in the query.
func (v *Vendor) deleteKey(c *call) (any, error) {
	if err := cmp.Or(c.OnlyQuery("Action", "id", "uid"), c.NoBody(), c.checkAction()); err != nil {
		return nil, err
	}
	id := c.Query.Get("id")
	if id == "" {
		return nil, errors.New("id: is required")
	}
	k := v.key(id)
	switch {
	case k != nil && k.WorkspaceID == c.workspace.ID:
		now := c.Now
		k.DeletedAt, k.UpdatedAt = &now, now
		c.changed = true
	case v.settings.DeleteUnknown == deleteError:
		return nil, problem{status: http.StatusNotFound, message: "API key does not exist"}
	}
	return c.wrap(struct{}{}), nil
}

// checkAction checks the query parameter that repeats which operation is meant.
func (c *call) checkAction() error {
	if c.Query.Has("Action") && c.Query.Get("Action") != c.action {
		return fmt.Errorf("query parameter Action must be %s", c.action)
	}
	return nil
}

// positive reads a query parameter that must be a whole number of at least 1.
func positive(c *call, name string, absent int) (int, error) {
	if !c.Query.Has(name) {
		return absent, nil
	}
	n, err := strconv.Atoi(c.Query.Get(name))
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s: must be an integer of at least 1", name)
	}
	return n, nil
}

// stamp writes a time the way the documentation does: 2023-10-12T09:45:30Z.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// mask hides all of a secret but its prefix and its end.
func mask(secret string) string {
	if len(secret) < 12 {
		return "******"
	}
	return secret[:3] + "******" + secret[len(secret)-4:]
}
