package chance_test

import (
	"math/rand/v2"
	"regexp"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/chance"
)

func draw(s chance.Source) []string { return []string{s.Hex(8), s.Text(), s.UUID()} }

func TestSource(t *testing.T) {
	forms := []string{`^[0-9a-f]{16}$`, `^[A-Z2-7]{26}$`, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$`}
	system, seeded := draw(chance.Source{}), draw(chance.From(rand.NewChaCha8([32]byte{1})))
	again, other := draw(chance.From(rand.NewChaCha8([32]byte{1}))), draw(chance.From(rand.NewChaCha8([32]byte{2})))
	for i, form := range forms {
		for _, drawn := range [][]string{system, seeded} {
			if !regexp.MustCompile(form).MatchString(drawn[i]) {
				t.Errorf("%q is not of the form %s", drawn[i], form)
			}
		}
		if seeded[i] != again[i] {
			t.Errorf("the same reader gives %q and %q", seeded[i], again[i])
		}
		if seeded[i] == other[i] || seeded[i] == system[i] {
			t.Errorf("different sources give the same %q", seeded[i])
		}
	}
}
