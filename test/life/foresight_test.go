package life

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// foresee changes what is expected by what the API says a way leaves behind: nothing else may differ.
func (w *world) foresee(last cast, expected, actual ending) {
	ws := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: workspaceName}}
	if !w.read(ws) {
		return
	}
	w.foreseeFixed(last, ws, expected[ws.Name], actual[ws.Name])
	w.foreseeKept(ws.Status.UUID, expected[ws.Name])
	w.foreseeFrozen(ws, expected[ws.Name])
	for _, wanted := range last.keys {
		key := wanted.DeepCopy()
		if !w.read(key) || expected[key.Name] == nil {
			continue
		}
		if !harness.IsReady(ws) && len(key.Finalizers) == 0 && w.capabilities().Key.Issue {
			expected[key.Name] = waiting()
			continue
		}
		for _, c := range w.kept[key.Status.KeyID] {
			if c.field != "" && c.field != "access" && w.insistsOnKey(key, c.field) {
				fieldsOf(expected[key.Name], "conditions")[v1alpha1.ConditionSynced] = "False " + v1alpha1.ReasonDrifted
			}
			if name, renamed := c.fields["name"]; renamed {
				fieldsOf(expected[key.Name], "status")["displayName"] = name
			}
			if disabled, told := c.fields["disabled"].(bool); told && disabled {
				fieldsOf(expected[key.Name], "status")["state"] = fieldsOf(actual[key.Name], "status")["state"]
			}
		}
		w.foreseeKept(key.Status.KeyID, expected[key.Name])
	}
}

// foreseeFrozen is a workspace that somebody froze at the vendor and of which the spec leaves it open. What the spec asks for in vain is said first.
func (w *world) foreseeFrozen(ws *v1alpha1.Workspace, expected map[string]any) {
	if status, _ := fieldsOf(expected, "vendor")["status"].(string); !w.capabilities().Workspace.Freeze || ws.Spec.Access != "" || status != "frozen" {
		return
	}
	fieldsOf(expected, "status")["state"] = "frozen"
	if conditions := fieldsOf(expected, "conditions"); conditions[v1alpha1.ConditionReady] != "False "+v1alpha1.ReasonUnsupported {
		says(expected, "False Frozen", "Stalled")
		conditions[v1alpha1.ConditionSynced] = "False Frozen"
	}
}

// waiting is how an ApiKey stands for which none was issued before its Workspace came to stand still.
func waiting() map[string]any {
	return map[string]any{
		"finalizers": []string(nil), "status": map[string]any{}, "vendor": map[string]any(nil), "secrets": map[string]any{}, "live keys": 0,
		"conditions": map[string]any{
			v1alpha1.ConditionAccountReady: "Unknown " + v1alpha1.ReasonWorkspaceNotReady, v1alpha1.ConditionReady: "False " + v1alpha1.ReasonWorkspaceNotReady,
			v1alpha1.ConditionReconciling: "True " + v1alpha1.ReasonWorkspaceNotReady, v1alpha1.ConditionSynced: "False " + v1alpha1.ReasonWorkspaceNotReady,
			v1alpha1.ConditionPublished: "False " + v1alpha1.ReasonWorkspaceNotReady,
		},
	}
}

// foreseeKept is what was changed at the vendor where the spec leaves it open, or where the vendor cannot change it back.
func (w *world) foreseeKept(id string, expected map[string]any) {
	for _, c := range w.kept[id] {
		for name, value := range w.plain(c.fields) {
			fieldsOf(expected, "vendor")[name] = value
		}
	}
}

// foreseeFixed is what the vendor cannot change once the workspace exists: it stays as it was when it was made. If the spec says otherwise by now, or no longer says what
// it said, that is told.
func (w *world) foreseeFixed(last cast, ws *v1alpha1.Workspace, expected, actual map[string]any) {
	can := w.capabilities().Workspace
	vendorNames := map[string]string{"displayName": "name", "language": "language", "guance.menuStyle": "menuStyle"}
	for _, field := range workspaceFields(w.vendor) {
		name := vendorNames[field.name]
		if can.Changes(field.name) || name == "" {
			continue
		}
		wanted, is := fieldsOf(expected, "vendor")[name], fieldsOf(actual, "vendor")[name]
		if wanted == is {
			continue
		}
		fieldsOf(expected, "vendor")[name] = is
		if is == nil {
			delete(fieldsOf(expected, "vendor"), name)
		}
		if field.isSet(last.workspace) || w.everAsked(ws, field.name, is) {
			says(expected, "False "+v1alpha1.ReasonUnsupported, "Stalled")
			fieldsOf(expected, "conditions")[v1alpha1.ConditionSynced] = "False " + v1alpha1.ReasonNotApplied
			fieldsOf(expected, "status")["applied"] = fieldsOf(actual, "status")["applied"]
		}
	}
}

// everAsked reports whether the Workspace itself, and not its class, ever asked for the value that the field has at the vendor.
func (w *world) everAsked(ws *v1alpha1.Workspace, field string, value any) bool {
	for _, v := range w.history() {
		past, isWorkspace := v.Object.(*v1alpha1.Workspace)
		if !isWorkspace || past.UID != ws.UID {
			continue
		}
		own := map[string]string{"displayName": past.Spec.DisplayName, "language": past.Spec.Language}
		if past.Spec.Guance != nil {
			own["guance.menuStyle"] = past.Spec.Guance.MenuStyle
		}
		if own[field] != "" && own[field] == value {
			return true
		}
	}
	return false
}

// says has the conditions say that the object is not Ready, and why.
func says(object map[string]any, ready, abnormal string) {
	conditions := fieldsOf(object, "conditions")
	_, reason, _ := strings.Cut(ready, " ")
	conditions[v1alpha1.ConditionReady], conditions[abnormal] = ready, "True "+reason
}

func fieldsOf(object map[string]any, name string) map[string]any {
	fields, ok := object[name].(map[string]any)
	if object == nil {
		return map[string]any{}
	}
	if !ok || fields == nil {
		fields = map[string]any{}
		object[name] = fields
	}
	return fields
}
