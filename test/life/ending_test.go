package life

import (
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// ending is how everything stands, by the names of the objects, without ids, times and numbers: what two places have in common where the same is asked for.
type ending map[string]map[string]any

// compare holds the end of the story against a place where nothing else ever happened than that the last specs were applied.
func (w *world) compare(st story) {
	fresh := w.stage.world(w.vendor)
	var expected ending
	failure := fresh.Run(func() {
		fresh.begin(st.last)
		fresh.rest()
		expected = fresh.ending()
		fresh.end(st.last)
	})
	if failure != "" {
		w.Fatalf("where only the last specs are applied, in %s:\n%s\n%s", fresh.now, failure, fresh.conversation())
	}
	actual := w.ending()
	w.foresee(st.last, expected, actual)
	if difference := cmp.Diff(expected, actual); difference != "" {
		w.Fatalf("the end of the story is not that of somebody who applies the last specs to an empty place (-), but (+):\n%s\n%s", difference, w.showAll())
	}
}

func (w *world) showAll() string {
	var all []string
	for _, object := range w.objects() {
		all = append(all, compact(object))
	}
	for _, kind := range []string{"workspaces", "keys"} {
		for _, each := range w.seen(kind) {
			all = append(all, compact(each.Fields))
		}
	}
	return strings.Join(all, "\n")
}

// ending is how everything stands here.
func (w *world) ending() ending {
	all := ending{}
	for _, object := range w.objects() {
		switch o := object.(type) {
		case *v1alpha1.Workspace:
			all[o.Name] = map[string]any{
				"finalizers": o.Finalizers, "conditions": summary(o.Status.Conditions), "status": w.plain(workspaceStatus(o.Status)),
				"vendor": w.plainWorkspace(o.Status.UUID),
			}
		case *v1alpha1.ApiKey:
			all[o.Name] = map[string]any{
				"finalizers": o.Finalizers, "conditions": summary(o.Status.Conditions), "status": w.plain(w.keyStatus(o)),
				"vendor": w.plainKey(o), "secrets": w.plainSecrets(o), "live keys": w.liveKeys(o),
			}
		}
	}
	return all
}

func summary(conditions []metav1.Condition) map[string]any {
	all := map[string]any{}
	for _, c := range conditions {
		all[c.Type] = string(c.Status) + " " + c.Reason
	}
	return all
}

// workspaceStatus is the status without what is another one each time, and without what the vendor tells in one answer only, which may be lost.
func workspaceStatus(status v1alpha1.WorkspaceStatus) v1alpha1.WorkspaceStatus {
	status = *status.DeepCopy()
	status.Conditions, status.ObservedGeneration, status.LastHandledReconcileAt = nil, 0, ""
	status.UUID, status.Slug, status.ClassName, status.ProvisioningRunID = present(status.UUID), present(status.Slug), "", ""
	status.AccountID, status.CreatedAt, status.UpdatedAt = present(status.AccountID), nil, nil
	for i := range status.Environments {
		status.Environments[i].ID = present(status.Environments[i].ID)
	}
	return status
}

// present stands for a text that is another one each time.
func present(text string) string {
	if text == "" {
		return ""
	}
	return "some"
}

// keyStatus is the status without what is another one each time. The end of a lifetime counts from the key's issue.
func (w *world) keyStatus(key *v1alpha1.ApiKey) v1alpha1.ApiKeyStatus {
	status := *key.Status.DeepCopy()
	status.DisplayName = plainName(status.DisplayName)
	status.Conditions, status.ObservedGeneration, status.LastHandledReconcileAt = nil, 0, ""
	status.KeyID, status.Fingerprint = present(status.KeyID), present(status.Fingerprint)
	if key.Spec.Lifetime != nil && status.ExpiresAt != nil && status.CreatedAt != nil {
		lives := status.ExpiresAt.Sub(status.CreatedAt.Time).Round(time.Minute * 5)
		status.ExpiresAt = &metav1.Time{Time: time.Unix(0, 0).Add(lives)}
	}
	status.CreatedAt, status.RotatesAt, status.Retiring = nil, nil, nil
	return status
}

// plain is a value as JSON has it, without what is empty: whether a vendor writes null or nothing is nobody's business.
func (w *world) plain(value any) map[string]any {
	text, err := json.Marshal(value)
	w.must(nil, err)
	var fields map[string]any
	w.must(nil, json.Unmarshal(text, &fields))
	for name, value := range fields {
		switch v := value.(type) {
		case nil:
			delete(fields, name)
		case string:
			if v == "" {
				delete(fields, name)
			}
		case []any:
			if len(v) == 0 {
				delete(fields, name)
			}
		case map[string]any:
			if len(v) == 0 {
				delete(fields, name)
			}
		}
	}
	return fields
}

// plainName is the readable part of a name that ends with a mark.
func plainName(name string) string {
	if mark, ok := provider.ParseKeyName(name); ok {
		return strings.TrimSuffix(name, "-"+mark.String())
	}
	return name
}

// plainWorkspace is the vendor's workspace without what is another one each time.
func (w *world) plainWorkspace(id string) map[string]any {
	live := w.alive("workspaces", id)
	if live == nil {
		return nil
	}
	fields := w.plain(live.Fields)
	if metadata, ok := fields["metadata"].(map[string]any); ok {
		delete(metadata, "workspace_operator_owner")
		if len(metadata) == 0 {
			delete(fields, "metadata")
		}
	}
	if parts, ok := fields["environments"].([]any); ok {
		fields["environments"] = len(parts)
	}
	for _, volatile := range []string{
		"id", "uuid", "slug", "token", "cliToken", "databaseUUID", "searchUUID", "creator", "updator", "createdAt", "updatedAt", "lastUpdatedAt",
		"events", "frozenAt", "retentionUntil", "institutionID", "entityID", "hiddenLists", "staleReads", "stale",
	} {
		delete(fields, volatile)
	}
	return fields
}

// plainKey does the same for the ApiKey's live key.
func (w *world) plainKey(key *v1alpha1.ApiKey) map[string]any {
	live := w.alive("keys", key.Status.KeyID)
	if live == nil {
		return nil
	}
	fields := w.plain(live.Fields)
	fields["name"] = plainName(live.Name)
	if key.Spec.Lifetime != nil && fields["expiresAt"] != nil {
		fields["expiresAt"] = "after its lifetime" // status is compared to the minute
	}
	if limits, ok := fields["usageLimits"].(map[string]any); ok {
		delete(limits, "nextUsageReset")
	}
	for _, volatile := range []string{
		"id", "uuid", "secret", "sk", "workspaceID", "workspaceUUID", "userID", "creator", "updator", "createdBy", "createdAt", "updatedAt", "lastUpdatedAt",
		"hiddenLists", "staleReads", "stale",
	} {
		delete(fields, volatile)
	}
	return fields
}

// liveKeys is how many keys of the ApiKey live at the vendor, without those that it says are retiring.
func (w *world) liveKeys(key *v1alpha1.ApiKey) int {
	number := 0
	ids := map[string]bool{key.Status.KeyID: true}
	for _, each := range (&invariant.Evidence{Keys: w.seen("keys")}).KeysOf(key.UID) {
		ids[each.ID] = true
	}
	for _, old := range key.Status.Retiring {
		delete(ids, old.KeyID)
	}
	for id := range ids {
		if w.alive("keys", id) != nil {
			number++
		}
	}
	return number
}

// plainSecrets are the Secrets of the ApiKey, by name, with words for what is another one each time. The value is the one that the vendor issued.
func (w *world) plainSecrets(key *v1alpha1.ApiKey) map[string]any {
	list := &corev1.SecretList{}
	w.must(nil, w.h.Client.List(w.Context(), list))
	all := map[string]any{}
	for _, secret := range list.Items {
		if secret.Namespace != w.ns || !metav1.IsControlledBy(&secret, key) {
			continue
		}
		words := []string{key.Status.KeyID, "the id"}
		if live := w.alive("keys", key.Status.KeyID); live != nil {
			words = append(words, live.Value, "the value")
		}
		data := map[string]any{}
		for name, value := range secret.Data {
			text := strings.NewReplacer(append(words, w.uuid(), "the uuid", w.v.Endpoint(w.vendor), "the endpoint")...).Replace(string(value))
			data[name] = text
		}
		notes := maps.Clone(secret.Annotations)
		for _, volatile := range []string{v1alpha1.AnnotationIssuedAt, v1alpha1.AnnotationIssuedFor, v1alpha1.AnnotationKeyName, v1alpha1.AnnotationFingerprint} {
			notes[volatile] = present(notes[volatile])
		}
		all[secret.Name] = map[string]any{"data": data, "labels": secret.Labels, "annotations": notes, "type": string(secret.Type), "owners": len(secret.OwnerReferences)}
	}
	return all
}

// uuid is that of the Workspace; a word that occurs nowhere if there is none.
func (w *world) uuid() string {
	ws := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: workspaceName}}
	if w.read(ws) && ws.Status.UUID != "" {
		return ws.Status.UUID
	}
	return "there is no uuid"
}
