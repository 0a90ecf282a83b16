package invariant_test

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// 1 and 2.
func workspaceRows() []row {
	gone := func(s *story) { s.remove(s.ws) }
	return []row{
		{1, holds, "the workspace went with the Workspace", func(s *story) { s.end(s.Workspaces, "w-1"); gone(s) }},
		{1, holds, "deletion froze it", func(s *story) {
			s.Can.Workspace.DeleteFreezes, s.Workspaces[1].Fields = true, map[string]any{"status": "frozen"}
			gone(s)
		}},
		{1, holds, "it was left with Retain", func(s *story) { s.Retained[workspaceUID] = true; gone(s) }},
		{1, holds, "the vendor cannot delete it", func(s *story) { s.Can.Workspace.Delete = false; gone(s) }},
		{1, holds, "another waits to be imported", func(s *story) {
			s.Imported, s.Workspaces = []string{"w-2"}, append(s.Workspaces, invariant.Thing{ID: "w-2"})
		}},
		{1, breaks, "the Workspace is gone and the workspace is not", gone},
		{1, breaks, "it is frozen where deletion does not freeze", func(s *story) { s.Workspaces[1].Fields = map[string]any{"status": "frozen"}; gone(s) }},
		{1, breaks, "there is a second one", func(s *story) { s.Workspaces = append(s.Workspaces, invariant.Thing{ID: "w-2"}) }},
		{1, breaks, "it is gone at the vendor", func(s *story) { s.end(s.Workspaces, "w-1") }},
		{1, breaks, "the Workspace has none", func(s *story) { s.ws.Status.UUID = ""; s.write(s.ws) }},

		{2, holds, "a second one, after the first was heard of", func(s *story) { s.create(workspaceUID) }},
		{2, holds, "a whole list in between", func(s *story) { s.create(workspaceUID).Heard = false; s.listWorkspaces(true); s.create(workspaceUID) }},
		{2, holds, "a whole list of keys in between", func(s *story) { s.issue(keyUID).Heard = false; s.list(true); s.issue(keyUID) }},
		{2, holds, "a person's word", func(s *story) {
			s.create(workspaceUID).Heard = false
			s.Denied[workspaceUID] = true
			s.create(workspaceUID)
		}},
		{2, holds, "it was for another object", func(s *story) { s.create(workspaceUID).Heard = false; s.issue(keyUID) }},
		{2, breaks, "a workspace that was not heard of", func(s *story) { s.create(workspaceUID).Heard = false; s.create(workspaceUID) }},
		{2, breaks, "a key that was not heard of", func(s *story) { s.issue(keyUID).Heard = false; s.issue(keyUID) }},
		{2, breaks, "half a list in between", func(s *story) { s.create(workspaceUID).Heard = false; s.listWorkspaces(false); s.create(workspaceUID) }},
		{2, breaks, "a list of something else in between", func(s *story) { s.create(workspaceUID).Heard = false; s.list(true); s.create(workspaceUID) }},
		{2, breaks, "a list before", func(s *story) { s.list(true); s.issue(keyUID).Heard = false; s.issue(keyUID) }},
	}
}

// 3 and 4.
func keyRows() []row {
	second := func(s *story) { s.Keys = append(s.Keys, s.made(keyUID, 2, "k-2")) }
	rotated := func(s *story) {
		second(s)
		s.secret.Data = s.published(keyUID, "key", "k-2").Data
		s.write(s.secret)
	}
	replaced := func(s *story, livesOn time.Duration) {
		s.Causes[keyUID]++
		metav1.SetMetaDataAnnotation(&s.secret.ObjectMeta, v1alpha1.AnnotationIssuedAt, s.clock.Format(time.RFC3339))
		rotated(s)
		s.clock = s.clock.Add(livesOn)
		s.end(s.Keys, "k-1")
	}
	retiring := func(s *story) {
		s.key.Status.Retiring = []v1alpha1.RetiringKey{{KeyID: "k-1", RevokeAt: metav1.NewTime(s.clock)}}
		s.write(s.key)
	}
	return []row{
		{3, holds, "rotated, and the old one is retiring", func(s *story) { rotated(s); retiring(s) }},
		{3, holds, "rotated, and the old one is gone", func(s *story) { rotated(s); s.end(s.Keys, "k-1") }},
		{3, holds, "left with Retain", func(s *story) { s.Retained[keyUID] = true; s.remove(s.secret); s.remove(s.key) }},
		{3, holds, "somebody else's Secret has the id too", func(s *story) { s.foreign.Data = s.secret.Data; s.write(s.foreign) }},
		{3, breaks, "a second key", second},
		{3, breaks, "rotated, and the old one lives on", rotated},
		{3, breaks, "rotated, and the old one retires for ever", func(s *story) { rotated(s); retiring(s); s.Now = s.clock.Add(time.Hour) }},
		{3, breaks, "the Secret has the value of another key", func(s *story) { s.secret.Data[v1alpha1.SecretKeyAPIKey] = []byte("value of k-2"); s.write(s.secret) }},
		{3, breaks, "the Secret is gone", func(s *story) { s.remove(s.secret) }},
		{3, breaks, "it is in two Secrets", func(s *story) { s.write(s.published(keyUID, "copy", "k-1")) }},
		{3, breaks, "it retires for ever with an ApiKey that is gone", func(s *story) { rotated(s); retiring(s); s.end(s.Keys, "k-2"); s.remove(s.key) }},

		{4, holds, "another value for a cause", func(s *story) { s.Causes[keyUID]++; rotated(s) }},
		{4, holds, "a value that somebody made up", func(s *story) { s.secret.Data[v1alpha1.SecretKeyAPIKey] = []byte("made up"); s.write(s.secret) }},
		{4, holds, "the old one is revoked after its overlap", func(s *story) { replaced(s, 3*time.Minute) }},
		{4, holds, "the old one is revoked with the ApiKey", func(s *story) { s.delete(s.key); replaced(s, time.Minute) }},
		{4, holds, "the overlap was shorter once", func(s *story) {
			s.key.Spec.Rotation = &v1alpha1.Rotation{}
			s.write(s.key)
			s.key.Spec.Rotation = nil
			s.write(s.key)
			replaced(s, time.Minute)
		}},
		{4, breaks, "the old one is revoked too early", func(s *story) { replaced(s, time.Minute) }},
		{4, breaks, "another value", rotated},
		{4, breaks, "another value, and one more than the cause allows", func(s *story) {
			s.Causes[keyUID]++
			rotated(s)
			s.Keys = append(s.Keys, s.made(keyUID, 3, "k-3"))
			s.write(s.published(keyUID, "key", "k-3"))
		}},
		{4, breaks, "another value for another's cause", func(s *story) { s.Causes[otherUID]++; rotated(s) }},
	}
}

// 5.
func publishedRows() []row {
	says := func(s *story) { s.key.Status.DisplayName += "again"; s.write(s.key) }
	return []row{
		{5, holds, "somebody deleted the Secret", func(s *story) { s.Altered[string(s.secret.UID)] = true; s.remove(s.secret); says(s) }},
		{5, holds, "somebody overwrote the id", func(s *story) {
			s.secret.Data[v1alpha1.SecretKeyKeyID] = []byte("made up")
			s.write(s.secret)
			s.Altered[s.secret.ResourceVersion] = true
			says(s)
		}},
		{5, holds, "somebody changes the labels, and the operator says nothing", func(s *story) { s.remove(s.secret); s.key.Labels = map[string]string{"a": "b"}; s.write(s.key) }},
		{5, holds, "it is not Ready", func(s *story) { s.remove(s.secret); s.key.Status.Conditions = nil; says(s) }},
		{5, holds, "Ready is about an earlier spec", func(s *story) { s.remove(s.secret); s.key.Generation++; says(s) }},
		{5, holds, "of several operators one looked before another wrote the Secret", func(s *story) {
			s.Together = true
			s.secret.Data[v1alpha1.SecretKeyKeyID] = []byte("k-2")
			s.write(s.secret)
			says(s)
		}},
		{5, breaks, "of several operators one says anew what is no longer so", func(s *story) {
			s.Together = true
			s.secret.Data[v1alpha1.SecretKeyKeyID] = []byte("k-2")
			s.write(s.secret)
			s.key.Status.KeyID = "k-2"
			s.write(s.key)
			s.key.Status.KeyID = "k-1"
			s.write(s.key)
		}},
		{5, breaks, "the Secret is gone", func(s *story) { s.remove(s.secret); says(s) }},
		{5, breaks, "the Secret has another key", func(s *story) { s.secret.Data[v1alpha1.SecretKeyKeyID] = []byte("k-2"); s.write(s.secret); says(s) }},
		{5, breaks, "the operator wrote that after somebody had", func(s *story) {
			s.Altered[s.secret.ResourceVersion] = true
			s.secret.Data[v1alpha1.SecretKeyKeyID] = []byte("k-2")
			s.write(s.secret)
			says(s)
		}},
		{5, breaks, "status names another Secret", func(s *story) { s.key.Status.Binding.Name = "another"; s.write(s.key) }},
		{5, breaks, "status names a Secret of that name elsewhere", func(s *story) { s.key.Namespace = "elsewhere"; says(s) }},
		{5, breaks, "status names no Secret", func(s *story) { s.key.Status.Binding = nil; s.write(s.key) }},
		{5, breaks, "status names no key", func(s *story) { s.key.Status.KeyID = ""; s.write(s.key) }},
	}
}
