package invariant_test

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// 6 and 7.
func foreignRows() []row {
	written := func(s *story, namespace, fields string, labels map[string]string) {
		s.write(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: "nobody's", UID: "uid-of-nobody's", Labels: labels, ManagedFields: []metav1.ManagedFieldsEntry{s.wrote(fields)},
		}})
	}
	ours := map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}
	const data, labels, finalizers = `{"f:data":{"f:apiKey":{}}}`, `{"f:metadata":{"f:labels":{}}}`, `{"f:metadata":{"f:finalizers":{}}}`
	return []row{
		{6, holds, "the operator's own record", func(s *story) { written(s, home, data, ours) }},
		{6, holds, "credentials are marked as in use", func(s *story) { written(s, home, finalizers, nil) }},
		{6, breaks, "somebody else's was written to", func(s *story) { s.write(s.foreign) }},
		{6, breaks, "somebody else's is gone", func(s *story) { s.remove(s.foreign) }},
		{6, breaks, "nobody's was written to", func(s *story) { written(s, team, data, nil) }},
		{6, breaks, "nobody's with our label was written to", func(s *story) { written(s, team, data, ours) }},
		{6, breaks, "nobody's was labelled", func(s *story) { written(s, team, labels, nil) }},
		{6, breaks, "nobody's got a finalizer", func(s *story) { written(s, team, finalizers, nil) }},
		{6, breaks, "credentials were written to", func(s *story) { written(s, home, data, nil) }},
		{6, breaks, "credentials were labelled", func(s *story) { written(s, home, labels, nil) }},
		{6, breaks, "credentials were labelled and marked", func(s *story) { written(s, home, `{"f:metadata":{"f:finalizers":{},"f:labels":{}}}`, nil) }},

		{7, holds, "a stranger was read", func(s *story) { s.ask("GET", "/api-keys/{id}", "/api-keys/k-theirs", "") }},
		{7, holds, "a key of what was imported, whose id is longer", func(s *story) {
			s.Imported = []string{"w-theirs-imported"}
			s.issue(keyUID).Body += " w-theirs-imported"
		}},
		{7, breaks, "a stranger was to be deleted", func(s *story) { s.ask("DELETE", "/api-keys/{id}", "/api-keys/k-theirs", "") }},
		{7, breaks, "a stranger was to be deleted by a read", func(s *story) {
			s.ask("GET", "/api/v1/workspace/accesskey/{ak_uuid}/delete", "/api/v1/workspace/accesskey/k-theirs/delete", "")
		}},
		{7, breaks, "a stranger was named in a query", func(s *story) { s.ask("DELETE", "/api-keys/{id}", "/api-keys/k-1", "").Query = "id=k-theirs" }},
		{7, breaks, "a key was to be issued in a stranger", func(s *story) { s.issue(keyUID).Body += " w-theirs" }},
		{7, breaks, "a stranger is not as it was", func(s *story) { s.Keys[0].Fields = map[string]any{"name": "ours"} }},
		{7, breaks, "a stranger is gone", func(s *story) { s.end(s.Workspaces, "w-theirs") }},
		{7, breaks, "a stranger was forgotten", func(s *story) { s.Keys = s.Keys[1:] }},
	}
}

// 8, 9 and 10.
func finalizerRows() []row {
	another := func() *v1alpha1.ApiKey {
		return &v1alpha1.ApiKey{ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: "another", UID: otherUID, Generation: 1}}
	}
	removal := func(s *story) *invariant.Request {
		return s.ask("DELETE", "/admin/workspaces/{workspaceId}", "/v1/admin/workspaces/w-1", "")
	}
	return []row{
		{8, holds, "another, with its finalizer first", func(s *story) { s.hold(another()); s.issue(otherUID) }},
		{8, holds, "the key went before the ApiKey", func(s *story) { s.end(s.Keys, "k-1"); s.remove(s.key) }},
		{8, holds, "the key was left with Retain", func(s *story) { s.Retained[keyUID] = true; s.remove(s.key) }},
		{8, breaks, "the ApiKey is gone and the key is not", func(s *story) { s.remove(s.key) }},
		{8, breaks, "issued before there was a finalizer", func(s *story) { key := another(); s.write(key); s.issue(otherUID); s.hold(key) }},
		{8, breaks, "issued without a finalizer", func(s *story) { s.write(another()); s.issue(otherUID) }},
		{8, breaks, "created without a finalizer", func(s *story) {
			s.write(&v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: "another", UID: otherUID}})
			s.create(otherUID)
		}},

		{9, holds, "after the last key", func(s *story) { s.end(s.Keys, "k-1"); removal(s) }},
		{9, holds, "the vendor has refused it", func(s *story) { removal(s).Changed = false }},
		{9, holds, "the key was to be left", func(s *story) { s.Retained[keyUID] = true; removal(s) }},
		{9, breaks, "while a key lives", func(s *story) { removal(s) }},
		{9, breaks, "before the last key", func(s *story) { removal(s); s.end(s.Keys, "k-1") }},

		{10, holds, "the ApiKey was deleted, and is gone", func(s *story) { s.delete(s.key); s.remove(s.key) }},
		{10, breaks, "the ApiKey was deleted, and is there", func(s *story) { s.delete(s.key) }},
		{10, breaks, "the Workspace was deleted, and is there", func(s *story) { s.delete(s.ws) }},
		{10, breaks, "the Secret was deleted, and is there", func(s *story) { s.delete(s.secret) }},
	}
}

// 12 and 15.
func orderRows() []row {
	revoke := func(s *story) { s.ask("DELETE", "/api-keys/{id}", "/api-keys/k-1", "") }
	return []row{
		{12, holds, "a list since worked", func(s *story) { s.list(false); s.list(true); s.issue(keyUID) }},
		{12, holds, "the list that failed was of workspaces", func(s *story) { s.listWorkspaces(false); s.issue(keyUID) }},
		{12, holds, "the list may have been another ApiKey's", func(s *story) {
			s.write(&v1alpha1.ApiKey{ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: "another", UID: otherUID}})
			s.list(false)
			s.issue(keyUID)
		}},
		{12, holds, "the list that failed was somebody else's", func(s *story) { s.list(false); s.issue(keyUID).Sender = "another" }},
		{12, breaks, "issued after a list that failed", func(s *story) { s.list(false); s.issue(keyUID) }},
		{12, breaks, "revoked after a list that failed", func(s *story) { s.list(false); revoke(s) }},
		{12, breaks, "revoked after a read of one that failed", func(s *story) { s.ask("GET", "/api-keys/{id}", "/api-keys/k-1", "").Whole = false; revoke(s) }},

		{15, holds, "two ApiKeys with a Secret each", func(s *story) { s.write(s.published(otherUID, "another", "k-2")) }},
		{15, holds, "another ApiKey's Secret under the name of one that is gone", func(s *story) {
			s.remove(s.secret)
			next := s.published(otherUID, "key", "k-2")
			next.UID = "uid-of-the-next"
			s.write(next)
		}},
		{15, breaks, "a Secret passes to another ApiKey", func(s *story) { s.write(s.published(otherUID, "key", "k-2")) }},
		{15, breaks, "a Secret is let go", func(s *story) { s.secret.OwnerReferences = nil; s.write(s.secret) }},
	}
}

// 14.
func statusRows() []row {
	ahead := func(s *story) { s.ws.Status.ObservedGeneration, s.ws.Status.Conditions = 2, s.ready(2); s.write(s.ws) }
	return []row{
		{14, holds, "the spec was edited", func(s *story) { s.ws.Generation = 2; s.write(s.ws) }},
		{14, holds, "and the status follows", func(s *story) { s.ws.Generation = 2; ahead(s) }},
		{14, holds, "it was looked at before", func(s *story) { ahead(s); s.Looked = s.number }},
		{14, breaks, "Ready is for an earlier spec than the status", func(s *story) { s.ws.Generation, s.ws.Status.ObservedGeneration = 2, 2; s.write(s.ws) }},
		{14, breaks, "the status is ahead of the spec", ahead},
		{14, breaks, "an ApiKey's is", func(s *story) {
			s.key.Status.ObservedGeneration, s.key.Status.Conditions = 2, s.ready(2)
			s.write(s.key)
		}},
		{14, breaks, "a class's is", func(s *story) {
			class := &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: "class", UID: "uid-of-the-class", Generation: 1}}
			class.Status.ObservedGeneration, class.Status.Conditions = 2, s.ready(2)
			s.write(class)
		}},
		{14, breaks, "it was looked at, and says nothing at all", func(s *story) { s.ws.Status.Conditions = nil; s.write(s.ws) }},
		{14, breaks, "a condition says nothing", func(s *story) { s.ws.Status.Conditions[0].Message = ""; s.write(s.ws) }},
	}
}
