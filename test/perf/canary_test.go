package perf

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// minPart is how short a part of a value may be that is still looked for: a cut-off value is as good as a whole one to somebody who guesses the rest.
const minPart = 16

// canaries are values that must be nowhere, by what they are, which is all that a failure tells: all forms of each, see forms.
type canaries map[string]map[string]string

func (c canaries) add(what, value string) {
	if value != "" {
		c[what] = forms(value)
	}
}

// find names the canaries in a text and the forms in which they are there. Letters count whatever their case: an error code in capitals is still what it was.
func (c canaries) find(text string) []string {
	var found []string
	text = strings.ToLower(text + undumped(text))
	for what, all := range c {
		var seen []string
		for encoded, form := range all {
			if strings.Contains(text, encoded) {
				seen = append(seen, form)
			}
		}
		if len(seen) > 0 {
			slices.Sort(seen)
			found = append(found, what+" ("+strings.Join(seen, "; ")+")")
		}
	}
	slices.Sort(found)
	return found
}

// undumped is what the hex dumps of a text were made from: in a dump no value stands in one piece. This is how client-go logs the bodies of its requests.
func undumped(text string) string {
	var whole []byte
	for _, row := range regexp.MustCompile(`[0-9a-f]{8}  ((?:[0-9a-f]{2} {1,2}){1,16})`).FindAllStringSubmatch(text, -1) {
		part, err := hex.DecodeString(strings.ReplaceAll(row[1], " ", ""))
		if err == nil {
			whole = append(whole, part...)
		}
	}
	return string(whole)
}

// forms are all the ways in which a value or half of it may have been written down, in small letters, with what each is called.
func forms(value string) map[string]string {
	parts := map[string]string{"": value}
	if half := len(value) / 2; half >= minPart {
		parts["first half "], parts["second half "] = value[:half], value[half:]
	}
	all := map[string]string{}
	for which, part := range parts {
		quoted, _ := json.Marshal(part) // a string always has a JSON form
		all[strings.Trim(string(quoted), `"`)] = which + "in JSON"
		all[url.QueryEscape(part)] = which + "in a query"
		all[url.PathEscape(part)] = which + "in a path"
		all[part] = which + "plain" // in the place of those above that are the same
		all[hex.EncodeToString([]byte(part))] = which + "in hex"
		for shift := range 3 {
			// Within a longer text a value begins at any of three places of a group of base64, whose ends depend on what is around them.
			inner := []byte(part[shift : shift+(len(part)-shift)/3*3])
			all[base64.RawURLEncoding.EncodeToString(inner)] = which + "in base64 for URLs"
			all[base64.RawStdEncoding.EncodeToString(inner)] = which + "in base64"
		}
	}
	small := map[string]string{}
	for encoded, form := range all {
		small[strings.ToLower(encoded)] = form
	}
	return small
}

func TestCanariesAreFound(t *testing.T) {
	const value = "se+cret/0123456789=abcdefghijklmnopqrstuvwxyz&<"
	quoted, err := json.Marshal("around " + value)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, text string }{
		{"plain", "it is " + value + "!"},
		{"the beginning only", "it is " + value[:30]},
		{"the end only", value[20:] + " it is"},
		{"capitals", strings.ToUpper(value)},
		{"JSON", string(quoted)},
		{"query", url.Values{"key": {value}}.Encode()},
		{"path", "/keys/" + url.PathEscape(value) + "/get"},
		{"hex", hex.EncodeToString([]byte("x" + value))},
		{"hex dump", hex.Dump([]byte("around " + value + " it"))},
		{"base64", base64.StdEncoding.EncodeToString([]byte(value))},
		{"base64 of a longer text", base64.StdEncoding.EncodeToString([]byte("x" + value + "y"))},
		{"base64 of a still longer text", base64.URLEncoding.EncodeToString([]byte("xy" + value + "z"))},
	}
	key := canaries{}
	key.add("the key", value)
	for _, test := range tests {
		found := key.find(test.text)
		if len(found) == 0 {
			t.Errorf("%s: not found", test.name)
		}
		for _, where := range found {
			if strings.Contains(where, value) {
				t.Errorf("%s: the finding tells the value", test.name)
			}
		}
	}
	if found := key.find("the fingerprint of the key is 0123456789"); len(found) > 0 {
		t.Errorf("found in an innocent text: %q", found)
	}
}
