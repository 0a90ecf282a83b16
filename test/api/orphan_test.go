package api

// orphanCases are about the entries of the orphan ledger. Only the operator and administrators write them, and yet one that cannot be read would stop the others.
func orphanCases() []testCase {
	const (
		since   = `since must be an RFC 3339 time in UTC and whole seconds between 2000 and 2199, as 2027-01-01T00:00:00Z`
		subject = `kind: ApiKey, namespace: team-a, name: ci, uid: 0f-1`
		rest    = `since: 2027-01-01T00:00:00Z, reason: Abandoned`
		dns     = ` must be a DNS subdomain: lowercase letters, digits, '-' and '.', with a letter or digit at both ends of each part`
		uid     = ` must consist of lowercase letters, digits and '-'`
	)
	object := func(inside string) string { return `{object: {` + inside + `}, ` + rest + `}` }
	at := func(time string) string {
		return `{object: {` + subject + `}, since: ` + time + `, reason: Abandoned}`
	}
	return []testCase{
		{name: "everything", spec: `provider: portkey, className: portkey-prod, credentialOf: 0f-2, workspaceUUID: ws-1, id: key-1, name: ci-mark-1, message: revoke it`},
		{name: "a Workspace of which little is known", spec: `{object: {kind: Workspace, namespace: team-a, name: w, uid: 0f-1}, since: 2027-01-01T00:00:00Z, reason: OutcomeUnknown}`},
		{name: "texts at their longest", spec: `workspaceUUID: ` + chinese(512) + `, id: ` + chinese(512) + `, name: ` + chinese(512) + `, message: ` + chinese(1024)},

		{name: "nothing", spec: `{}`, want: []string{`spec.object: Required value`, `spec.since: Required value`, `spec.reason: Required value`}},
		{name: "of nothing", spec: object(``), want: []string{`spec.object.kind: Required value`, `spec.object.namespace: Required value`, `spec.object.name: Required value`, `spec.object.uid: Required value`}},
		{name: "changed", before: `id: key-1`, spec: `id: key-2`, want: []string{`spec: Invalid value: spec is immutable: delete the entry`}},
		{name: "written once more as it is", before: `id: key-1`, spec: `id: key-1`},

		// provider, className, credentialOf
		{name: "provider too long", spec: `provider: ` + long(33), want: []string{`spec.provider: Too long: may not be more than 32 bytes`}},
		{name: "provider empty", spec: `provider: ""`, want: []string{`spec.provider: Invalid value: "": spec.provider in body should be at least 1 chars long`, `spec.provider: Invalid value: "": provider must consist of lowercase letters and digits`}},
		{name: "className too long", spec: `className: ` + long(254), want: []string{`spec.className: Too long: may not be more than 253 bytes`}},
		{name: "className empty", spec: `className: ""`, want: []string{`spec.className: Invalid value: "": spec.className in body should be at least 1 chars long`, `spec.className: Invalid value: "": className` + dns}},
		{name: "credentialOf too long", spec: `credentialOf: ` + long(65), want: []string{`spec.credentialOf: Too long: may not be more than 64 bytes`}},
		{name: "credentialOf empty", spec: `credentialOf: ""`, want: []string{`spec.credentialOf: Invalid value: "": spec.credentialOf in body should be at least 1 chars long`, `spec.credentialOf: Invalid value: "": credentialOf` + uid}},
		{name: "credentialOf with a path", spec: `credentialOf: a/b`, want: []string{`spec.credentialOf: Invalid value: "a/b": credentialOf` + uid}},

		// What the vendor calls it.
		{name: "vendor's texts too long", spec: `workspaceUUID: ` + long(513) + `, id: ` + long(513) + `, name: ` + long(513), want: []string{`spec.workspaceUUID: Too long: may not be more than 512 bytes`, `spec.id: Too long: may not be more than 512 bytes`, `spec.name: Too long: may not be more than 512 bytes`}},
		{name: "vendor's texts empty", spec: `workspaceUUID: "", id: "", name: ""`, want: []string{`spec.workspaceUUID: Invalid value: "": spec.workspaceUUID in body should be at least 1 chars long`, `spec.id: Invalid value: "": spec.id in body should be at least 1 chars long`, `spec.name: Invalid value: "": spec.name in body should be at least 1 chars long`}},
		{name: "vendor's texts with control characters", spec: `workspaceUUID: "a\tb", id: "a\tb", name: "a\tb"`, want: []string{`spec.workspaceUUID: Invalid value: "a\tb": workspaceUUID must have no control characters`, `spec.id: Invalid value: "a\tb": id must have no control characters`, `spec.name: Invalid value: "a\tb": name must have no control characters`}},

		// object
		{name: "object of another kind", spec: object(`kind: Secret, namespace: team-a, name: ci, uid: 0f-1`), want: []string{`spec.object.kind: Unsupported value: "Secret": supported values: "Workspace", "ApiKey"`}},
		{name: "object with long names", spec: object(`kind: ApiKey, namespace: ` + long(64) + `, name: ` + long(254) + `, uid: ` + long(65)), want: []string{`spec.object.namespace: Too long: may not be more than 63 bytes`, `spec.object.name: Too long: may not be more than 253 bytes`, `spec.object.uid: Too long: may not be more than 64 bytes`}},
		{name: "object with empty names", spec: object(`kind: ApiKey, namespace: "", name: "", uid: ""`), want: []string{
			`spec.object.namespace: Invalid value: "": spec.object.namespace in body should be at least 1 chars long`, `spec.object.namespace: Invalid value: "": namespace must be a DNS label: lowercase letters, digits and '-', with a letter or digit at both ends`,
			`spec.object.name: Invalid value: "": spec.object.name in body should be at least 1 chars long`, `spec.object.name: Invalid value: "": name` + dns,
			`spec.object.uid: Invalid value: "": spec.object.uid in body should be at least 1 chars long`, `spec.object.uid: Invalid value: "": uid` + uid,
		}},

		// since, reason, message
		{name: "since at the bounds", spec: at(`2000-01-01T00:00:00Z`)},
		{name: "since with a fraction", spec: at(`"2027-01-01T00:00:00.5Z"`), want: []string{`spec.since: Invalid value: "2027-01-01T00:00:00.5Z": ` + since}},
		{name: "since in another zone", spec: at(`2027-01-01T00:00:00+08:00`), want: []string{`spec.since: Invalid value: "2027-01-01T00:00:00+08:00": ` + since}},
		{name: "since too long", spec: at(long(65)), want: []string{`spec.since: Too long: may not be more than 64 bytes`}},
		{name: "another reason", spec: `{object: {` + subject + `}, since: 2027-01-01T00:00:00Z, reason: Bored}`, want: []string{`spec.reason: Unsupported value: "Bored": supported values: "Abandoned", "OutcomeUnknown"`}},
		{name: "message too long", spec: `message: ` + long(1025), want: []string{`spec.message: Too long: may not be more than 1024 bytes`}},
		{name: "message empty", spec: `message: ""`, want: []string{`spec.message: Invalid value: "": spec.message in body should be at least 1 chars long`}},
		{name: "message of two lines", spec: `message: "a\nb"`, want: []string{`spec.message: Invalid value: "a\nb": message must have no control characters`}},
	}
}
