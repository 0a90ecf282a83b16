package life

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// secretMoves are about what is published, as the spec has it and as somebody leaves it.
func secretMoves() []move {
	return []move{
		{"publish otherwise", (*plot).hasKeys, publishOtherwise},
		{"alter a Secret", (*plot).hasKeys, alterSecret},
		{"alter a Secret", (*plot).hasKeys, alterSecret}, // twice as often
	}
}

func publishOtherwise(p *plot) {
	key := p.key()
	target := key.Spec.Secret
	if target == nil {
		target = &v1alpha1.SecretTarget{}
	}
	switch one(p, "of the Secret", "name", "valueKey", "template", "labels", "annotations", "nothing") {
	case "name":
		target.Name = one(p, "name", "", key.Name+"-credential", key.Name+"-token")
	case "valueKey":
		target.ValueKey = one(p, "valueKey", "", "API_KEY", "token")
	case "template":
		target.Template = one[map[string]v1alpha1.TemplateText](p, "template", nil, map[string]v1alpha1.TemplateText{"config": "key={{ .APIKey }} at {{ .Provider }}"})
	case "labels":
		target.Labels = one[map[string]v1alpha1.LabelValue](p, "labels", nil, map[string]v1alpha1.LabelValue{"team": "a"}, map[string]v1alpha1.LabelValue{"stage": "test"})
	case "annotations":
		target.Annotations = one[map[string]v1alpha1.AnnotationValue](p, "annotations", nil, map[string]v1alpha1.AnnotationValue{"example.test/owner": "a"})
	default:
		target = nil
	}
	key.Spec.Secret = target
	p.asks(fmt.Sprintf("ApiKey %q is published otherwise: %s", key.Name, compact(target)), p.maybe("at rest"), key, 0)
}

// alteration is what somebody does to a published Secret; causes is whether another key has to be issued for that.
type alteration struct {
	text   string
	causes int
	do     func(*corev1.Secret)
}

func alterations() []alteration {
	value := func(s *corev1.Secret) string { return s.Annotations[v1alpha1.AnnotationValueKey] }
	return []alteration{
		{text: "is deleted", causes: 1},
		{"has its value overwritten", 1, func(s *corev1.Secret) { s.Data[value(s)] = []byte("overwritten") }},
		{"is emptied", 1, func(s *corev1.Secret) { s.Data = nil }},
		{"has its keyID overwritten", 0, func(s *corev1.Secret) { s.Data[v1alpha1.SecretKeyKeyID] = []byte("overwritten") }},
		{"gets another key beside", 0, func(s *corev1.Secret) { s.Data["beside"] = []byte("beside") }},
		{"loses its labels", 0, func(s *corev1.Secret) { s.Labels = nil }},
		{"loses its annotations", 0, func(s *corev1.Secret) { s.Annotations = nil }},
	}
}

func alterSecret(p *plot) {
	key, rested := p.key().DeepCopy(), p.maybe("at rest")
	what := one(p, "alteration", alterations()...)
	if !rested {
		what.causes = 1 // until status knows the key, all that its Secret says of it has to agree
	}
	p.then(fmt.Sprintf("the Secret of ApiKey %q %s", key.Name, what.text), rested, func(w *world) { w.alter(key, what) })
}

// vendorMoves are what happens at the vendor: people in its console, and its bad moments.
func vendorMoves() []move {
	return []move{
		{"remove a key at the vendor", (*plot).hasKeys, func(p *plot) {
			key := p.key().DeepCopy()
			p.then(fmt.Sprintf("the key of ApiKey %q is removed at the vendor", key.Name), true, func(w *world) { w.removeKey(key) })
		}},
		{"change a key at the vendor", func(p *plot) bool { return p.hasKeys() && len(keyChanges(p.vendor)) > 0 }, changeKey},
		{"change the workspace at the vendor", func(p *plot) bool { return len(workspaceChanges(p.vendor)) > 0 }, changeWorkspace},
		{"remove the workspace at the vendor", func(p *plot) bool { return harness.Importable(p.vendor) == "" && len(p.paused) == 0 }, removeWorkspace},
		{"fail", always, fail},
		{"fail", always, fail}, // twice as often
	}
}

// change is of a field at the vendor. field is the spec's; empty if the spec has no such thing, or does not insist on it.
type change struct {
	field  string
	fields map[string]any
}

func keyChanges(vendor string) []change {
	renamed := change{"", map[string]any{"name": "renamed in the console"}}
	switch vendor {
	case harness.Portkey:
		return []change{
			renamed,
			{"scopes", map[string]any{"scopes": []string{"virtual_keys.list"}}},
			{"rateLimits", map[string]any{"rateLimits": []any{map[string]any{"type": "requests", "unit": "rpm", "value": 7}}}},
		}
	case harness.Slaunchx:
		return []change{renamed, {"access", map[string]any{"disabled": true}}, {"scopes", map[string]any{"scopes": []string{"card:read"}}}}
	case harness.Oceanbase:
		return []change{renamed, {"", map[string]any{"action": "admin"}}}
	}
	return []change{renamed}
}

func changeKey(p *plot) {
	key, what := p.key().DeepCopy(), one(p, "change", keyChanges(p.vendor)...)
	p.then(fmt.Sprintf("the key of ApiKey %q is changed at the vendor: %s", key.Name, compact(what.fields)), true, func(w *world) { w.changeKey(key, what) })
}

func workspaceChanges(vendor string) []change {
	switch vendor {
	case harness.Portkey:
		return []change{
			{"displayName", map[string]any{"name": "renamed in the console"}},
			{"description", map[string]any{"description": "changed in the console"}},
			{"rateLimits", map[string]any{"rateLimits": []any{map[string]any{"type": "requests", "unit": "rpm", "value": 7}}}},
		}
	case harness.Guance:
		return []change{
			{"displayName", map[string]any{"name": "renamed in the console"}},
			{"description", map[string]any{"desc": "changed in the console"}},
		}
	case harness.Groundfloor:
		return []change{{"access", map[string]any{"status": "frozen"}}, {"access", map[string]any{"status": "active"}}}
	}
	return nil
}

func changeWorkspace(p *plot) {
	what := one(p, "change", workspaceChanges(p.vendor)...)
	if p.paused[workspaceName] && what.field == "access" {
		return // what is left open afterwards depends on when the pause ends
	}
	p.then("the workspace is changed at the vendor: "+compact(what.fields), true, func(w *world) { w.changeWorkspace(what) })
}

// removeWorkspace has a person find that the workspace is gone, and do what the condition says.
func removeWorkspace(p *plot) {
	all := p.now.copy()
	p.then("the workspace is removed at the vendor; that is said, everything is deleted, and applied anew", true, func(w *world) {
		w.removeWorkspace()
		w.refused(all.workspace, v1alpha1.ReasonVendorObjectMissing)
		w.delete(all.objects()...)
		w.apply(all.objects()...)
	})
}

func fail(p *plot) {
	faults := []fault.Fault{
		{Action: fault.Lost}, {Action: fault.Truncate}, {Action: fault.Reset}, {Action: fault.HTML}, {Action: fault.Garbage},
		{Action: fault.Status, Status: 500}, {Action: fault.Status, Status: 503, Work: true},
		{Action: fault.Delay, DelayMillis: 1500}, {Action: fault.Delay, DelayMillis: 1500, Late: true},
	}
	if p.vendor != harness.Guance { // which does not say when to come again
		faults = append(faults, fault.Fault{Action: fault.Throttle, RetryAfterSeconds: new(1)})
	}
	f, r := one(p, "fault", faults...), one(p, "route", routes(p.vendor)...)
	if !r.bears(f) {
		return
	}
	f.Method, f.Route, f.Times = r.method, r.pattern, rapidTimes(p)
	p.then(fmt.Sprintf("the vendor fails %d times: %s of %s %s (status %d, work %t, late %t)", f.Times, f.Action, r.method, r.pattern, f.Status, f.Work, f.Late),
		false, func(w *world) { w.fail(f) })
}

func rapidTimes(p *plot) int { return one(p, "times", 1, 1, 2) }

// classMoves are the administrator's.
func classMoves() []move {
	return []move{
		{"change the class's defaults", func(p *plot) bool { return p.vendor == harness.Portkey || p.vendor == harness.Guance }, changeDefaults},
		{"forbid keys for a while", func(p *plot) bool { return p.hasKeys() && len(p.paused) == 0 }, forbidKeys},
		{"allow keys as they are", (*plot).hasKeys, func(p *plot) {
			p.now.class.KeyPolicy = one(p, "keyPolicy", nil, &v1alpha1.KeyPolicy{AllowedScopes: []string{"logs.*", "completions.*", "payment:*", "card:*"}})
			p.admin("the class's keyPolicy is "+compact(p.now.class.KeyPolicy), false)
		}},
	}
}

func (p *plot) admin(text string, rested bool) {
	class := *p.now.class.DeepCopy()
	p.then(text, rested, func(w *world) { w.admin(class) })
}

func changeDefaults(p *plot) {
	defaults := p.now.class.Defaults
	if defaults == nil {
		defaults = &v1alpha1.WorkspaceDefaults{}
	}
	switch {
	case p.maybe("none"):
		defaults = nil
	case p.vendor == harness.Guance:
		defaults.Language = one(p, "language", "en", "zh")
	case p.maybe("limits"):
		defaults.RateLimits = rates(p)
	default:
		defaults.Metadata = one(p, "metadata", metadata("stage", "test"), metadata("stage", "production"))
	}
	p.now.class.Defaults = defaults
	p.admin("the class's defaults are "+compact(defaults), p.maybe("at rest"))
}

// forbidKeys has the class refuse every ApiKey there is, and allow them again.
func forbidKeys(p *plot) {
	loose, tight := *p.now.class.DeepCopy(), *p.now.class.DeepCopy()
	tight.KeyPolicy = &v1alpha1.KeyPolicy{MaxLifetime: &metav1.Duration{Duration: time.Hour}}
	keys := p.now.copy().keys
	p.then("the class's keyPolicy becomes "+compact(tight.KeyPolicy)+" for a while", true, func(w *world) {
		w.admin(tight)
		w.settle(0)
		for _, key := range keys {
			w.refused(key, v1alpha1.ReasonNotAllowed)
		}
		w.admin(loose)
	})
}
