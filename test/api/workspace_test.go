package api

// workspaceCases are the rules of a Workspace, each met and each broken.
func workspaceCases() []testCase {
	return append(limitCases("spec", "%s"), []testCase{
		// Whole
		{name: "nothing set", spec: ``},
		{name: "everything set", spec: `className: portkey-prod, externalID: ws-existing-1, managementPolicy: Full, displayName: Team A, description: "for\tthe\nteam", region: us-east-1, slug: team-a,
			language: en, metadata: {environment: production}, usageLimits: [{type: Cost, creditLimit: 10, alertThreshold: 8, periodicReset: Monthly}, {type: Tokens, creditLimit: 10, periodicReset: Weekly}],
			rateLimits: [{type: Requests, unit: PerMinute, value: 123}], access: Active, deletionPolicy: Delete, guance: {menuStyle: Operations, accessKeyName: admin}`},
		{name: "no spec", spec: `null`, want: []string{`spec: Required value`}},
		{name: "unknown field", spec: `nmae: x`, want: []string{`Workspace in version "v1alpha1" cannot be handled as a Workspace: strict decoding error: unknown field "spec.nmae"`}},
		{name: "unknown nested field", spec: `guance: {menu: x}`, want: []string{`Workspace in version "v1alpha1" cannot be handled as a Workspace: strict decoding error: unknown field "spec.guance.menu"`}},
		{name: "field twice", spec: `slug: a, slug: b`, want: []string{"Workspace in version \"v1alpha1\" cannot be handled as a Workspace: strict decoding error: yaml: unmarshal errors:\n  line 4: key \"slug\" already set in map"}},
		{name: "number for a string", spec: `slug: 5`, want: []string{`spec.slug: Invalid value: "integer": spec.slug in body must be of type string: "integer"`}},
		{name: "null, which is as if it were not there", spec: `slug: null`},

		// className
		{name: "className with a dot", spec: `className: a.b-c`},
		{name: "className at its longest", spec: `className: ` + long(253)},
		{name: "className too long", spec: `className: ` + long(254), want: []string{`spec.className: Too long: may not be more than 253 bytes`}},
		{name: "className empty", spec: `className: ""`, want: []string{`spec.className: Invalid value: "": className must be a DNS subdomain: lowercase letters, digits, '-' and '.', with a letter or digit at both ends of each part`, `spec.className: Invalid value: "": spec.className in body should be at least 1 chars long`}},
		{name: "className in capitals", spec: `className: Prod`, want: []string{`spec.className: Invalid value: "Prod": className must be a DNS subdomain: lowercase letters, digits, '-' and '.', with a letter or digit at both ends of each part`}},
		{name: "className with an empty part", spec: `className: a..b`, want: []string{`spec.className: Invalid value: "a..b": className must be a DNS subdomain: lowercase letters, digits, '-' and '.', with a letter or digit at both ends of each part`}},
		{name: "className changed", before: `className: a`, spec: `className: b`, want: []string{`spec.className: Invalid value: className is immutable: create another Workspace`}},
		{name: "className removed", before: `className: a`, spec: ``, want: []string{`spec.className: Invalid value: className is immutable: create another Workspace`}},
		{name: "className added", before: `{}`, spec: `className: b`, want: []string{`spec.className: Invalid value: className is immutable: create another Workspace`}},
		{name: "className kept", before: `className: a, slug: s`, spec: `className: a, slug: s, displayName: new`},

		// externalID
		{name: "externalID of any printable characters", spec: `externalID: "ws:1/~!"`},
		{name: "externalID empty", spec: `externalID: ""`, want: []string{`spec.externalID: Invalid value: "": externalID must consist of printable ASCII characters without spaces`, `spec.externalID: Invalid value: "": spec.externalID in body should be at least 1 chars long`}},
		{name: "externalID with a space", spec: `externalID: "a b"`, want: []string{`spec.externalID: Invalid value: "a b": externalID must consist of printable ASCII characters without spaces`}},
		{name: "externalID with a control character", spec: `externalID: "a\u0001"`, want: []string{`spec.externalID: Invalid value: "a\x01": externalID must consist of printable ASCII characters without spaces`}},
		{name: "externalID too long", spec: `externalID: ` + long(254), want: []string{`spec.externalID: Too long: may not be more than 253 bytes`}},
		{name: "externalID changed", before: `externalID: a`, spec: `externalID: b`, want: []string{`spec.externalID: Invalid value: externalID is immutable: create another Workspace`}},
		{name: "externalID removed", before: `externalID: a`, spec: ``, want: []string{`spec.externalID: Invalid value: externalID is immutable: create another Workspace`}},
		{name: "externalID added", before: `slug: a`, spec: `slug: a, externalID: b`, want: []string{`spec.externalID: Invalid value: externalID is immutable: create another Workspace`}},

		// managementPolicy
		{name: "ObserveOnly of an import", spec: `managementPolicy: ObserveOnly, externalID: a`},
		{name: "ObserveOnly of nothing", spec: `managementPolicy: ObserveOnly`, want: []string{`spec.managementPolicy: Invalid value: managementPolicy ObserveOnly needs externalID: there is nothing to observe`}},
		{name: "managementPolicy unknown", spec: `managementPolicy: Observe`, want: []string{`spec.managementPolicy: Unsupported value: "Observe": supported values: "Full", "ObserveOnly"`}},
		{name: "managementPolicy may change", before: `managementPolicy: ObserveOnly, externalID: a`, spec: `managementPolicy: Full, externalID: a`},

		// displayName
		{name: "displayName in Chinese", spec: `displayName: 可观测性团队`},
		{name: "displayName of emoji joined by zero-width joiners", spec: `displayName: "👩‍💻🏳️‍🌈"`},
		{name: "displayName from right to left", spec: `displayName: "فريق المراقبة\u200f می\u200cخواهم"`},
		{name: "displayName with combining marks", spec: `displayName: "Zoë e\u0301 नमस्ते"`},
		{name: "displayName with characters special to YAML, JSON, HTML and shells", spec: `displayName: "\"quoted\" 'single' \\ {a: [b]} # & * ! | > % @ ` + "`" + ` <b>&amp;</b> $(x) ; -- {{ .X }}"`},
		{name: "displayName that YAML could take for something else", spec: `displayName: "null"`},
		{name: "displayName at its longest, in characters", spec: `displayName: "` + chinese(256) + `"`},
		{name: "displayName too long", spec: `displayName: ` + long(257), want: []string{`spec.displayName: Too long: may not be more than 256 bytes`}},
		{name: "displayName too long, in characters", spec: `displayName: "` + chinese(257) + `"`, want: []string{`spec.displayName: Too long: may not be more than 256 bytes`}},
		{name: "displayName empty", spec: `displayName: ""`, want: []string{`spec.displayName: Invalid value: "": displayName must have a visible character, and no control characters, line breaks or direction overrides`, `spec.displayName: Invalid value: "": spec.displayName in body should be at least 1 chars long`}},
		{name: "displayName of spaces", spec: `displayName: "  "`, want: []string{`spec.displayName: Invalid value: "  ": displayName must have a visible character, and no control characters, line breaks or direction overrides`}},
		{name: "displayName of zero-width characters", spec: `displayName: "\u200b\u200d"`, want: []string{`spec.displayName: Invalid value: "\u200b\u200d": displayName must have a visible character, and no control characters, line breaks or direction overrides`}},
		{name: "displayName with a line break", spec: `displayName: "a\nb"`, want: []string{`spec.displayName: Invalid value: "a\nb": displayName must have a visible character, and no control characters, line breaks or direction overrides`}},
		{name: "displayName with NUL", spec: `displayName: "a\0b"`, want: []string{`spec.displayName: Invalid value: "a\x00b": displayName must have a visible character, and no control characters, line breaks or direction overrides`}},
		{name: "displayName with an escape", spec: `displayName: "a\eb"`, want: []string{`spec.displayName: Invalid value: "a\x1bb": displayName must have a visible character, and no control characters, line breaks or direction overrides`}},
		{name: "displayName with DEL", spec: `displayName: "a\u007fb"`, want: []string{`spec.displayName: Invalid value: "a\x7fb": displayName must have a visible character, and no control characters, line breaks or direction overrides`}},
		{name: "displayName with a C1 control", spec: `displayName: "a\u0085b"`, want: []string{`spec.displayName: Invalid value: "a\u0085b": displayName must have a visible character, and no control characters, line breaks or direction overrides`}},
		{name: "displayName with a line separator", spec: `displayName: "a\u2028b"`, want: []string{`spec.displayName: Invalid value: "a\u2028b": displayName must have a visible character, and no control characters, line breaks or direction overrides`}},
		{name: "displayName with a direction override", spec: `displayName: "a\u202eb"`, want: []string{`spec.displayName: Invalid value: "a\u202eb": displayName must have a visible character, and no control characters, line breaks or direction overrides`}},
		{name: "displayName may change", before: `displayName: a`, spec: `displayName: b`},

		// description
		{name: "description at its longest", spec: `description: ` + long(1024)},
		{name: "description too long", spec: `description: ` + long(1025), want: []string{`spec.description: Too long: may not be more than 1024 bytes`}},
		{name: "description empty", spec: `description: ""`, want: []string{`spec.description: Invalid value: "": spec.description in body should be at least 1 chars long`}},
		{name: "description with a bell", spec: `description: "a\a"`, want: []string{`spec.description: Invalid value: "a\a": description must have no control characters but tab and newline`}},
		{name: "description with a carriage return", spec: `description: "a\r\nb"`, want: []string{`spec.description: Invalid value: "a\r\nb": description must have no control characters but tab and newline`}},

		// region
		{name: "region at its longest", spec: `region: ` + long(64)},
		{name: "region too long", spec: `region: ` + long(65), want: []string{`spec.region: Too long: may not be more than 64 bytes`}},
		{name: "region empty", spec: `region: ""`, want: []string{`spec.region: Invalid value: "": region must consist of letters, digits, '-', '_' and '.'`, `spec.region: Invalid value: "": spec.region in body should be at least 1 chars long`}},
		{name: "region with a slash", spec: `region: us/east`, want: []string{`spec.region: Invalid value: "us/east": region must consist of letters, digits, '-', '_' and '.'`}},
		{name: "region changed", before: `region: a`, spec: `region: b`, want: []string{`spec.region: Invalid value: region is immutable: create another Workspace`}},
		{name: "region removed", before: `region: a`, spec: ``, want: []string{`spec.region: Invalid value: region is immutable: create another Workspace`}},
		{name: "region added", before: `{}`, spec: `region: b`, want: []string{`spec.region: Invalid value: region is immutable: create another Workspace`}},

		// slug
		{name: "slug at its longest", spec: `slug: ` + long(63)},
		{name: "slug too long", spec: `slug: ` + long(64), want: []string{`spec.slug: Too long: may not be more than 63 bytes`}},
		{name: "slug empty", spec: `slug: ""`, want: []string{`spec.slug: Invalid value: "": slug must consist of lowercase letters, digits and '-', with a letter or digit at both ends`, `spec.slug: Invalid value: "": spec.slug in body should be at least 1 chars long`}},
		{name: "slug in capitals", spec: `slug: Team`, want: []string{`spec.slug: Invalid value: "Team": slug must consist of lowercase letters, digits and '-', with a letter or digit at both ends`}},
		{name: "slug ending in a hyphen", spec: `slug: team-`, want: []string{`spec.slug: Invalid value: "team-": slug must consist of lowercase letters, digits and '-', with a letter or digit at both ends`}},
		{name: "slug changed", before: `slug: a`, spec: `slug: b`, want: []string{`spec.slug: Invalid value: slug is immutable: create another Workspace`}},
		{name: "slug removed", before: `slug: a`, spec: ``, want: []string{`spec.slug: Invalid value: slug is immutable: create another Workspace`}},
		{name: "slug added", before: `{}`, spec: `slug: b`, want: []string{`spec.slug: Invalid value: slug is immutable: create another Workspace`}},

		// language
		{name: "language zh", spec: `language: zh`},
		{name: "language unknown", spec: `language: de`, want: []string{`spec.language: Unsupported value: "de": supported values: "en", "zh"`}},

		// metadata
		{name: "metadata at its most", spec: `metadata: ` + entries(32, "k%d: v")},
		{name: "metadata of any text", spec: `metadata: {"ключ 🔑": "значение", "` + long(64) + `": "", " ": "` + long(256) + `"}`},
		{name: "metadata of too many", spec: `metadata: ` + entries(33, "k%d: v"), want: []string{`spec.metadata: Too many: 33: must have at most 32 items`}},
		{name: "metadata with an empty key", spec: `metadata: {"": v}`, want: []string{`spec.metadata: Invalid value: metadata keys must have 1 to 64 characters, none of them a control character`}},
		{name: "metadata with a long key", spec: `metadata: {` + long(65) + `: v}`, want: []string{`spec.metadata: Invalid value: metadata keys must have 1 to 64 characters, none of them a control character`}},
		{name: "metadata with a control character in a key", spec: `metadata: {"a\tb": v}`, want: []string{`spec.metadata: Invalid value: metadata keys must have 1 to 64 characters, none of them a control character`}},
		{name: "metadata with a long value", spec: `metadata: {k: ` + long(257) + `}`, want: []string{`spec.metadata.k: Too long: may not be more than 256 bytes`}},
		{name: "metadata with a control character in a value", spec: `metadata: {k: "a\nb"}`, want: []string{`spec.metadata[k]: Invalid value: "a\nb": metadata values must have no control characters`}},
		{name: "metadata with a number as value", spec: `metadata: {k: 1}`, want: []string{`spec.metadata.k: Invalid value: "integer": spec.metadata.k in body must be of type string: "integer"`}},
		{name: "metadata with the operator's key", spec: `metadata: {workspace_operator: v}`, want: []string{`spec.metadata: Invalid value: metadata keys starting with workspace_operator are reserved for the operator`}},
		{name: "metadata with a key like the operator's", spec: `metadata: {workspace_operator_uid: v}`, want: []string{`spec.metadata: Invalid value: metadata keys starting with workspace_operator are reserved for the operator`}},
		{name: "metadata with a key only similar to the operator's", spec: `metadata: {my_workspace_operator: v}`},

		// usageLimits, rateLimits
		{name: "usageLimits at their most", spec: `usageLimits: ` + items(8, "{creditLimit: 1%d}")},
		{name: "usageLimits of none", spec: `usageLimits: []`, want: []string{`spec.usageLimits: Invalid value: 0: spec.usageLimits in body should have at least 1 items`}},
		{name: "usageLimits of too many", spec: `usageLimits: ` + items(9, "{creditLimit: 1%d}"), want: []string{`spec.usageLimits: Too many: 9: must have at most 8 items`}},
		{name: "rateLimits of every pair", spec: `rateLimits: ` + rates(6)},
		{name: "rateLimits of none", spec: `rateLimits: []`, want: []string{`spec.rateLimits: Invalid value: 0: spec.rateLimits in body should have at least 1 items`}},
		{name: "rateLimits of the same pair", spec: `rateLimits: [{type: Tokens, unit: PerDay, value: 1}, {type: Tokens, unit: PerDay, value: 2}]`, want: []string{`spec.rateLimits: Invalid value: rateLimits must not have two items with the same type and unit`}},
		{name: "rateLimits of too many", spec: `rateLimits: ` + items(9, "{type: Tokens, unit: PerDay, value: %d}"), want: []string{`spec.rateLimits: Too many: 9: must have at most 8 items`}},

		// access, deletionPolicy
		{name: "access Frozen", spec: `access: Frozen`},
		{name: "access unknown", spec: `access: Enabled`, want: []string{`spec.access: Unsupported value: "Enabled": supported values: "Active", "Frozen"`}},
		{name: "deletionPolicy Retain", spec: `deletionPolicy: Retain`},
		{name: "deletionPolicy unknown", spec: `deletionPolicy: Orphan`, want: []string{`spec.deletionPolicy: Unsupported value: "Orphan": supported values: "Delete", "Retain"`}},

		// guance
		{name: "guance of nothing", spec: `guance: {}`},
		{name: "menuStyle Testing", spec: `guance: {menuStyle: Testing}`},
		{name: "menuStyle Development", spec: `guance: {menuStyle: Development}`},
		{name: "menuStyle unknown", spec: `guance: {menuStyle: Fancy}`, want: []string{`spec.guance.menuStyle: Unsupported value: "Fancy": supported values: "Operations", "Testing", "Development"`}},
		{name: "accessKeyName in Chinese", spec: `guance: {accessKeyName: 管理密钥}`},
		{name: "accessKeyName at its longest", spec: `guance: {accessKeyName: ` + long(50) + `}`},
		{name: "accessKeyName too long", spec: `guance: {accessKeyName: ` + long(51) + `}`, want: []string{`spec.guance.accessKeyName: Too long: may not be more than 50 bytes`}},
		{name: "accessKeyName empty", spec: `guance: {accessKeyName: ""}`, want: []string{`spec.guance.accessKeyName: Invalid value: "": accessKeyName must have a visible character, and no control characters, line breaks or direction overrides`, `spec.guance.accessKeyName: Invalid value: "": spec.guance.accessKeyName in body should be at least 1 chars long`}},
		{name: "accessKeyName with a tab", spec: `guance: {accessKeyName: "a\tb"}`, want: []string{`spec.guance.accessKeyName: Invalid value: "a\tb": accessKeyName must have a visible character, and no control characters, line breaks or direction overrides`}},
		{name: "accessKeyName changed", before: `guance: {accessKeyName: a}`, spec: `guance: {accessKeyName: b}`, want: []string{`spec.guance.accessKeyName: Invalid value: accessKeyName is immutable: the vendor cannot rename a key`}},
		{name: "accessKeyName removed", before: `guance: {accessKeyName: a}`, spec: `guance: {}`, want: []string{`spec.guance.accessKeyName: Invalid value: accessKeyName is immutable: the vendor cannot rename a key`}},
		{name: "accessKeyName removed with its block", before: `guance: {accessKeyName: a}`, spec: ``, want: []string{`spec.guance.accessKeyName: Invalid value: accessKeyName is immutable: the vendor cannot rename a key`}},
		{name: "accessKeyName added", before: `guance: {menuStyle: Testing}`, spec: `guance: {accessKeyName: b}`, want: []string{`spec.guance.accessKeyName: Invalid value: accessKeyName is immutable: the vendor cannot rename a key`}},
		{name: "accessKeyName added with its block", before: `slug: a`, spec: `slug: a, guance: {accessKeyName: b}`, want: []string{`spec.guance.accessKeyName: Invalid value: accessKeyName is immutable: the vendor cannot rename a key`}},
		{name: "menuStyle may come and go", before: `guance: {menuStyle: Testing}`, spec: ``},
	}...)
}
