package e2e

import (
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func changes() []scenario {
	s := about("change")
	s.at(harness.Portkey, "every field is set, changed and unset at the vendor", fieldsComeAndGo)
	s.at(harness.Portkey, "of a Workspace that imports: what it never set is left alone", importComesAndGoes)
	s.at(harness.Portkey, "of a class's defaults reaches its Workspaces, and theirs are as they were", defaultsComeAndGo)
	s.at(harness.Portkey, "that unsets a field is seen in lists of short form, too", func(w *World) {
		w.settings(map[string]any{"listShape": "example"})
		fieldsComeAndGo(w)
	})
	s.at(harness.Portkey, "of what never reaches the vendor takes effect here", policyComesAndGoes)
	s.at(harness.Guance, "a description is unset, and what cannot be unset is refused until it is set back", unsetAtGuance)
	s.at(harness.Groundfloor, "what cannot be unset is refused until it is set back, and access is left as it is", unsetAtGroundfloor)
	return s.all
}

func fieldsComeAndGo(w *World) {
	ws := w.readyWorkspace(gen.SetWorkspaceDisplayName("Team A"))
	now := w.portkeyWorkspace
	usage := func(limit int64) []v1alpha1.UsageLimit {
		return []v1alpha1.UsageLimit{{Type: "Cost", CreditLimit: limit}}
	}
	rate := func(value int64) []v1alpha1.RateLimit {
		return []v1alpha1.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: value}}
	}
	for _, field := range []struct {
		name              string
		value, next, none any
		shown             func() any
		as                [3]any
	}{
		{"displayName", "Team B", "Team C", nil, func() any { return now(ws.Status.UUID).Name }, [3]any{"Team B", "Team C", ws.Name}},
		{"description", "what for", "what else", nil, func() any { return *now(ws.Status.UUID).Description }, [3]any{"what for", "what else", ""}},
		{"metadata", map[string]any{"a": "1"}, map[string]any{"a": "2"}, nil, func() any { return now(ws.Status.UUID).Metadata["a"] }, [3]any{"1", "2", ""}},
		{"usageLimits", usage(10), usage(20), nil, func() any { return len(now(ws.Status.UUID).UsageLimits) }, [3]any{1, 1, 0}},
		{"rateLimits", rate(5), rate(6), nil, func() any { return len(now(ws.Status.UUID).RateLimits) }, [3]any{1, 1, 0}},
	} {
		for i, value := range []any{field.value, field.next, field.none} {
			w.edited(ws, portkeyUpdate, map[string]any{field.name: value})
			w.Expect(field.shown()).To(Equal(field.as[i]), "%s as %v", field.name, value)
		}
		if field.name != "displayName" {
			w.Expect(ws.Status.Applied).NotTo(HaveKey(field.name))
		}
	}
	w.Expect(now(ws.Status.UUID).Metadata).To(HaveLen(1), "the mark stays")
	w.Expect(w.created()).To(Equal(1))
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.nothingLeft()
}

func importComesAndGoes(w *World) {
	id := w.importable("first")
	w.change("workspaces", id, map[string]any{"description": "by hand", "metadata": map[string]string{"by": "hand"}})
	class := w.class(gen.SetWorkspaceClassImportableIDs("*"), gen.SetWorkspaceClassDefaults(v1alpha1.WorkspaceDefaults{Metadata: map[string]v1alpha1.MetadataValue{"from": "the class"}}))
	ws := w.workspace("workspace", class, gen.SetWorkspaceExternalID(id))
	w.h.WaitReady(w, ws)
	w.Expect(ws.Status.Applied).To(BeEmpty())
	w.Expect(w.writes()).To(BeZero(), "what the spec leaves open stays as it is")
	w.edited(ws, portkeyUpdate, map[string]any{"usageLimits": []v1alpha1.UsageLimit{{Type: "Cost", CreditLimit: 10}}})
	w.edited(ws, portkeyUpdate, map[string]any{"usageLimits": nil})
	seen := w.portkeyWorkspace(id)
	w.Expect(seen.UsageLimits).To(BeEmpty())
	w.Expect(*seen.Description).To(Equal("by hand"))
	w.Expect(seen.Metadata).To(Equal(map[string]string{"by": "hand"}))
	w.edited(ws, portkeyUpdate, map[string]any{"displayName": "Team A"})
	w.patch(ws, map[string]any{"spec": map[string]any{"displayName": nil}})
	w.refused(ws, v1alpha1.ReasonUnsupported, "spec.displayName", "taken out")
	w.patch(ws, map[string]any{"spec": map[string]any{"displayName": "Team A"}})
	w.h.WaitReady(w, ws)
}

func defaultsComeAndGo(w *World) {
	defaults := func(cost, limit any) map[string]any {
		return map[string]any{"spec": map[string]any{"defaults": map[string]any{"metadata": map[string]any{"cost": cost}, "rateLimits": limit}}}
	}
	class := w.class(gen.SetWorkspaceClassDefaults(v1alpha1.WorkspaceDefaults{Metadata: map[string]v1alpha1.MetadataValue{"cost": "1"}}))
	silent := w.workspace("silent", class)
	outspoken := w.workspace("outspoken", class, gen.SetWorkspaceRateLimits(v1alpha1.RateLimit{Type: "Tokens", Unit: "PerDay", Value: 7}), gen.AddWorkspaceMetadata("cost", "mine"))
	w.h.WaitReady(w, silent, outspoken)
	mine := w.portkeyWorkspace(outspoken.Status.UUID)
	now := func() []any {
		seen := w.portkeyWorkspace(silent.Status.UUID)
		return []any{seen.Metadata["cost"], len(seen.RateLimits)}
	}
	w.Expect(now()).To(Equal([]any{"1", 0}))
	w.patch(class, defaults("2", []v1alpha1.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 5}}))
	w.Eventually(now).Should(Equal([]any{"2", 1}))
	w.patch(class, map[string]any{"spec": map[string]any{"defaults": nil}})
	w.Eventually(now).Should(Equal([]any{"", 0}), "a default that goes is cleared, where nobody set it")
	w.poke(silent, outspoken)
	w.h.WaitReady(w, silent, outspoken)
	seen := w.portkeyWorkspace(outspoken.Status.UUID)
	w.Expect(seen.RateLimits).To(Equal(mine.RateLimits))
	w.Expect(seen.Metadata).To(Equal(mine.Metadata))
	w.get(silent)
	w.Expect(silent.Spec.Metadata).To(BeEmpty(), "the operator never writes spec")
}

func policyComesAndGoes(w *World) {
	ws := w.readyWorkspace(gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionRetain))
	before := w.writes()
	w.patch(ws, map[string]any{"spec": map[string]any{"deletionPolicy": v1alpha1.DeletionDelete}})
	w.h.WaitReady(w, ws)
	w.patch(ws, map[string]any{"spec": map[string]any{"deletionPolicy": nil}})
	w.h.WaitReady(w, ws)
	w.Expect(w.writes()).To(Equal(before))
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.nothingLeft()
}

func unsetAtGuance(w *World) {
	ws := w.readyWorkspace(gen.SetWorkspaceDisplayName("Team A"), gen.SetWorkspaceDescription("what for"), gen.SetWorkspaceLanguage("en"),
		gen.SetWorkspaceGuance(v1alpha1.GuanceWorkspace{MenuStyle: "Testing"}))
	w.edited(ws, guanceModify, map[string]any{"description": nil})
	name, description := w.shown(ws)
	w.Expect([]string{name, description}).To(Equal([]string{"Team A", ""}))
	before := w.writes()
	for field, edit := range map[string][2]map[string]any{
		"spec.language":         {{"language": nil}, {"language": "en"}},
		"spec.guance.menuStyle": {{"guance": nil}, {"guance": map[string]any{"menuStyle": "Testing"}}},
	} {
		w.patch(ws, map[string]any{"spec": edit[0]})
		w.refused(ws, v1alpha1.ReasonUnsupported, field, "taken out", w.vendor)
		w.patch(ws, map[string]any{"spec": edit[1]})
		w.h.WaitReady(w, ws)
	}
	w.Expect(w.writes()).To(Equal(before))
}

func unsetAtGroundfloor(w *World) {
	class := w.class(gen.SetWorkspaceClassResyncInterval(time.Second))
	ws := w.workspace("workspace", class, gen.SetWorkspaceDisplayName("Team A"), gen.SetWorkspaceAccess(v1alpha1.AccessFrozen))
	w.h.WaitReady(w, ws)
	before := w.writes()
	w.patch(ws, map[string]any{"spec": map[string]any{"displayName": nil}})
	w.refused(ws, v1alpha1.ReasonUnsupported, "spec.displayName", "taken out", w.vendor)
	w.patch(ws, map[string]any{"spec": map[string]any{"displayName": "Team A", "access": nil}})
	w.refused(ws, v1alpha1.ReasonFrozen, "spec.access")
	w.Expect(harness.Condition(ws, v1alpha1.ConditionSynced)).To(HaveField("Status", metav1.ConditionFalse))
	w.Expect(w.writes()).To(Equal(before), "access left out is left as it is")
	w.Expect(w.frozen(ws.Status.UUID)()).To(BeTrue())
}
