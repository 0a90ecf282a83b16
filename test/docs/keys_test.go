package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
)

// TestWhatAnEditDoes holds the table of fields and vendors against what the drivers say of themselves.
func TestWhatAnEditDoes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(folder, "keys.md"))
	if err != nil {
		t.Fatal(err)
	}
	table := regexp.MustCompile(`(?m)^\| Field \|(.*)\|\n\|[-|]+\n((?:\|.*\n)+)`).FindStringSubmatch(string(text))
	if table == nil {
		t.Fatal("docs/keys.md has no table of fields")
	}
	vendors, told := cells(table[1]), map[string]bool{}
	for row := range strings.Lines(table[2]) {
		all := cells(strings.Trim(row, "|\n"))
		for _, field := range regexp.MustCompile("`([a-zA-Z]+)`").FindAllStringSubmatch(all[0], -1) {
			for i, vendor := range vendors {
				can := keyCapabilities(vendor)
				told[field[1]] = true
				if want := effect(field[1], can); want != "" && !strings.HasPrefix(all[i+1], want) {
					t.Errorf("an edit of %s at %s: the page says %q, want %q", field[1], vendor, all[i+1], want)
				}
			}
		}
	}
	for _, driver := range catalog.All() {
		for _, field := range driver.Capabilities().Key.Fields {
			if !told[field] {
				t.Errorf("the page does not say what an edit of %s does", field)
			}
		}
	}
}

// effect is what the table has to say; empty for what is the operator's own matter.
func effect(field string, can provider.KeyCapabilities) string {
	changed := field
	if field == "lifetime" {
		changed = "expiresAt"
	}
	switch field {
	case "rotation", "secret", "deletionPolicy":
		return ""
	}
	switch {
	case !can.Honours(field):
		return "refused"
	case field == "mode":
		return "set at the creation"
	case can.Changes(changed):
		return "applied"
	}
	return "replaces the key"
}

func keyCapabilities(vendor string) provider.KeyCapabilities {
	for _, driver := range catalog.All() {
		if driver.Name() == vendor {
			return driver.Capabilities().Key
		}
	}
	return provider.KeyCapabilities{}
}

func cells(row string) []string {
	var all []string
	for cell := range strings.SplitSeq(row, "|") {
		all = append(all, strings.TrimSpace(cell))
	}
	return all
}
