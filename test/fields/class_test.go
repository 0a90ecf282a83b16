package fields

import (
	"slices"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// The effect of a class's fields is on its Workspaces and ApiKeys: on those that are there, and on new ones.

func aClass() row { return row{leaf: leaf{kind: kindClass}} }

func classRows() []row {
	return slices.Concat(allowedRows(), keyPolicyRows(), []row{
		aClass().of("deletionPolicy", harness.Portkey,
			to("deletionPolicy: Retain", newWorkspace(deleted(alive))),
			to("deletionPolicy: Delete", newWorkspace(deleted(removed))),
			to("", newWorkspace(deleted(removed)))),
		importableRow(),
	})
}

// newWorkspace makes a Workspace of the class, waits for it, and looks.
func newWorkspace(see ...check) check {
	return having(kindWorkspace, "", append([]check{ready}, see...)...)
}

// refusedWorkspace makes one that is refused.
func refusedWorkspace(spec, reason string, words ...string) check {
	return having(kindWorkspace, spec, stalled(reason, words...))
}

// existing looks at the Workspace that is there already.
func existing(see ...check) check {
	return func(s *stage) {
		s.object = s.ws
		for _, look := range see {
			look(s)
		}
	}
}

// existingKey looks at the ApiKey that is there already.
func existingKey(see ...check) check {
	return func(s *stage) {
		s.object = s.key
		for _, look := range see {
			look(s)
		}
	}
}

func importableRow() row {
	no := func(spec string) check {
		return refusedWorkspace(spec, v1alpha1.ReasonNotAllowed, "spec.externalID", "importableIDs")
	}
	r := aClass().of("importableIDs[]", harness.Portkey,
		to("importableIDs: [$first]", having(kindWorkspace, "externalID: $first", ready, status("uuid", "$first")), no("externalID: $second")),
		// Who was refused is let in.
		to("importableIDs: [$second]", existing(ready, status("uuid", "$second")), no("externalID: $third")),
		to("", no("externalID: $fourth")))
	r.base = "importableIDs: null"
	r.prepare = func(s *stage) {
		for _, name := range []string{"first", "second", "third", "fourth"} {
			s.values[name] = s.importable()
		}
	}
	return r
}

// allowedRows: the namespace has the labels team: a and tier: gold. Who loses the class keeps what there is, and is told.
func allowedRows() []row {
	no := v1alpha1.ReasonClassNotAllowed
	selector := func(text string) string { return "allowedNamespaces: {from: Selector, selector: {" + text + "}}" }
	expression := func(text string) string { return selector("matchExpressions: [{" + text + "}]") }
	closed := func(spec string) step { return to(spec, refusedWorkspace("", no)) }
	rows := []row{
		aClass().of("allowedNamespaces.from", harness.Portkey,
			to("allowedNamespaces: {from: All}", newWorkspace()),
			closed("allowedNamespaces: {from: None}"),
			refused("allowedNamespaces: {from: null}", "allowedNamespaces.from: Required value"),
			to("allowedNamespaces: {from: All}", newWorkspace()),
			closed("allowedNamespaces: null")),
		aClass().of("allowedNamespaces.selector.matchLabels{}", harness.Portkey,
			to(selector("matchLabels: {team: a}"), newWorkspace()),
			closed(selector("matchLabels: {team: b}")),
			// An empty selector selects everything, as everywhere in Kubernetes.
			to(selector(""), newWorkspace()),
			refused("allowedNamespaces: {from: Selector}", "selector must be set if, and only if, from is Selector")),
		aClass().of("allowedNamespaces.selector.matchExpressions[].key", harness.Portkey,
			to(expression("key: team, operator: In, values: [a]"), newWorkspace()),
			closed(expression("key: tier, operator: In, values: [a]")),
			refused(expression("operator: In, values: [a]"), "matchExpressions[0].key: Required value")),
		aClass().of("allowedNamespaces.selector.matchExpressions[].operator", harness.Portkey,
			to(expression("key: team, operator: In, values: [a]"), newWorkspace()),
			closed(expression("key: team, operator: NotIn, values: [a]")),
			refused(expression("key: team, values: [a]"), "matchExpressions[0].operator: Required value")),
		aClass().of("allowedNamespaces.selector.matchExpressions[].values[]", harness.Portkey,
			to(expression("key: team, operator: In, values: [a]"), newWorkspace()),
			closed(expression("key: team, operator: In, values: [b, c]")),
			refused(expression("key: team, operator: In"), "operator must be In or NotIn with values")),
	}
	for i := range rows {
		rows[i].prepare = func(s *stage) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.ns}}
			s.h.Patch(s, namespace, map[string]any{"metadata": map[string]any{"labels": map[string]any{"team": "a", "tier": "gold"}}})
		}
	}
	return rows
}

// keyPolicyRows: every ApiKey must keep to the policy, those that are there as well; their keys go on to work.
func keyPolicyRows() []row {
	no := v1alpha1.ReasonNotAllowed
	policy := func(text string) string { return "keyPolicy: {" + text + "}" }
	refusedKey := func(spec string, words ...string) check { return having(kindKey, spec, stalled(no, words...)) }
	return []row{
		aClass().of("keyPolicy.allowedScopes[]", harness.Portkey,
			to(policy("allowedScopes: ['logs.*']"), newWorkspace(),
				refusedKey("scopes: [configs.list]", "spec.scopes", "configs.list", "logs.*"), having(kindKey, "scopes: [logs.list]", ready)),
			to(policy("allowedScopes: ['configs.*', 'virtual_keys.list']"), existingKey(settled, stalled(no, "spec.scopes", "logs.list"), livesOn)),
			to("", existingKey(settled, ready))),
		aClass().of("keyPolicy.maxLifetime", harness.Portkey,
			to(policy("maxLifetime: 2h"), newWorkspace(), refusedKey("", "spec.lifetime"), refusedKey("lifetime: 3h", "spec.lifetime", "2h"), having(kindKey, "lifetime: 1h", ready)),
			to(policy("maxLifetime: 30m"), existingKey(settled, stalled(no, "spec.lifetime", "30m"), livesOn)),
			to("", existingKey(settled, ready))),
		aClass().of("keyPolicy.requireIPAllowlist", harness.Slaunchx,
			to(policy("requireIPAllowlist: Disabled"), newWorkspace(), having(kindKey, "", ready)),
			to(policy("requireIPAllowlist: Enabled"), existingKey(settled, stalled(no, "spec.ipAllowlist"), livesOn),
				refusedKey("", "spec.ipAllowlist"), having(kindKey, "ipAllowlist: [10.0.0.1]", ready)),
			to("", having(kindKey, "", ready))),
	}
}

// livesOn: the key is neither revoked nor taken from its Secret.
func livesOn(s *stage) {
	published(s)
	s.Expect(alive(s, s.find("keys", s.key.Status.KeyID))).To(BeTrue())
}
