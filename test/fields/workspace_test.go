package fields

import (
	"slices"

	. "github.com/onsi/gomega"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

const back = "set it back"

func workspaceRows() []row {
	rows := slices.Concat(namingRows(), whatForRows(), policyRows(), guanceRows(), groundfloorRows(),
		limited{kind: kindWorkspace, wrap: asItIs, usage: "usageLimits.0"}.rows())
	for _, vendor := range []string{harness.Groundfloor, harness.Guance, harness.Oceanbase, harness.Portkey, harness.Slaunchx} {
		rows = append(rows, importRow(vendor))
	}
	return rows
}

func asItIs(text string) string { return text }

func (r row) of(path, vendor string, steps ...step) row {
	r.leaf.path, r.vendor, r.steps = path, vendor, steps
	return r
}

func aWorkspace() row { return row{leaf: leaf{kind: kindWorkspace}} }

// importRow: what is imported is the workspace with this id, and nothing is created.
func importRow(vendor string) row {
	const message = "externalID is immutable: create another Workspace"
	r := aWorkspace().of("externalID", vendor, fixed(
		to("externalID: $existing", status("uuid", "$existing"), noneCreated), "externalID: another", "externalID: null", message)...)
	r.class = "importableIDs: ['*']"
	r.prepare = func(s *stage) {
		switch vendor {
		case harness.Guance: // its one importable workspace is that of the class's own key
			s.existing = s.v.Guance().Workspaces[0].UUID
		case harness.Portkey, harness.Groundfloor:
			s.existing = s.importable()
		}
	}
	return r
}

func noneCreated(s *stage) { s.Expect(s.changes()).To(BeZero(), "requests to change something") }

func namingRows() []row {
	return []row{
		aWorkspace().of("className", harness.Portkey, fixed(
			to("className: $class", status("className", "$class")), "className: another", "className: null", "className is immutable: create another Workspace")...),
		aWorkspace().of("displayName", harness.Portkey,
			to("displayName: Team A", at("name", "Team A")), to("displayName: Team B", at("name", "Team B")), to("", at("name", "$workspace"))),
		aWorkspace().of("displayName", harness.Guance,
			to("displayName: Team A", at("name", "Team A")), to("displayName: Team B", at("name", "Team B")), to("", at("name", "$workspace"))),
		aWorkspace().of("displayName", harness.Groundfloor,
			to("displayName: Team A", at("name", "Team A")),
			blocked("displayName: Team B", v1alpha1.ReasonUnsupported, "spec.displayName", harness.Groundfloor, back).and(untouched),
			blocked("", v1alpha1.ReasonUnsupported, "spec.displayName", harness.Groundfloor, back).and(untouched),
			to("displayName: Team A", untouched)),
	}
}

func whatForRows() []row {
	return []row{
		aWorkspace().of("description", harness.Portkey,
			to("description: what for", at("description", "what for")), to("description: something else", at("description", "something else")),
			to("", at("description", Or(BeNil(), BeEmpty())))),
		aWorkspace().of("description", harness.Guance,
			to("description: what for", at("desc", "what for")), to("description: something else", at("desc", "something else")), to("", at("desc", ""))),
		aWorkspace().of("metadata{}", harness.Portkey,
			to("metadata: {environment: production}", at("metadata.environment", "production")),
			to("metadata: {environment: staging, cost: '42'}", at("metadata.environment", "staging"), at("metadata.cost", "42")),
			to("metadata: {cost: '42'}", at("metadata.environment", nil), at("metadata.cost", "42")),
			// The operator's own mark stays.
			to("", at("metadata.cost", nil), at("metadata", Not(BeEmpty())))),
	}
}

func policyRows() []row {
	observe := aWorkspace().of("managementPolicy", harness.Portkey,
		to("managementPolicy: ObserveOnly", at("name", console), untouched),
		to("managementPolicy: Full", at("name", "Team A")),
		to("{managementPolicy: ObserveOnly, displayName: Team B}", at("name", "Team A"), untouched),
		to("displayName: Team B", at("name", "Team B")))
	observe.base, observe.class = "{externalID: $existing, displayName: Team A}", "importableIDs: ['*']"
	observe.prepare = func(s *stage) { s.existing = s.importable() }
	return []row{
		observe,
		aWorkspace().of("deletionPolicy", harness.Portkey,
			to("deletionPolicy: Retain"),
			to("deletionPolicy: Delete", deleted(removed)),
			to("deletionPolicy: Retain"),
			to("", deleted(removed)),
			to("deletionPolicy: Retain", deleted(alive))),
		aWorkspace().of("deletionPolicy", harness.Guance,
			to("deletionPolicy: Retain"),
			blocked("deletionPolicy: Delete", v1alpha1.ReasonUnsupported, "spec.deletionPolicy", harness.Guance, "Retain"),
			to("", deleted(alive))),
	}
}

func guanceRows() []row {
	set := func(text string) string { return "guance: {" + text + "}" }
	const immutable = "accessKeyName is immutable"
	return []row{
		aWorkspace().of("language", harness.Guance,
			to("language: en", at("language", "en")),
			blocked("language: zh", v1alpha1.ReasonUnsupported, "spec.language", harness.Guance, back).and(at("language", "en"), untouched),
			blocked("", v1alpha1.ReasonUnsupported, "spec.language", harness.Guance, back).and(untouched),
			to("language: en", untouched)),
		aWorkspace().of("guance.menuStyle", harness.Guance,
			to(set("menuStyle: Testing"), at("menuStyle", Not(BeEmpty()))),
			blocked(set("menuStyle: Operations"), v1alpha1.ReasonUnsupported, "spec.guance.menuStyle", harness.Guance, back).and(untouched),
			blocked("", v1alpha1.ReasonUnsupported, "spec.guance.menuStyle", harness.Guance, back).and(untouched),
			to(set("menuStyle: Testing"), untouched)),
		aWorkspace().of("guance.accessKeyName", harness.Guance, fixed(
			to(set("accessKeyName: admins"), hasKeyNamed("admins")), set("accessKeyName: others"), "", immutable)...),
	}
}

// hasKeyNamed: the key that came with the workspace is called this.
func hasKeyNamed(name string) check {
	return func(s *stage) {
		s.refresh()
		s.Expect(s.all("keys")).To(ContainElement(And(HaveKeyWithValue("workspaceUUID", s.ws.Status.UUID), HaveKeyWithValue("name", name))))
	}
}

func groundfloorRows() []row {
	return []row{
		aWorkspace().of("region", harness.Groundfloor, fixed(
			to("region: us-east-1", at("region", "us-east-1"), status("region", "us-east-1")), "region: eu-west-1", "region: null", "region is immutable: create another Workspace")...),
		aWorkspace().of("slug", harness.Groundfloor, fixed(
			to("slug: team-a", at("slug", "team-a"), status("slug", "team-a")), "slug: team-b", "", "slug is immutable: create another Workspace")...),
		aWorkspace().of("access", harness.Groundfloor,
			to("access: Frozen", at("status", "frozen")),
			to("access: Active", at("status", "active")),
			to("", at("status", "active"), untouched),
			to("access: Frozen", at("status", "frozen")),
			// Left out it is left as it is, and the way on is told.
			blocked("", v1alpha1.ReasonFrozen, "spec.access", "Active").and(at("status", "frozen"), untouched)),
	}
}
