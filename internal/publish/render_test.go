package publish

import (
	"fmt"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// canary is a key that must be in the Secret and nowhere else.
const canary = "sk-canary-0123456789abcdef"

// keyName is what its vendor calls it.
const keyName = "ci-0123456789abcdef-1"

func content() Content {
	return Content{
		Key: provider.NewSecret(canary), KeyID: "key-1", WorkspaceUUID: "ws-1",
		Endpoint: "https://vendor.test/v1", Provider: "portkey", KeyName: keyName, Generation: 3,
	}
}

func TestRender(t *testing.T) {
	for name, row := range map[string]struct{ text, want string }{
		"no action":               {"plain\n", "plain\n"},
		"empty":                   {"", ""},
		"all values":              {"{{.APIKey}} {{.KeyID}} {{.WorkspaceUUID}} {{.Endpoint}} {{.Provider}}", canary + " key-1 ws-1 https://vendor.test/v1 portkey"},
		"if":                      {`{{if eq .Provider "portkey"}}p{{else}}other{{end}}`, "p"},
		"else if":                 {`{{if eq .Provider "x"}}x{{else if .KeyID}}id{{end}}`, "id"},
		"with":                    {`{{with .KeyID}}<{{.}}>{{else}}none{{end}}`, "<key-1>"},
		"variables":               {`{{$id := .KeyID}}{{$id}}{{$id = "b"}}{{$id}}`, "key-1b"},
		"trimmed":                 {"a {{- /* no more */ -}} b", "ab"},
		"printf":                  {`{{printf "Bearer %s" .APIKey}}`, "Bearer " + canary},
		"quoted":                  {`{{printf "%q" .KeyID}}`, `"key-1"`},
		"escaped":                 {`{{urlquery .Endpoint}} {{html "<b>"}} {{js "'"}}`, `https%3A%2F%2Fvendor.test%2Fv1 &lt;b&gt; \'`},
		"the length":              {`{{if gt (len .KeyID) 3}}long{{end}}`, "long"},
		"print and lines":         {`{{print .KeyID "-" .Provider}}{{println "x"}}`, "key-1-portkeyx\n"},
		"bytes that are no text":  {"\xff{{.KeyID}}", "\xffkey-1"},
		"just as large as may be": {strings.Repeat("x", maxRendered), strings.Repeat("x", maxRendered)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := render(row.text, content())
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestRenderRefuses(t *testing.T) {
	double := `{{$x := print .APIKey .APIKey}}` + strings.Repeat(`{{$x = print $x $x}}`, 40)
	for name, row := range map[string]struct{ text, says string }{
		"range":                   {`{{range .APIKey}}x{{end}}`, "range, template and block"},
		"range over a number":     {`{{range 1000000000}}x{{end}}`, "range, template and block"},
		"range in an if":          {`{{if .KeyID}}{{range 9}}x{{end}}{{end}}`, "range, template and block"},
		"range in an else":        {`{{if .KeyID}}{{else}}{{range 9}}x{{end}}{{end}}`, "range, template and block"},
		"range in a with":         {`{{with .KeyID}}{{range 9}}x{{end}}{{end}}`, "range, template and block"},
		"a template":              {`{{define "a"}}x{{end}}{{template "a"}}`, "range, template and block"},
		"a template in itself":    {`{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`, "range, template and block"},
		"the whole in itself":     {`{{template "template" .}}`, "range, template and block"},
		"a block":                 {`{{block "a" .}}x{{end}}`, "range, template and block"},
		"a range never called":    {`{{define "a"}}{{range 9}}x{{end}}{{end}}`, "range, template and block"},
		"doubling":                {double, "larger than 64 KiB"},
		"doubling by printf":      {`{{$x := .APIKey}}` + strings.Repeat(`{{$x = printf "%s%s" $x $x}}`, 40), "larger than 64 KiB"},
		"doubling by escaping":    {`{{$x := "<<<<<<<<"}}` + strings.Repeat(`{{$x = html $x}}`, 40) + strings.Repeat(`{{$x = js $x $x}}`, 40), "larger than 64 KiB"},
		"the whole, many times":   {`{{print` + strings.Repeat(" .", 8000) + `}}`, "larger than 64 KiB"},
		"large numbers":           {`{{$x := printf "` + strings.Repeat("%f", 1000) + `"` + strings.Repeat(" 1e308", 1000) + `}}`, "larger than 64 KiB"},
		"a large result":          {strings.Repeat("x", maxRendered+1), "larger than 64 KiB"},
		"a large result in parts": {strings.Repeat(`{{.Endpoint}}xxxxxxxxxxxxxxxxxxxxxxxx`, 1600), "larger than 64 KiB"},
		"a width":                 {`{{printf "%1000000000s" .KeyID}}`, "no digits and no asterisk"},
		"a precision":             {`{{printf "%.1000000000f" 1.0}}`, "no digits and no asterisk"},
		"a width by argument":     {`{{printf "%*s" 1000000000 .KeyID}}`, "no digits and no asterisk"},
		"an indexed argument":     {`{{printf "%[1]s%[1]s" .KeyID}}`, "no digits and no asterisk"},
		"a format put together":   {`{{printf (print "%" 999999999 "s") .KeyID}}`, "no digits and no asterisk"},
		"a format handed over":    {`{{print "%" 999999999 "s" | printf}}`, "no digits and no asterisk"},
		"an unknown value":        {`{{.Nope}}`, "it fails when executed"},
		"a method of a value":     {`{{.APIKey.Reveal}}`, "it fails when executed"},
		"a slice":                 {`{{slice .KeyID 0 3}}`, "slice and index are not available"},
		"beyond the end":          {`{{slice .APIKey 0 9999}}`, "slice and index are not available"},
		"one byte":                {`{{index .APIKey 3}}`, "slice and index are not available"},
		"a slice, handed over":    {`{{.APIKey | slice}}`, "slice and index are not available"},
		"a slice in a condition":  {`{{if slice .APIKey 0 3}}x{{end}}`, "slice and index are not available"},
		"a slice as an argument":  {`{{print (index .APIKey 0)}}`, "slice and index are not available"},
		"a call":                  {`{{call .APIKey}}`, "it fails when executed"},
		"an unknown function":     {`{{env "HOME"}}`, "it cannot be parsed"},
		"unclosed":                {`{{if .KeyID}}`, "it cannot be parsed"},
		"half an action":          {`{{.KeyID`, "it cannot be parsed"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := render(row.text, content())
			if err == nil {
				t.Fatalf("it renders %d bytes", len(got))
			}
			if !strings.Contains(err.Error(), row.says) {
				t.Errorf("the error %q does not say %q", err, row.says)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

// FuzzRender looks for a template that shows the key in an error, goes over
// the bound, or breaks text/template itself.
func FuzzRender(f *testing.F) {
	for _, seed := range []string{
		`{{.APIKey}}`, `{{slice .APIKey 5 3}}`, `{{index .APIKey 99}}`, `{{.APIKey.X}}`, `{{call .APIKey .APIKey}}`, `{{eq .APIKey 1}}`,
		`{{lt .APIKey 2}}`, `{{printf .APIKey}}`, `{{print "%" .APIKey | printf}}`, `{{with $x := .APIKey}}{{$x.Y}}{{end}}`, `{{html .}}`, `{{template .APIKey}}`,
		`{{not .APIKey .APIKey}}`, `{{and .APIKey 1 | len}}`, `{{len 3}}`, `{{slice .APIKey .APIKey}}`, `{{nil}}`, `{{range .APIKey}}{{break}}{{end}}`, `{{printf "%d" .APIKey}}`,
		`{{printf "%v" .}}{{.|printf "%q"}}`, `{{define "x"}}{{.APIKey.Y}}{{end}}`, `{{urlquery .APIKey | js | html | len}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 16384 || strings.Contains(text, canary) {
			return // the API refuses it, or it quotes the canary itself
		}
		got, err := render(text, content())
		if err != nil && strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), canary) {
			t.Errorf("%q: the error shows the key: %v", text, err)
		}
		if err != nil && got != nil {
			t.Errorf("%q: a result beside an error", text)
		}
		if len(got) > maxRendered {
			t.Errorf("%q: %d bytes", text, len(got))
		}
	})
}
