package oceanbase

import (
	"cmp"
	"encoding/json"
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
		List       items       `json:"list"`
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

// hasList reports whether the answer has a list, be it an empty one. An answer
// that counts no keys need not show them.
func (p page) hasList() bool {
	total := p.total()
	return p.Data.List != nil || total.Known && total.Value == 0
}

// items are the keys of a page. They are nil where the answer has no list at
// all, and not nil where it has null for one: a common way to write an empty
// one.
type items []key

// UnmarshalJSON fails where there is something else than a list of keys.
func (i *items) UnmarshalJSON(data []byte) error {
	*i = items{}
	if string(data) == "null" {
		return nil
	}
	return json.Unmarshal(data, (*[]key)(i))
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

// moment is a time in RFC 3339. One that cannot be read, or not be written down
// again with four digits for the year, is unknown, and no error.
type moment struct{ time.Time }

// UnmarshalJSON never fails.
func (m *moment) UnmarshalJSON(data []byte) error {
	var text rest.Text
	_ = text.UnmarshalJSON(data)
	m.Time = time.Time{}
	if parsed, err := time.Parse(time.RFC3339, string(text)); err == nil {
		if utc := parsed.UTC(); utc.Year() >= 1 && utc.Year() <= 9999 {
			m.Time = utc
		}
	}
	return nil
}
