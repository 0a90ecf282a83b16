// Package fields tests every field of the API that a person can set: that to set it, to change it and to take it out again has its effect at the vendor, in the Secret or in the
// operator, or is refused in words that help.
//
// The list of fields is not written down: it is read from the generated CRDs, and which vendor honours which field from the drivers' capabilities. What counts as covered
// is what the rows have really applied. So a new field fails this test until it has a row: in workspace_test.go, apikey_test.go, or one of the files of the class.
package fields

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// atOnce is how many rows play at a time. Most of what they do is wait.
const atOnce = "24"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err) // it is testing's own
	}
	m.Run()
}

func TestFields(t *testing.T) {
	// What is started here outlives the tests that run at the same time.
	h, err := harness.Start(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	operator, err := h.RunOperator(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := operator.Stop(); err != nil {
			t.Errorf("the operator does not stop cleanly: %v", err)
		}
		if err := h.Stop(); err != nil {
			t.Errorf("the control plane does not stop cleanly: %v", err)
		}
	})
	// The longest first.
	rows := slices.Concat(waitRows(), accountRows(), classRows(), defaultRows(), workspaceRows(), keyRows(), secretRows())
	covered := &coverage{leaves: map[leaf]bool{}, pairs: map[pair]bool{}}
	t.Run("row", func(t *testing.T) {
		for _, r := range rows {
			t.Run(r.name(), func(t *testing.T) {
				t.Parallel()
				if missing := play(t, h, r).missing(); missing != "" {
					t.Fatalf("%s was never %s by what this row applies", r.leaf, missing)
				}
				covered.add(r)
			})
		}
		t.Run("unsupported", func(t *testing.T) { unsupported(t, h) })
	})
	covered.report(t)
}

// report counts what is covered, and names what is not: of the leaves of the CRDs, and of the fields that a vendor honours. Who has selected rows is only told the number.
func (c *coverage) report(t *testing.T) {
	total, missing := 0, []string{}
	for _, l := range leaves(t) {
		if total++; !c.leaves[l] {
			missing = append(missing, l.String()+": no row has set, changed and unset it")
		}
	}
	// Not only with -v: whoever runs the tests is to see it.
	_, _ = fmt.Fprintf(os.Stdout, "fields: %d / %d covered\n", total-len(missing), total)
	for _, kind := range []string{kindWorkspace, kindKey} {
		for _, driver := range catalog.All() {
			for _, field := range fieldsOf(driver, kind) {
				// The vendor's own block is there if a setting in it is.
				if field != driver.Name() && !c.pairs[pair{kind, driver.Name(), field}] {
					missing = append(missing, fmt.Sprintf("%s.spec.%s at %s, which honours it: no row has set, changed and unset it", kind, field, driver.Name()))
				}
			}
		}
	}
	if strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		return
	}
	for _, what := range missing {
		t.Error(what)
	}
}
