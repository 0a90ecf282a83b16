package invariant_test

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// The places and the UIDs in every story.
const (
	team, home = "team", "operator"

	workspaceUID types.UID = "uid-of-the-workspace"
	keyUID       types.UID = "uid-of-the-key"
	otherUID     types.UID = "uid-of-another-key"
)

// story is evidence while it comes about: every version and every request is a second later than the one before.
type story struct {
	invariant.Evidence
	clock   time.Time
	number  int64
	ws      *v1alpha1.Workspace
	key     *v1alpha1.ApiKey
	secret  *corev1.Secret
	foreign *corev1.Secret
}

// tell is what happens where nothing goes wrong: a Workspace and an ApiKey become Ready, among what is somebody else's.
func tell() *story {
	s := &story{clock: time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)}
	s.Vendor, s.Home, s.Can.Workspace.Delete = "portkey", home, true
	s.Causes, s.Retained, s.Denied, s.Altered = map[types.UID]int{}, map[types.UID]bool{}, map[types.UID]bool{}, map[string]bool{}
	s.Workspaces, s.Keys = []invariant.Thing{{ID: "w-theirs"}}, []invariant.Thing{{ID: "k-theirs", Workspace: "w-theirs"}}
	s.Strangers = []invariant.Thing{s.Workspaces[0], s.Keys[0]}
	s.foreign = &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: "theirs", UID: "uid-of-their-secret"}}
	s.write(s.foreign)
	s.Secrets = []*corev1.Secret{s.foreign.DeepCopy()}

	s.ws = &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: "workspace", UID: workspaceUID, Generation: 1}}
	s.hold(s.ws)
	s.create(workspaceUID)
	s.Workspaces = append(s.Workspaces, invariant.Thing{ID: "w-1"})
	s.ws.Status.UUID, s.ws.Status.ObservedGeneration, s.ws.Status.Conditions = "w-1", 1, s.ready(1)
	s.write(s.ws)

	s.key = &v1alpha1.ApiKey{ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: "key", UID: keyUID, Generation: 1}}
	s.hold(s.key)
	s.list(true)
	s.issue(keyUID)
	s.Keys = append(s.Keys, s.made(keyUID, 1, "k-1"))
	s.secret = s.published(keyUID, "key", "k-1")
	s.write(s.secret)
	s.key.Status.KeyID, s.key.Status.Binding, s.key.Status.ObservedGeneration, s.key.Status.Conditions = "k-1", &v1alpha1.Binding{Name: "key"}, 1, s.ready(1)
	s.write(s.key)
	return s
}

func (s *story) tick() time.Time {
	s.clock = s.clock.Add(time.Second)
	s.Now = s.clock.Add(time.Second)
	return s.clock
}

// write adds a version of the object as it is now, and remove one that says that it is gone.
func (s *story) write(object client.Object)  { s.note(object, false) }
func (s *story) remove(object client.Object) { s.note(object, true) }

func (s *story) note(object client.Object, gone bool) {
	s.tick()
	s.number++
	object.SetResourceVersion(time.Duration(s.number).String())
	//nolint:forcetypeassert // the copy of an object is one
	s.Versions = append(s.Versions, invariant.Version{Number: s.number, Gone: gone, Object: object.DeepCopyObject().(client.Object)})
}

// hold writes the object with the operator's finalizer.
func (s *story) hold(object client.Object) {
	s.tick()
	object.SetFinalizers([]string{v1alpha1.Finalizer})
	object.SetManagedFields([]metav1.ManagedFieldsEntry{s.wrote(`{"f:metadata":{"f:finalizers":{}}}`)})
	s.write(object)
}

// wrote is what the API server notes when the operator writes the fields.
func (s *story) wrote(fields string) metav1.ManagedFieldsEntry {
	entry := metav1.ManagedFieldsEntry{Manager: engine.FieldManager, Time: &metav1.Time{Time: s.clock}, FieldsV1: &metav1.FieldsV1{}}
	entry.FieldsV1.SetRawBytes([]byte(fields))
	return entry
}

// delete writes that somebody has deleted the object, which is still there.
func (s *story) delete(object client.Object) {
	object.SetDeletionTimestamp(&metav1.Time{Time: s.tick()})
	s.write(object)
}

// ready is Ready for a spec.
func (s *story) ready(generation int64) []metav1.Condition {
	return []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: "Available", Message: "It can be used.",
		ObservedGeneration: generation, LastTransitionTime: metav1.Time{Time: s.clock},
	}}
}

// ask adds a request, and gives it to be changed.
func (s *story) ask(method, route, path, body string) *invariant.Request {
	s.Requests = append(s.Requests, invariant.Request{
		Entry: journal.Entry{
			ID: int64(len(s.Requests)) + 1, Time: s.tick(), Vendor: s.Vendor, Method: method, Route: route, Path: path, Body: body, Done: true, Status: 200, Worked: true,
			Changed: method != "GET",
		},
		Heard: true, Whole: true,
	})
	return &s.Requests[len(s.Requests)-1]
}

func (s *story) create(uid types.UID) *invariant.Request {
	return s.ask("POST", "/admin/workspaces", "/admin/workspaces", provider.MarkFor(string(uid)).Owner())
}

func (s *story) issue(uid types.UID) *invariant.Request {
	return s.ask("POST", "/api-keys/{type}/{sub-type}", "/api-keys/workspace/service", provider.MarkFor(string(uid)).Owner())
}

func (s *story) list(whole bool) {
	s.ask("GET", "/api-keys", "/api-keys", "").Whole = whole
}

func (s *story) listWorkspaces(whole bool) {
	s.ask("GET", "/admin/workspaces", "/admin/workspaces", "").Whole = whole
}

// made is a key that was issued for the ApiKey.
func (s *story) made(uid types.UID, serial int, id string) invariant.Thing {
	name := provider.KeyName("", provider.MarkFor(string(uid)).WithSerial(serial), 64, func(rune) bool { return true })
	return invariant.Thing{ID: id, Name: name, Workspace: "w-1", Value: "value of " + id}
}

// published is a Secret of the ApiKey that has the key.
func (s *story) published(uid types.UID, name, id string) *corev1.Secret {
	isController := true
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: team, Name: name, UID: types.UID("uid-of-secret-" + name), Annotations: map[string]string{v1alpha1.AnnotationValueKey: v1alpha1.SecretKeyAPIKey},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: v1alpha1.GroupVersion.String(), Kind: "ApiKey", Name: name, UID: uid, Controller: &isController}},
		},
		Data: map[string][]byte{v1alpha1.SecretKeyKeyID: []byte(id), v1alpha1.SecretKeyAPIKey: []byte("value of " + id)},
	}
}

// end notes that the vendor's thing is gone.
func (s *story) end(things []invariant.Thing, id string) {
	for i := range things {
		if things[i].ID == id {
			at := s.tick()
			things[i].Gone = &at
		}
	}
}
