package rest

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Number reads what vendors write where they document a number: 10, 10.0,
// "10", true. Anything else is not an error but an unknown number, so that a
// field nobody needs cannot spoil an answer.
type Number struct {
	Value float64
	Known bool
}

// UnmarshalJSON never fails.
func (n *Number) UnmarshalJSON(data []byte) error {
	*n = Number{}
	text := strings.Trim(string(data), `"`)
	switch text {
	case "true":
		*n = Number{Value: 1, Known: true}
	case "false":
		*n = Number{Known: true}
	default:
		value, err := strconv.ParseFloat(text, 64)
		if err == nil && value-value == 0 {
			*n = Number{Value: value, Known: true}
		}
	}
	return nil
}

// Text reads what vendors write where they document a string: a string, null,
// or something else, which is kept as it stands in the JSON.
type Text string

// UnmarshalJSON never fails.
func (t *Text) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		text = string(data)
	}
	*t = Text(text)
	return nil
}
