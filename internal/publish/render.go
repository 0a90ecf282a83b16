// Package publish turns an issued key into a Kubernetes Secret. That Secret is
// the commit record: the key's value exists nowhere else.
package publish

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Content is what a published Secret tells.
type Content struct {
	Key provider.Secret
	// KeyID is empty where the vendor tells it later; then KeyName is what the
	// key is found by.
	KeyID, KeyName string
	WorkspaceUUID  string
	Endpoint       string
	Provider       string
	// Generation is the ApiKey's that the key was issued for, and RotatedFor the
	// rotate-at annotation that it then had.
	Generation int64
	RotatedFor string
}

// values are what a template can name.
type values struct {
	APIKey, KeyID, WorkspaceUUID, Endpoint, Provider string
}

// maxRendered bounds a rendered template and every value within one, in bytes.
const maxRendered = 64 << 10

// What a template can be told without quoting a value.
var (
	errTooLarge = errors.New("a value or the result would be larger than 64 KiB")
	errParts    = errors.New("slice and index are not available: keys differ in length")
	errWidths   = errors.New("printf takes no digits and no asterisk in its format")
)

// render executes a tenant's template. Its work is bounded: it cannot loop,
// call itself, or build a large value.
func render(text string, content Content) ([]byte, error) {
	parsed, err := template.New("template").Option("missingkey=error").Funcs(bounded()).Parse(text)
	if err != nil {
		return nil, errors.New("it cannot be parsed: " + strings.TrimPrefix(err.Error(), "template: "))
	}
	for _, part := range parsed.Templates() {
		if part.Tree != nil {
			if err := straight(part.Root); err != nil {
				return nil, err
			}
		}
	}
	out := &limited{most: maxRendered}
	err = parsed.Execute(out, values{
		APIKey: content.Key.Reveal(), KeyID: content.KeyID, WorkspaceUUID: content.WorkspaceUUID,
		Endpoint: content.Endpoint, Provider: content.Provider,
	})
	if err != nil {
		for _, known := range []error{errTooLarge, errWidths, errParts} {
			if errors.Is(err, known) {
				return nil, known
			}
		}
		// The error may quote a value, so only its kind is told.
		return nil, errors.New("it fails when executed: it may use .APIKey, .KeyID, .WorkspaceUUID, .Endpoint and .Provider, and the result is at most 64 KiB")
	}
	return out.written, nil
}

// straight refuses what could repeat work: range, template, define and block.
func straight(node parse.Node) error {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, child := range n.Nodes {
			if err := straight(child); err != nil {
				return err
			}
		}
	case *parse.IfNode:
		return errors.Join(straight(n.List), straight(n.ElseList))
	case *parse.WithNode:
		return errors.Join(straight(n.List), straight(n.ElseList))
	case *parse.RangeNode, *parse.TemplateNode:
		return errors.New("range, template and block are not available")
	}
	return nil
}

// bounded replaces the functions that could build a large value from a short
// template.
func bounded() template.FuncMap {
	capped := func(build func(...any) string) func(...any) (string, error) {
		return func(args ...any) (string, error) {
			// Escaping makes a text up to eight times as long.
			room := &limited{most: maxRendered / 8}
			for _, arg := range args {
				if _, err := fmt.Fprint(room, arg); err != nil {
					return "", errTooLarge
				}
			}
			built := build(args...)
			if len(built) > maxRendered {
				return "", errTooLarge // "%f" makes 300 digits of five
			}
			return built, nil
		}
	}
	refuse := func(...any) (string, error) { return "", errParts }
	return template.FuncMap{
		// They work on one value and fail on the next: what was rehearsed would
		// prove nothing.
		"slice":    refuse,
		"index":    refuse,
		"print":    capped(fmt.Sprint),
		"println":  capped(fmt.Sprintln),
		"html":     capped(template.HTMLEscaper),
		"js":       capped(template.JSEscaper),
		"urlquery": capped(template.URLQueryEscaper),
		"printf": func(format string, args ...any) (string, error) {
			if strings.ContainsAny(format, "0123456789*") {
				return "", errWidths
			}
			return capped(func(...any) string { return fmt.Sprintf(format, args...) })(append(args, format)...)
		},
	}
}

// limited takes at most so many bytes.
type limited struct {
	written []byte
	most    int
}

// Write refuses what goes over the bound.
func (l *limited) Write(p []byte) (int, error) {
	if len(l.written)+len(p) > l.most {
		return 0, errTooLarge
	}
	l.written = append(l.written, p...)
	return len(p), nil
}
