package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// partly is a vendor that can change a name, clear a description and fix a
// language for good.
func partly() provider.WorkspaceCapabilities {
	return provider.WorkspaceCapabilities{
		Fields:     []string{"displayName", "description", "language", "region", "access"},
		Changeable: []string{"displayName", "description", "access"}, Clearable: []string{"description"},
	}
}

// told is the record of a spec that the vendor has.
func told(spec provider.WorkspaceSpec) Record {
	return Record{}.After(Look{Spec: spec, Seen: same(spec), Can: partly()}, nil)
}

// created is the record of a spec that a workspace was made with, before the first
// look at it.
func created(spec provider.WorkspaceSpec) Record {
	return Record{}.After(Look{Spec: spec, Can: partly()}, []string{"language"})
}

// keeping is the record of a spec in whose place the vendor shows something else.
func keeping(spec provider.WorkspaceSpec, seen provider.Workspace, fields ...string) Record {
	return Record{}.After(Look{Spec: spec, Seen: seen, Can: partly()}, fields)
}

func TestCompare(t *testing.T) {
	type (
		spec = provider.WorkspaceSpec
		seen = provider.Workspace
	)
	english, named, described := spec{Language: "en"}, spec{DisplayName: "Team A"}, spec{Description: "for A"}
	for _, row := range []struct {
		reason string
		record Record
		look   Look
		want   Differences
	}{
		{"an edit of what can be changed", told(named), Look{Spec: spec{DisplayName: "Team B"}, Seen: seen{Name: "Team A"}}, changed("displayName")},
		{"a change at the vendor, of what can be changed back", told(named), Look{Spec: named, Seen: seen{Name: "x"}},
			Differences{Changeable: []string{"displayName"}, Drifted: []string{"displayName"}}},
		{"an edit of what cannot be changed", told(english), Look{Spec: spec{Language: "zh"}, Seen: seen{Language: "en"}}, fixed("language")},
		{"a change at the vendor, of what cannot be changed back", told(english), Look{Spec: english, Seen: seen{Language: "zh"}}, drifted("language")},
		{"it was made in a form of the vendor's own", Record{}, Look{Spec: english, Seen: seen{Language: "EN"}}, Differences{}},
		{"and that is remembered", keeping(english, seen{Language: "EN"}), Look{Spec: english, Seen: seen{Language: "EN"}}, Differences{}},
		{"until somebody changes it", keeping(english, seen{Language: "EN"}), Look{Spec: english, Seen: seen{Language: "zh"}}, drifted("language")},
		{"what was never looked at may have been edited", Record{}, Look{Spec: english, Seen: seen{Language: "zh"}, Edited: true}, fixed("language")},
		{"the first look: it was made in a form of the vendor's own", created(english), Look{Spec: english, Seen: seen{Language: "EN"}, Edited: true}, Differences{}},
		{"an edit before the first look", created(english), Look{Spec: spec{Language: "zh"}, Seen: seen{Language: "en"}, Edited: true}, fixed("language")},
		{"taken out before the first look", created(english), Look{Seen: seen{Language: "en"}, Edited: true}, Differences{Dropped: []string{"language"}}},
		{"after the first look, somebody changes it", created(english).After(Look{Spec: english, Seen: seen{Language: "EN"}, Can: partly()}, nil),
			Look{Spec: english, Seen: seen{Language: "zh"}}, drifted("language")},

		{"set too late, and the vendor shows nothing there", told(named), Look{Spec: spec{DisplayName: "Team A", Language: "en"}, Seen: seen{Name: "Team A"}, Edited: true},
			fixed("language")},
		{"set in time, and the vendor never shows it", created(english), Look{Spec: english, Edited: true}, Differences{}},
		{"nothing is known of how it was made", Record{}, Look{Spec: english, Edited: true}, Differences{}},
		{"a brief answer tells nothing of it", told(named), Look{Spec: spec{DisplayName: "Team A", Language: "en"}, Seen: seen{Name: "Team A", Brief: true}, Edited: true},
			Differences{}},

		{"the vendor was told and keeps another value", keeping(named, seen{Name: "TEAM A"}, "displayName"), Look{Spec: named, Seen: seen{Name: "TEAM A"}},
			Differences{Kept: []string{"displayName"}}},
		{"somebody asks: it is told again", keeping(named, seen{Name: "TEAM A"}, "displayName"), Look{Spec: named, Seen: seen{Name: "TEAM A"}, Asked: true},
			changed("displayName")},
		{"it now shows a third value: somebody changed it", keeping(named, seen{Name: "TEAM A"}, "displayName"), Look{Spec: named, Seen: seen{Name: "x"}},
			Differences{Changeable: []string{"displayName"}, Drifted: []string{"displayName"}}},
		{"the spec was edited meanwhile", keeping(named, seen{Name: "TEAM A"}, "displayName"), Look{Spec: spec{DisplayName: "Team B"}, Seen: seen{Name: "TEAM A"}},
			changed("displayName")},

		{"taken out: it is cleared", told(described), Look{Seen: seen{Description: "for A"}}, changed("description")},
		{"taken out, whatever somebody made of it", told(described), Look{Seen: seen{Description: "x"}}, changed("description")},
		{"taken out, and there is nothing", told(described), Look{}, Differences{}},
		{"never in the spec: it is whoever's", Record{}, Look{Seen: seen{Description: "x"}}, Differences{}},
		{"taken out, and it cannot be cleared", told(english), Look{Seen: seen{Language: "en"}}, Differences{Dropped: []string{"language"}}},
		{"a name that is taken out", told(named), Look{Seen: seen{Name: "Team A"}}, Differences{Dropped: []string{"displayName"}}},
		{"access left out is left as it is", told(spec{Frozen: new(true)}), Look{Seen: seen{Frozen: true}}, Differences{}},
		{"cleared, and the vendor shows something", keeping(described, seen{Description: "for A"}).After(Look{Seen: seen{Description: "-"}, Can: partly()}, []string{"description"}),
			Look{Seen: seen{Description: "-"}}, Differences{Kept: []string{"description"}}},

		{"a default of the class's was for the creation", Record{}, Look{Spec: spec{Region: "eu"}, Seen: seen{Region: "us"}, Defaulted: []string{"region"}, Edited: true}, Differences{}},
		{"a default that can be changed is", Record{}, Look{Spec: named, Seen: seen{Name: "x"}, Defaulted: []string{"displayName"}}, changed("displayName")},
		{"taken out, and a default in its place cannot be had", told(english), Look{Spec: spec{Language: "zh"}, Seen: seen{Language: "en"}, Defaulted: []string{"language"}},
			Differences{Dropped: []string{"language"}}},
	} {
		row.look.Can = partly()
		if diff := cmp.Diff(row.want, row.record.Compare(row.look)); diff != "" {
			t.Errorf("%s: want (-) but got (+):\n%s", row.reason, diff)
		}
	}
}

// TestNothingIsForgottenBetweenPasses: what was not seen, or could not be told,
// is remembered as it was.
func TestNothingIsForgottenBetweenPasses(t *testing.T) {
	spec := provider.WorkspaceSpec{DisplayName: "Team A", Description: "for A", Language: "en"}
	before := told(spec)
	for reason, look := range map[string]Look{
		"all is as it was":        {Spec: spec, Seen: same(spec)},
		"a brief answer":          {Spec: spec, Seen: provider.Workspace{Brief: true}},
		"changed at the vendor":   {Spec: spec, Seen: provider.Workspace{Name: "x", Description: "x", Language: "x"}},
		"an edit not yet told":    {Spec: provider.WorkspaceSpec{DisplayName: "Team B", Description: "for B", Language: "zh"}, Seen: same(spec)},
		"taken out, not yet told": {Seen: same(spec)},
	} {
		look.Can = partly()
		if diff := cmp.Diff(before, before.After(look, nil)); diff != "" {
			t.Errorf("%s: want (-) but got (+):\n%s", reason, diff)
		}
	}
	if diff := cmp.Diff(told(spec), before); diff != "" {
		t.Errorf("the record was changed in place:\n%s", diff)
	}
}

func TestCoversAndShows(t *testing.T) {
	spec := provider.WorkspaceSpec{DisplayName: "Team A", Description: "for A", Region: "eu"}
	record := told(spec)
	for _, row := range []struct {
		reason        string
		look          Look
		covers, shows bool
	}{
		{"all was told, and is shown", Look{Spec: spec, Seen: same(spec)}, true, true},
		{"a brief answer leaves out the description", Look{Spec: spec, Seen: provider.Workspace{Name: "Team A", Region: "eu", Brief: true}}, true, false},
		{"an edit", Look{Spec: provider.WorkspaceSpec{DisplayName: "Team B", Description: "for A", Region: "eu"}, Seen: same(spec)}, false, true},
		{"taken out", Look{Spec: provider.WorkspaceSpec{DisplayName: "Team A", Region: "eu"}, Seen: same(spec)}, false, true},
		{"a new default that was for the creation",
			Look{Spec: provider.WorkspaceSpec{DisplayName: "Team A", Description: "for A", Region: "us"}, Seen: same(spec), Defaulted: []string{"region"}}, true, true},
	} {
		row.look.Can = partly()
		if covers, shows := record.Covers(row.look), record.Shows(row.look); covers != row.covers || shows != row.shows {
			t.Errorf("%s: covers %t, shows %t; want %t, %t", row.reason, covers, shows, row.covers, row.shows)
		}
	}
}

// TestTheVendorIsNotToldForEver: whatever is edited and changed, and however the
// vendor writes it down and shows it late, it comes to rest, as the spec says where
// the vendor takes that.
func TestTheVendorIsNotToldForEver(t *testing.T) {
	text := rapid.SampledFrom([]string{"", "a", "b"})
	rapid.Check(t, func(t *rapid.T) {
		own, late := rapid.Bool().Draw(t, "a form of its own"), rapid.IntRange(0, 2).Draw(t, "late")
		write := func(told string) string {
			if own && told != "" {
				return told + " (as the vendor has it)"
			}
			return told
		}
		var record Record
		var spec provider.WorkspaceSpec
		at := make([]string, late+1) // what the vendor has, and had at the latest passes
		updates := 0
		pass := func() Differences {
			look := Look{Spec: spec, Seen: provider.Workspace{Description: at[0]}, Can: partly()}
			differs := record.Compare(look)
			if len(differs.Changeable) > 0 {
				updates++
				at[late] = write(spec.Description)
			}
			copy(at, at[1:])
			look.Seen.Description = at[0] // read back
			record = record.After(look, differs.Changeable)
			return differs
		}
		for range rapid.IntRange(1, 8).Draw(t, "events") {
			switch rapid.SampledFrom([]string{"edit", "change", "pass", "pass"}).Draw(t, "event") {
			case "edit":
				spec.Description = text.Draw(t, "spec")
			case "change":
				at[late] = text.Draw(t, "at the vendor")
			default:
				pass()
			}
		}
		for range 4 * (late + 1) {
			pass()
		}
		updates = 0
		last := pass()
		if pass(); updates > 0 {
			t.Fatalf("it is told again and again: %+v of %+v, record %+v", last, at, record)
		}
		if _, ours := record.Applied["description"]; (spec.Description != "" || ours) && !own && at[0] != spec.Description && len(last.Kept) == 0 {
			t.Fatalf("the vendor has %q, the spec says %q, and nobody is told: %+v", at[0], spec.Description, last)
		}
	})
}
