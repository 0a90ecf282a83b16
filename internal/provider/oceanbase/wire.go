package oceanbase

import (
	"cmp"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// newKey is the body of a creation, in the documented order.
type newKey struct {
	Name   string `json:"name"`
	Action string `json:"action"`
}

// issued is the answer to a creation, the only one with the value, and one
// without an id.
type issued struct {
	Data struct {
		Value     string    `json:"apiKey"`
		Name      rest.Text `json:"name"`
		CreatedAt moment    `json:"createdAt"`
	} `json:"data"`
}

// complete reports whether the answer has the value, for the key that was
// asked for. Under another name the key is not found in the list, and without
// the list it has no id: such a value could be handed out and never revoked.
func (i issued) complete(name string) bool {
	return i.Data.Value != "" && string(cmp.Or(i.Data.Name, rest.Text(name))) == name
}

// page is one page of the list of keys.
type page struct {
	Data struct {
		// List is nil where the answer has no list at all.
		List       []key       `json:"list"`
		Total      rest.Number `json:"total"`
		TotalCount rest.Number `json:"totalCount"`
	} `json:"data"`
	TotalCount rest.Number `json:"totalCount"`
}

// total is how many keys there are, if the answer says so. No page of the
// documentation shows where; other lists of the vendor's have these members.
func (p page) total() rest.Number {
	for _, number := range []rest.Number{p.Data.Total, p.Data.TotalCount, p.TotalCount} {
		if number.Known {
			return number
		}
	}
	return rest.Number{}
}

// key is what the list says of one. Whatever it shows of the value is not
// read.
type key struct {
	ID        string    `json:"id"`
	Name      rest.Text `json:"name"`
	CreatedAt moment    `json:"createdAt"`
	ExpiresAt moment    `json:"expiresAt"`
}

func (k key) observed() provider.Key {
	mark, _ := provider.ParseKeyName(string(k.Name))
	return provider.Key{ID: k.ID, Name: string(k.Name), Mark: mark, CreatedAt: k.CreatedAt.Time, ExpiresAt: k.ExpiresAt.Time}
}

// moment is a time in RFC 3339. One that cannot be read is unknown, and no
// error.
type moment struct{ time.Time }

// UnmarshalJSON never fails.
func (m *moment) UnmarshalJSON(data []byte) error {
	var text rest.Text
	_ = text.UnmarshalJSON(data)
	m.Time = time.Time{}
	if parsed, err := time.Parse(time.RFC3339, string(text)); err == nil {
		m.Time = parsed.UTC()
	}
	return nil
}
