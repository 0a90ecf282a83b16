package life

import (
	"fmt"
	"slices"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// workspaceMoves are what people do to the Workspace.
func workspaceMoves() []move {
	return []move{
		{"edit the Workspace", func(p *plot) bool { return len(workspaceFields(p.vendor)) > 0 && !p.paused[workspaceName] }, editWorkspace},
		{"edit the Workspace in vain", func(p *plot) bool { return !p.paused[workspaceName] }, editWorkspaceInVain},
		{"pause or go on with the Workspace", always, func(p *plot) { p.pause(workspaceName, !p.paused[workspaceName]) }},
		{"replace everything", func(p *plot) bool { return len(p.paused) == 0 }, replaceEverything},
		{"ask for a pass", always, func(p *plot) { p.then("somebody asks for a pass of each", false, (*world).poke) }},
	}
}

func always(*plot) bool { return true }

func editWorkspace(p *plot) {
	field, ws := one(p, "field", workspaceFields(p.vendor)...), p.now.workspace
	unset := field.isSet(ws) && p.maybe("unset")
	text := "spec." + field.name + " is taken out of the Workspace"
	if unset {
		field.unset(ws)
	} else {
		field.set(p, ws)
		text = "the Workspace is edited: " + compact(ws.Spec)
	}
	wanted, told := ws.DeepCopy(), slices.Contains([]string{"access", "displayName", "language", "guance.menuStyle"}, field.name)
	p.then(text, told || p.maybe("at rest"), func(w *world) {
		if unset && field.name == "access" {
			w.leaveWorkspace("status")
		}
		w.apply(wanted)
	})
}

// editWorkspaceInVain asks for what the vendor cannot do, and thinks better of it.
func editWorkspaceInVain(p *plot) {
	bad := p.now.workspace.DeepCopy()
	imports := harness.Importable(p.vendor) != "" || p.vendor == harness.Guance
	switch {
	case imports && p.maybe("deletion"):
		bad.Spec.DeletionPolicy = v1alpha1.DeletionDelete
	case p.vendor == harness.Portkey:
		bad.Spec.Language = "en"
	case p.vendor == harness.Guance:
		bad.Spec.Metadata = metadata("team", "a")
	default:
		bad.Spec.Description = "for show"
	}
	good := p.now.workspace.DeepCopy()
	p.then("the Workspace is edited in vain, and set back: "+compact(bad.Spec), true, func(w *world) {
		w.apply(bad)
		w.refused(bad, v1alpha1.ReasonUnsupported)
		w.apply(good)
	})
}

// replaceEverything deletes all and applies it anew, one waiting for the other as the operator says.
func replaceEverything(p *plot) {
	before := p.now.copy()
	if p.vendor == harness.Portkey || p.vendor == harness.Groundfloor {
		p.now.workspace.Spec.DeletionPolicy = one[v1alpha1.DeletionPolicy](p, "deletionPolicy", "", v1alpha1.DeletionDelete, v1alpha1.DeletionRetain)
	}
	after := p.now.copy()
	p.then(fmt.Sprintf("everything is deleted, and applied anew, the Workspace with deletionPolicy %q", after.workspace.Spec.DeletionPolicy), p.maybe("at rest"), func(w *world) {
		w.delete(before.objects()...)
		w.apply(after.objects()...)
	})
}

// keyMoves are what people do to ApiKeys.
func keyMoves() []move {
	return []move{
		{"edit an ApiKey", (*plot).hasKeys, editKey},
		{"edit an ApiKey", (*plot).hasKeys, editKey}, // twice as often
		{"edit an ApiKey in vain", func(p *plot) bool { return p.hasKeys() && len(p.paused) == 0 }, editKeyInVain},
		{"pause or go on with an ApiKey", (*plot).hasKeys, func(p *plot) {
			name := p.key().Name
			p.pause(name, !p.paused[name])
		}},
		{"replace an ApiKey", func(p *plot) bool { return p.hasKeys() && len(p.paused) == 0 }, replaceKey},
		{"rotate", (*plot).hasKeys, rotate},
	}
}

// mayReplace reports whether edits may replace the key: one that was replaced has to be gone by the end of the story.
func mayReplace(key *v1alpha1.ApiKey) bool { return key.Spec.Rotation != nil }

func editKey(p *plot) {
	key := p.key()
	fields := slices.DeleteFunc(keyFields(p.vendor), func(f keyField) bool {
		return f.replaces && !mayReplace(key) || f.name == "access" && p.paused[key.Name]
	})
	if len(fields) == 0 {
		return
	}
	field := one(p, "field", fields...)
	unset := field.unset != nil && field.isSet(key) && (mayReplace(key) || field.lasting || field.name == "expiresAt") && p.maybe("unset")
	text, causes := fmt.Sprintf("spec.%s is taken out of ApiKey %q", field.name, key.Name), 0
	if unset {
		field.unset(key)
	} else {
		field.set(p, key)
		text = fmt.Sprintf("ApiKey %q is edited: %s", key.Name, compact(key.Spec))
	}
	if field.replaces || unset && !field.lasting {
		causes = 1
	}
	wanted := key.DeepCopy()
	p.then(text, field.name == "access" || p.maybe("at rest"), func(w *world) {
		w.cause(wanted, causes)
		if unset && field.name == "access" {
			w.leaveKey(wanted, "disabled")
		}
		w.apply(wanted)
	})
}

// editKeyInVain asks for what cannot be, and thinks better of it.
func editKeyInVain(p *plot) {
	key := p.key()
	bad, good, reason := key.DeepCopy(), key.DeepCopy(), v1alpha1.ReasonUnsupported
	if bad.Spec.Secret == nil {
		bad.Spec.Secret = &v1alpha1.SecretTarget{}
	}
	switch one(p, "in vain", "field", "name", "template") {
	case "name":
		bad.Spec.Secret.Name, reason = foreignSecret, v1alpha1.ReasonSecretConflict
	case "template":
		bad.Spec.Secret.Template, reason = map[string]v1alpha1.TemplateText{"broken": "{{ .Nothing }}"}, v1alpha1.ReasonTemplateInvalid
	default:
		switch p.vendor {
		case harness.Portkey:
			bad.Spec.IPAllowlist = []string{"192.0.2.1"}
		case harness.Slaunchx:
			bad.Spec.UsageLimits = usage(p)
		default:
			bad.Spec.Scopes = []string{"logs.list"}
		}
	}
	p.then(fmt.Sprintf("ApiKey %q is edited in vain, and set back: %s", key.Name, compact(bad.Spec)), true, func(w *world) {
		w.apply(bad)
		w.refused(bad, reason)
		w.apply(good)
	})
}

func replaceKey(p *plot) {
	key := p.key()
	before := key.DeepCopy()
	key.Spec.DeletionPolicy = one[v1alpha1.DeletionPolicy](p, "deletionPolicy", "", v1alpha1.DeletionDelete, v1alpha1.DeletionRetain)
	after := key.DeepCopy()
	p.then(fmt.Sprintf("ApiKey %q is deleted, and applied anew with deletionPolicy %q", key.Name, after.Spec.DeletionPolicy), p.maybe("at rest"), func(w *world) {
		w.delete(before)
		w.apply(after)
	})
}

func rotate(p *plot) {
	key := p.key()
	if !mayReplace(key) {
		return
	}
	if key.Annotations == nil {
		key.Annotations = map[string]string{}
	}
	key.Annotations[v1alpha1.AnnotationRotateAt] = fmt.Sprint(len(p.steps))
	p.asks(fmt.Sprintf("ApiKey %q is to be rotated", key.Name), p.maybe("at rest"), key, 1)
}
