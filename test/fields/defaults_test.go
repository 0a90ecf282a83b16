package fields

import (
	. "github.com/onsi/gomega"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// defaultRows are about what Workspaces get that are silent. Where the vendor can change it, changed defaults reach the Workspaces that are there.
func defaultRows() []row {
	of := func(path, vendor string, steps ...step) row { return aClass().of("defaults."+path, vendor, steps...) }
	limits := limited{
		kind: kindClass, under: "defaults.", wrap: func(text string) string { return "defaults: {" + text + "}" },
		usage: "usageLimits.0", first: []check{newWorkspace()},
	}
	return append(limits.rows(),
		of("metadata{}", harness.Portkey,
			to("defaults: {metadata: {environment: production, cost: '1'}}", having(kindWorkspace, "metadata: {cost: '2'}", ready),
				at("metadata.environment", "production"), at("metadata.cost", "2")),
			to("defaults: {metadata: {environment: staging}}", at("metadata.environment", "staging"), at("metadata.cost", "2")),
			to("", at("metadata.environment", nil), at("metadata.cost", "2"), existing(ready))),
		// The rest is of the making of a workspace: its vendors cannot change it. Who is silent cannot set anything back either, and so stays as he is.
		of("language", harness.Guance,
			to("defaults: {language: en}", newWorkspace(at("language", "en"))),
			to("defaults: {language: zh}", existing(settled, at("language", "en"), ready), newWorkspace(at("language", "zh"))),
			to("", existing(settled, at("language", "zh"), ready), newWorkspace(at("language", Not(BeNil()))))),
		of("region", harness.Groundfloor,
			to("defaults: {region: us-east-1}", silent(ready, at("region", "us-east-1"))),
			to("defaults: {region: eu-west-1}", existing(settled, at("region", "us-east-1"), ready), silent(ready, at("region", "eu-west-1"))),
			to("", existing(settled, at("region", "eu-west-1"), ready), silent(stalled(v1alpha1.ReasonRegionRequired, "spec.region", "defaults")))))
}

// silent makes a Workspace without a region.
func silent(see ...check) check { return having(kindWorkspace, "region: null", see...) }
