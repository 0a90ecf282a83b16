package api

// workspaceClassCases are the rules of a WorkspaceClass, each met and each broken. Unless a case says otherwise, the class is one of portkey with the credential ops/admin.
func workspaceClassCases() []testCase {
	const (
		ref      = `credentialsRef: {name: admin, namespace: ops}`
		provider = `provider: {portkey: {endpoint: https://api.portkey.ai/v1}}`
	)
	of := func(provider string) string { return `{provider: {` + provider + `}, ` + ref + `}` }
	credentials := func(text string) string { return `{` + provider + `, credentialsRef: ` + text + `}` }
	cases := limitCases("spec.defaults", "defaults: {%s}")
	for name, settings := range map[string]string{"guance": "", "portkey": "", "slaunchx": "", "groundfloor": "accountID: a", "oceanbase": "organizationID: a"} {
		cases = append(cases, endpointCases(name, settings)...)
	}
	return append(cases, []testCase{
		// Whole
		{name: "only what is required", spec: ``},
		{name: "everything set", spec: `caBundle: LS0tLS1CRUdJTg==, allowedNamespaces: {from: Selector, selector: {matchLabels: {tier: gold}, matchExpressions: [{key: a, operator: In, values: [b]}]}},
			importableIDs: [ws-1, ws-2], deletionPolicy: Retain, abandonAfter: 24h, resyncInterval: 10m, rateLimit: {requestsPerMinute: 20, burst: 5},
			keyPolicy: {maxLifetime: 2160h, requireIPAllowlist: Enabled, allowedScopes: [logs.*, "*", "payment:read"]},
			defaults: {region: us-east-1, language: zh, metadata: {a: b}, usageLimits: [{creditLimit: 1}], rateLimits: [{type: Tokens, unit: PerDay, value: 1}]}`},
		{name: "no spec", spec: `null`, want: []string{`spec: Required value`}},
		{name: "nothing", spec: `{}`, want: []string{`spec.credentialsRef: Required value`, `spec.provider: Required value`}},
		{name: "unknown field", spec: `insecure: true`, want: []string{`WorkspaceClass in version "v1alpha1" cannot be handled as a WorkspaceClass: strict decoding error: unknown field "spec.insecure"`}},

		// provider
		{name: "provider of nothing", spec: of(``), want: []string{`spec.provider: Invalid value: exactly one provider must be set: guance, portkey, slaunchx, groundfloor or oceanbase`}},
		{name: "provider of two", spec: of(`portkey: {endpoint: https://a.test}, guance: {endpoint: https://a.test}`), want: []string{`spec.provider: Invalid value: exactly one provider must be set: guance, portkey, slaunchx, groundfloor or oceanbase`}},
		{name: "provider unknown", spec: of(`acme: {endpoint: https://a.test}`), want: []string{`WorkspaceClass in version "v1alpha1" cannot be handled as a WorkspaceClass: strict decoding error: unknown field "spec.provider.acme"`}},
		{name: "provider guance", spec: of(`guance: {endpoint: https://openapi.guance.com}`)},
		{name: "provider slaunchx", spec: of(`slaunchx: {endpoint: https://a.test/prometheus, acceptLanguage: zh-Hant}`)},
		{name: "provider groundfloor", spec: of(`groundfloor: {endpoint: https://a.test, accountID: 3f2504e0-4f89-41d3-9a0c-0305e82c3301, freezeOnDelete: Disabled}`)},
		{name: "provider oceanbase", spec: of(`oceanbase: {endpoint: https://a.test, organizationID: org-1, uid: "7", product: p_1, auth: Digest}`)},
		{name: "provider exchanged", before: of(`portkey: {endpoint: https://a.test}`), spec: of(`guance: {endpoint: https://a.test}`), want: []string{`spec.provider: Invalid value: which provider a class uses is immutable: create another class`}},
		{name: "provider removed", before: of(`portkey: {endpoint: https://a.test}`), spec: `{` + ref + `}`, want: []string{`spec.provider: Required value`}},
		{name: "provider's settings may change", before: of(`portkey: {endpoint: https://a.test}`), spec: of(`portkey: {endpoint: https://b.test}`)},
		{name: "accountID changed", before: of(`groundfloor: {endpoint: https://a.test, accountID: a}`), spec: of(`groundfloor: {endpoint: https://a.test, accountID: b}`), want: []string{`spec.provider.groundfloor.accountID: Invalid value: "b": accountID is immutable, because workspaces stay in the account they were made in: create another class`}},
		{name: "organizationID changed", before: of(`oceanbase: {endpoint: https://a.test, organizationID: a}`), spec: of(`oceanbase: {endpoint: https://a.test, organizationID: b}`), want: []string{`spec.provider.oceanbase.organizationID: Invalid value: "b": organizationID is immutable, because workspaces stay in the organization they are in: create another class`}},
		{name: "all else of groundfloor and oceanbase may change", before: of(`oceanbase: {endpoint: https://a.test, organizationID: a}`), spec: of(`oceanbase: {endpoint: https://b.test, organizationID: a, uid: u, product: p, auth: Digest}`)},
		{name: "portkey without endpoint", spec: of(`portkey: {}`), want: []string{`spec.provider.portkey.endpoint: Required value`}},
		{name: "guance without endpoint", spec: of(`guance: {}`), want: []string{`spec.provider.guance.endpoint: Required value`}},
		{name: "slaunchx without endpoint", spec: of(`slaunchx: {}`), want: []string{`spec.provider.slaunchx.endpoint: Required value`}},
		{name: "groundfloor without anything", spec: of(`groundfloor: {}`), want: []string{`spec.provider.groundfloor.accountID: Required value`, `spec.provider.groundfloor.endpoint: Required value`}},
		{name: "oceanbase without anything", spec: of(`oceanbase: {}`), want: []string{`spec.provider.oceanbase.endpoint: Required value`, `spec.provider.oceanbase.organizationID: Required value`}},

		// Settings of one provider
		{name: "acceptLanguage unknown", spec: of(`slaunchx: {endpoint: https://a.test, acceptLanguage: de}`), want: []string{`spec.provider.slaunchx.acceptLanguage: Unsupported value: "de": supported values: "en", "zh", "zh-Hant", "ja", "vi"`}},
		{name: "accountID empty", spec: of(`groundfloor: {endpoint: https://a.test, accountID: ""}`), want: []string{`spec.provider.groundfloor.accountID: Invalid value: "": accountID must consist of letters, digits and '-'`, `spec.provider.groundfloor.accountID: Invalid value: "": spec.provider.groundfloor.accountID in body should be at least 1 chars long`}},
		{name: "accountID too long", spec: of(`groundfloor: {endpoint: https://a.test, accountID: ` + long(65) + `}`), want: []string{`spec.provider.groundfloor.accountID: Too long: may not be more than 64 bytes`}},
		{name: "accountID with a slash", spec: of(`groundfloor: {endpoint: https://a.test, accountID: a/b}`), want: []string{`spec.provider.groundfloor.accountID: Invalid value: "a/b": accountID must consist of letters, digits and '-'`}},
		{name: "freezeOnDelete unknown", spec: of(`groundfloor: {endpoint: https://a.test, accountID: a, freezeOnDelete: "yes"}`), want: []string{`spec.provider.groundfloor.freezeOnDelete: Unsupported value: "yes": supported values: "Enabled", "Disabled"`}},
		{name: "organizationID, uid and product empty", spec: of(`oceanbase: {endpoint: https://a.test, organizationID: "", uid: "", product: ""}`), want: []string{`spec.provider.oceanbase.organizationID: Invalid value: "": organizationID must consist of letters, digits, '-' and '_'`, `spec.provider.oceanbase.organizationID: Invalid value: "": spec.provider.oceanbase.organizationID in body should be at least 1 chars long`, `spec.provider.oceanbase.product: Invalid value: "": product must consist of letters, digits, '-' and '_'`, `spec.provider.oceanbase.product: Invalid value: "": spec.provider.oceanbase.product in body should be at least 1 chars long`, `spec.provider.oceanbase.uid: Invalid value: "": spec.provider.oceanbase.uid in body should be at least 1 chars long`, `spec.provider.oceanbase.uid: Invalid value: "": uid must consist of letters, digits, '-' and '_'`}},
		{name: "organizationID, uid and product too long", spec: of(`oceanbase: {endpoint: https://a.test, organizationID: ` + long(129) + `, uid: ` + long(129) + `, product: ` + long(129) + `}`), want: []string{`spec.provider.oceanbase.organizationID: Too long: may not be more than 128 bytes`, `spec.provider.oceanbase.product: Too long: may not be more than 128 bytes`, `spec.provider.oceanbase.uid: Too long: may not be more than 128 bytes`}},
		{name: "organizationID, uid and product with a dot", spec: of(`oceanbase: {endpoint: https://a.test, organizationID: a.b, uid: a.b, product: a.b}`), want: []string{`spec.provider.oceanbase.organizationID: Invalid value: "a.b": organizationID must consist of letters, digits, '-' and '_'`, `spec.provider.oceanbase.product: Invalid value: "a.b": product must consist of letters, digits, '-' and '_'`, `spec.provider.oceanbase.uid: Invalid value: "a.b": uid must consist of letters, digits, '-' and '_'`}},
		{name: "auth unknown", spec: of(`oceanbase: {endpoint: https://a.test, organizationID: a, auth: Bearer}`), want: []string{`spec.provider.oceanbase.auth: Unsupported value: "Bearer": supported values: "Basic", "Digest"`}},

		// credentialsRef
		{name: "credentialsRef without namespace", spec: credentials(`{name: mine}`)},
		{name: "credentialsRef at its longest", spec: credentials(`{name: ` + long(253) + `, namespace: ` + long(63) + `}`)},
		{name: "credentialsRef missing", spec: `{` + provider + `}`, want: []string{`spec.credentialsRef: Required value`}},
		{name: "credentialsRef of nothing", spec: credentials(`{}`), want: []string{`spec.credentialsRef.name: Required value`}},
		{name: "credentialsRef too long", spec: credentials(`{name: ` + long(254) + `, namespace: ` + long(64) + `}`), want: []string{`spec.credentialsRef.name: Too long: may not be more than 253 bytes`, `spec.credentialsRef.namespace: Too long: may not be more than 63 bytes`}},
		{name: "credentialsRef empty", spec: credentials(`{name: "", namespace: ""}`), want: []string{`spec.credentialsRef.name: Invalid value: "": name must be a DNS subdomain: lowercase letters, digits, '-' and '.', with a letter or digit at both ends of each part`, `spec.credentialsRef.name: Invalid value: "": spec.credentialsRef.name in body should be at least 1 chars long`, `spec.credentialsRef.namespace: Invalid value: "": namespace must be a DNS label: lowercase letters, digits and '-', with a letter or digit at both ends`, `spec.credentialsRef.namespace: Invalid value: "": spec.credentialsRef.namespace in body should be at least 1 chars long`}},
		{name: "credentialsRef with names that nothing can have", spec: credentials(`{name: A, namespace: a.b}`), want: []string{`spec.credentialsRef.name: Invalid value: "A": name must be a DNS subdomain: lowercase letters, digits, '-' and '.', with a letter or digit at both ends of each part`, `spec.credentialsRef.namespace: Invalid value: "a.b": namespace must be a DNS label: lowercase letters, digits and '-', with a letter or digit at both ends`}},
		{name: "credentialsRef in a namespace changed", before: credentials(`{name: a, namespace: b}`), spec: credentials(`{name: c, namespace: d}`)},
		{name: "credentialsRef's namespace removed", before: credentials(`{name: a, namespace: b}`), spec: credentials(`{name: a}`), want: []string{`spec.credentialsRef.namespace: Invalid value: credentialsRef.namespace can be changed but not added or removed: create another class`}},
		{name: "credentialsRef's namespace added", before: credentials(`{name: a}`), spec: credentials(`{name: a, namespace: b}`), want: []string{`spec.credentialsRef.namespace: Invalid value: credentialsRef.namespace can be changed but not added or removed: create another class`}},
		{name: "credentialsRef's name changed without namespace", before: credentials(`{name: a}`), spec: credentials(`{name: b}`), want: []string{`spec.credentialsRef.name: Invalid value: credentialsRef.name is immutable while namespace is omitted: create another class`}},
		{name: "credentialsRef kept without namespace", before: credentials(`{name: a}`), spec: `{` + provider + `, credentialsRef: {name: a}, resyncInterval: 1h}`},

		// caBundle
		{name: "caBundle at its longest", spec: `caBundle: ` + long(262144)},
		{name: "caBundle too long", spec: `caBundle: ` + long(262148), want: []string{`spec.caBundle: Too long: may not be more than 262144 bytes`}},
		{name: "caBundle empty", spec: `caBundle: ""`, want: []string{`spec.caBundle: Invalid value: "": spec.caBundle in body must be of type byte: ""`, `spec.caBundle: Invalid value: "": spec.caBundle in body should be at least 1 chars long`}},
		{name: "caBundle that is PEM and not base64 of it", spec: `caBundle: "-----BEGIN CERTIFICATE-----"`, want: []string{`spec.caBundle: Invalid value: "-----BEGIN CERTIFICATE-----": spec.caBundle in body must be of type byte: "-----BEGIN CERTIFICATE-----"`}},
		{name: "caBundle without padding", spec: `caBundle: LS0`, want: []string{`spec.caBundle: Invalid value: "LS0": spec.caBundle in body must be of type byte: "LS0"`}},
		{name: "caBundle in the alphabet of URLs", spec: `caBundle: "_-_-"`, want: []string{`spec.caBundle: Invalid value: "_-_-": spec.caBundle in body must be of type byte: "_-_-"`}},

		// allowedNamespaces
		{name: "allowedNamespaces All", spec: `allowedNamespaces: {from: All}`},
		{name: "allowedNamespaces None", spec: `allowedNamespaces: {from: None}`},
		{name: "allowedNamespaces of all operators", spec: `allowedNamespaces: {from: Selector, selector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}, {key: a, operator: Exists}, {key: a, operator: DoesNotExist, values: []}]}}`},
		{name: "allowedNamespaces of nothing", spec: `allowedNamespaces: {}`, want: []string{`spec.allowedNamespaces.from: Required value`}},
		{name: "allowedNamespaces unknown", spec: `allowedNamespaces: {from: Same}`, want: []string{`spec.allowedNamespaces.from: Unsupported value: "Same": supported values: "All", "None", "Selector"`}},
		{name: "allowedNamespaces Selector without one", spec: `allowedNamespaces: {from: Selector}`, want: []string{`spec.allowedNamespaces: Invalid value: selector must be set if, and only if, from is Selector`}},
		{name: "allowedNamespaces All with a selector", spec: `allowedNamespaces: {from: All, selector: {matchLabels: {a: b}}}`, want: []string{`spec.allowedNamespaces: Invalid value: selector must be set if, and only if, from is Selector`}},
		{name: "selector with an unknown operator", spec: `allowedNamespaces: {from: Selector, selector: {matchExpressions: [{key: a, operator: Equals, values: [b]}]}}`, want: []string{`spec.allowedNamespaces.selector: Invalid value: operator must be In or NotIn with values, or Exists or DoesNotExist without`}},
		{name: "selector In without values", spec: `allowedNamespaces: {from: Selector, selector: {matchExpressions: [{key: a, operator: In}]}}`, want: []string{`spec.allowedNamespaces.selector: Invalid value: operator must be In or NotIn with values, or Exists or DoesNotExist without`}},
		{name: "selector Exists with values", spec: `allowedNamespaces: {from: Selector, selector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}`, want: []string{`spec.allowedNamespaces.selector: Invalid value: operator must be In or NotIn with values, or Exists or DoesNotExist without`}},
		{name: "selector without key", spec: `allowedNamespaces: {from: Selector, selector: {matchExpressions: [{operator: Exists}]}}`, want: []string{`spec.allowedNamespaces.selector.matchExpressions[0].key: Required value`}},

		// importableIDs
		{name: "importableIDs of any", spec: `importableIDs: ["*"]`},
		{name: "importableIDs of none", spec: `importableIDs: []`},
		{name: "importableIDs at their most and longest", spec: `importableIDs: [` + long(253) + `, ` + items(255, "i%d")[1:]},
		{name: "importableIDs of any and one", spec: `importableIDs: ["*", a]`, want: []string{`spec.importableIDs: Invalid value: "*" must be the only item: it already allows every id`}},
		{name: "importableIDs of too many", spec: `importableIDs: ` + items(257, "i%d"), want: []string{`spec.importableIDs: Too many: 257: must have at most 256 items`}},
		{name: "importableIDs with an empty one", spec: `importableIDs: [""]`, want: []string{`spec.importableIDs[0]: Invalid value: "": importableIDs must consist of printable ASCII characters without spaces`, `spec.importableIDs[0]: Invalid value: "": spec.importableIDs[0] in body should be at least 1 chars long`}},
		{name: "importableIDs with a long one", spec: `importableIDs: [` + long(254) + `]`, want: []string{`spec.importableIDs[0]: Too long: may not be more than 253 bytes`}},
		{name: "importableIDs with a space", spec: `importableIDs: ["a b"]`, want: []string{`spec.importableIDs[0]: Invalid value: "a b": importableIDs must consist of printable ASCII characters without spaces`}},

		// deletionPolicy
		{name: "deletionPolicy Delete", spec: `deletionPolicy: Delete`},
		{name: "deletionPolicy unknown", spec: `deletionPolicy: delete`, want: []string{`spec.deletionPolicy: Unsupported value: "delete": supported values: "Delete", "Retain"`}},

		// abandonAfter, resyncInterval
		{name: "abandonAfter at the shortest", spec: `abandonAfter: 1m`},
		{name: "abandonAfter at the longest", spec: `abandonAfter: 8760h`},
		{name: "abandonAfter too short", spec: `abandonAfter: 59s`, want: []string{`spec.abandonAfter: Invalid value: "59s": abandonAfter must be a duration between 1m and 8760h, written in h, m and s, as 24h`}},
		{name: "abandonAfter too long", spec: `abandonAfter: 8761h`, want: []string{`spec.abandonAfter: Invalid value: "8761h": abandonAfter must be a duration between 1m and 8760h, written in h, m and s, as 24h`}},
		{name: "abandonAfter in days", spec: `abandonAfter: 1d`, want: []string{`spec.abandonAfter: Invalid value: "1d": abandonAfter must be a duration between 1m and 8760h, written in h, m and s, as 24h`}},
		{name: "abandonAfter of very many digits", spec: `abandonAfter: ` + long(33), want: []string{`spec.abandonAfter: Too long: may not be more than 32 bytes`}},
		{name: "resyncInterval at the shortest", spec: `resyncInterval: 1s`},
		{name: "resyncInterval at the longest", spec: `resyncInterval: 24h`},
		{name: "resyncInterval of zero", spec: `resyncInterval: 0s`, want: []string{`spec.resyncInterval: Invalid value: "0s": resyncInterval must be a duration between 1s and 24h, written in h, m and s, as 10m`}},
		{name: "resyncInterval too long", spec: `resyncInterval: 24h1s`, want: []string{`spec.resyncInterval: Invalid value: "24h1s": resyncInterval must be a duration between 1s and 24h, written in h, m and s, as 10m`}},
		{name: "resyncInterval below zero", spec: `resyncInterval: -10m`, want: []string{`spec.resyncInterval: Invalid value: "-10m": resyncInterval must be a duration between 1s and 24h, written in h, m and s, as 10m`}},
		{name: "resyncInterval beyond what a duration can hold", spec: `resyncInterval: 9999999999999h`, want: []string{`spec.resyncInterval: Invalid value: "9999999999999h": resyncInterval must be a duration between 1s and 24h, written in h, m and s, as 10m`}},
		{name: "resyncInterval of very many digits", spec: `resyncInterval: ` + long(33), want: []string{`spec.resyncInterval: Too long: may not be more than 32 bytes`}},

		// rateLimit
		{name: "rateLimit without burst", spec: `rateLimit: {requestsPerMinute: 1}`},
		{name: "rateLimit at its highest", spec: `rateLimit: {requestsPerMinute: 60000, burst: 60000}`},
		{name: "rateLimit of nothing", spec: `rateLimit: {}`, want: []string{`spec.rateLimit.requestsPerMinute: Required value`}},
		{name: "rateLimit of zero", spec: `rateLimit: {requestsPerMinute: 0, burst: 0}`, want: []string{`spec.rateLimit.burst: Invalid value: 0: spec.rateLimit.burst in body should be greater than or equal to 1`, `spec.rateLimit.requestsPerMinute: Invalid value: 0: spec.rateLimit.requestsPerMinute in body should be greater than or equal to 1`}},
		{name: "rateLimit too high", spec: `rateLimit: {requestsPerMinute: 60001, burst: 60001}`, want: []string{`spec.rateLimit.burst: Invalid value: 60001: spec.rateLimit.burst in body should be less than or equal to 60000`, `spec.rateLimit.requestsPerMinute: Invalid value: 60001: spec.rateLimit.requestsPerMinute in body should be less than or equal to 60000`}},
		{name: "rateLimit with a burst above it", spec: `rateLimit: {requestsPerMinute: 5, burst: 6}`, want: []string{`spec.rateLimit: Invalid value: burst must not be above requestsPerMinute`}},

		// keyPolicy
		{name: "keyPolicy of nothing", spec: `keyPolicy: {}`},
		{name: "maxLifetime at the shortest", spec: `keyPolicy: {maxLifetime: 1m}`},
		{name: "maxLifetime at the longest", spec: `keyPolicy: {maxLifetime: 87600h}`},
		{name: "maxLifetime too short", spec: `keyPolicy: {maxLifetime: 59s}`, want: []string{`spec.keyPolicy.maxLifetime: Invalid value: "59s": maxLifetime must be a duration between 1m and 87600h, written in h, m and s, as 2160h`}},
		{name: "maxLifetime too long", spec: `keyPolicy: {maxLifetime: 87600h1s}`, want: []string{`spec.keyPolicy.maxLifetime: Invalid value: "87600h1s": maxLifetime must be a duration between 1m and 87600h, written in h, m and s, as 2160h`}},
		{name: "maxLifetime in days", spec: `keyPolicy: {maxLifetime: 90d}`, want: []string{`spec.keyPolicy.maxLifetime: Invalid value: "90d": maxLifetime must be a duration between 1m and 87600h, written in h, m and s, as 2160h`}},
		{name: "maxLifetime of very many digits", spec: `keyPolicy: {maxLifetime: ` + long(33) + `}`, want: []string{`spec.keyPolicy.maxLifetime: Too long: may not be more than 32 bytes`}},
		{name: "requireIPAllowlist Disabled", spec: `keyPolicy: {requireIPAllowlist: Disabled}`},
		{name: "requireIPAllowlist unknown", spec: `keyPolicy: {requireIPAllowlist: Required}`, want: []string{`spec.keyPolicy.requireIPAllowlist: Unsupported value: "Required": supported values: "Enabled", "Disabled"`}},
		{name: "allowedScopes at their most and longest", spec: `keyPolicy: {allowedScopes: [` + long(128) + `, ` + items(127, "s%d")[1:] + `}`},
		{name: "allowedScopes of none", spec: `keyPolicy: {allowedScopes: []}`, want: []string{`spec.keyPolicy.allowedScopes: Invalid value: 0: spec.keyPolicy.allowedScopes in body should have at least 1 items`}},
		{name: "allowedScopes of too many", spec: `keyPolicy: {allowedScopes: ` + items(129, "s%d") + `}`, want: []string{`spec.keyPolicy.allowedScopes: Too many: 129: must have at most 128 items`}},
		{name: "allowedScopes twice", spec: `keyPolicy: {allowedScopes: [a, a]}`, want: []string{`spec.keyPolicy.allowedScopes[1]: Duplicate value: "a"`}},
		{name: "allowedScopes with an empty one", spec: `keyPolicy: {allowedScopes: [""]}`, want: []string{`spec.keyPolicy.allowedScopes[0]: Invalid value: "": spec.keyPolicy.allowedScopes[0] in body should be at least 1 chars long`}},
		{name: "allowedScopes with a long one", spec: `keyPolicy: {allowedScopes: [` + long(129) + `]}`, want: []string{`spec.keyPolicy.allowedScopes[0]: Too long: may not be more than 128 bytes`}},
		{name: "allowedScopes with a star inside", spec: `keyPolicy: {allowedScopes: ["a*b"]}`, want: []string{`spec.keyPolicy.allowedScopes[0]: Invalid value: "a*b": allowedScopes must consist of letters, digits, '.', '_', ':', '/' and '-'; '*' may stand at the end`}},
		{name: "allowedScopes with a space", spec: `keyPolicy: {allowedScopes: ["a b"]}`, want: []string{`spec.keyPolicy.allowedScopes[0]: Invalid value: "a b": allowedScopes must consist of letters, digits, '.', '_', ':', '/' and '-'; '*' may stand at the end`}},

		// defaults
		{name: "defaults of nothing", spec: `defaults: {}`},
		{name: "defaults at their most", spec: `defaults: {region: ` + long(64) + `, language: en, metadata: ` + entries(32, "k%d: v") + `, usageLimits: ` + items(8, "{creditLimit: 1%d}") + `, rateLimits: ` + rates(6) + `}`},
		{name: "defaults of too many", spec: `defaults: {metadata: ` + entries(33, "k%d: v") + `, usageLimits: ` + items(9, "{creditLimit: 1%d}") + `, rateLimits: ` + items(9, "{type: Tokens, unit: PerDay, value: %d}") + `}`, want: []string{`spec.defaults.metadata: Too many: 33: must have at most 32 items`, `spec.defaults.rateLimits: Too many: 9: must have at most 8 items`, `spec.defaults.usageLimits: Too many: 9: must have at most 8 items`}},
		{name: "defaults with a long region", spec: `defaults: {region: ` + long(65) + `}`, want: []string{`spec.defaults.region: Too long: may not be more than 64 bytes`}},
		{name: "defaults with an empty region", spec: `defaults: {region: ""}`, want: []string{`spec.defaults.region: Invalid value: "": region must consist of letters, digits, '-', '_' and '.'`, `spec.defaults.region: Invalid value: "": spec.defaults.region in body should be at least 1 chars long`}},
		{name: "defaults with a slash in the region", spec: `defaults: {region: a/b}`, want: []string{`spec.defaults.region: Invalid value: "a/b": region must consist of letters, digits, '-', '_' and '.'`}},
		{name: "defaults with an unknown language", spec: `defaults: {language: de}`, want: []string{`spec.defaults.language: Unsupported value: "de": supported values: "en", "zh"`}},
		{name: "defaults with a long metadata value", spec: `defaults: {metadata: {k: ` + long(257) + `}}`, want: []string{`spec.defaults.metadata.k: Too long: may not be more than 256 bytes`}},
		{name: "defaults with an empty metadata key", spec: `defaults: {metadata: {"": v}}`, want: []string{`spec.defaults.metadata: Invalid value: metadata keys must have 1 to 64 characters, none of them a control character`}},
		{name: "defaults with the operator's metadata key", spec: `defaults: {metadata: {workspace_operator: v}}`, want: []string{`spec.defaults.metadata: Invalid value: metadata keys starting with workspace_operator are reserved for the operator`}},
		{name: "defaults with a control character in metadata", spec: `defaults: {metadata: {k: "\b"}}`, want: []string{`spec.defaults.metadata[k]: Invalid value: "\b": metadata values must have no control characters`}},
		{name: "defaults with rateLimits of the same pair", spec: `defaults: {rateLimits: [{type: Tokens, unit: PerDay, value: 1}, {type: Tokens, unit: PerDay, value: 2}]}`, want: []string{`spec.defaults.rateLimits: Invalid value: rateLimits must not have two items with the same type and unit`}},
	}...)
}

// endpointCases are the rules of an endpoint, as one provider has it beside its other required settings.
func endpointCases(provider, settings string) []testCase {
	at := func(url string) string {
		return `{provider: {` + provider + `: {endpoint: "` + url + `", ` + settings + `}}, credentialsRef: {name: admin}}`
	}
	return []testCase{
		{name: provider + "'s endpoint with a port and a path", spec: at("https://gateway.example.org:8443/a-b/_c/~d/%20/")},
		{name: provider + "'s endpoint at an IPv6 address", spec: at("https://[2001:db8::1]:8443/v1")},
		{name: provider + "'s endpoint over http, which the manager decides about", spec: at("http://127.0.0.1:8080/portkey")},
		{name: provider + "'s endpoint at its longest", spec: at("https://a.test/" + long(497))},
		{name: provider + "'s endpoint too long", spec: at("https://a.test/" + long(498)), want: []string{`spec.provider.` + provider + `.endpoint: Too long: may not be more than 512 bytes`}},
		{name: provider + "'s endpoint empty", spec: at(""), want: []string{`spec.provider.` + provider + `.endpoint: Invalid value: "": endpoint must be an absolute https URL without user, query or fragment`, `spec.provider.` + provider + `.endpoint: Invalid value: "": spec.provider.` + provider + `.endpoint in body should be at least 8 chars long`}},
		{name: provider + "'s endpoint without scheme", spec: at("api.portkey.ai/v1"), want: []string{`spec.provider.` + provider + `.endpoint: Invalid value: "api.portkey.ai/v1": endpoint must be an absolute https URL without user, query or fragment`}},
		{name: provider + "'s endpoint with another scheme", spec: at("ftp://a.test/v1"), want: []string{`spec.provider.` + provider + `.endpoint: Invalid value: "ftp://a.test/v1": endpoint must be an absolute https URL without user, query or fragment`}},
		{name: provider + "'s endpoint without host", spec: at("https:///v1"), want: []string{`spec.provider.` + provider + `.endpoint: Invalid value: "https:///v1": endpoint must be an absolute https URL without user, query or fragment`}},
		{name: provider + "'s endpoint with a user", spec: at("https://user:secret@a.test"), want: []string{`spec.provider.` + provider + `.endpoint: Invalid value: "https://user:secret@a.test": endpoint must be an absolute https URL without user, query or fragment`}},
		{name: provider + "'s endpoint with a query", spec: at("https://a.test/?a=b"), want: []string{`spec.provider.` + provider + `.endpoint: Invalid value: "https://a.test/?a=b": endpoint must be an absolute https URL without user, query or fragment`}},
		{name: provider + "'s endpoint with a fragment", spec: at("https://a.test/#a"), want: []string{`spec.provider.` + provider + `.endpoint: Invalid value: "https://a.test/#a": endpoint must be an absolute https URL without user, query or fragment`}},
		{name: provider + "'s endpoint with a space", spec: at("https://a.test/ b"), want: []string{`spec.provider.` + provider + `.endpoint: Invalid value: "https://a.test/ b": endpoint must be an absolute https URL without user, query or fragment`}},
		{name: provider + "'s endpoint with a line break", spec: at(`https://a.test\n`), want: []string{`spec.provider.` + provider + `.endpoint: Invalid value: "https://a.test\n": endpoint must be an absolute https URL without user, query or fragment`}},
		{name: provider + "'s endpoint with a broken escape", spec: at("https://a.test/%zz"), want: []string{`spec.provider.` + provider + `.endpoint: Invalid value: "https://a.test/%zz": endpoint must be an absolute https URL without user, query or fragment`}},
		{name: provider + "'s endpoint with a host of other letters", spec: at("https://аpi.test"), want: []string{`spec.provider.` + provider + `.endpoint: Invalid value: "https://аpi.test": endpoint must be an absolute https URL without user, query or fragment`}},
	}
}
