package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Found is the published Secret as it was read. What it holds cannot be printed.
type Found struct {
	State plan.SecretState
	// Owned: it is controlled by the ApiKey, even if it cannot be written.
	Owned bool
	// Why says what makes it foreign, in a sentence without a full stop.
	Why string
	// Name is the Secret's. Where the spec has come to ask for another one, it is
	// the one that still holds the key.
	Name string
	// Taken says why the Secret that the spec asks for instead cannot be had.
	Taken string
	// KeyID is the vendor's id of the key it holds; KeyName is what the key is
	// called there. Both are empty if it holds none, or not what was published. The
	// id in one that is not owned is only what that says.
	KeyID, KeyName string
	IssuedAt       time.Time
	// IssuedFor and RotatedFor are as in [Content].
	IssuedFor   int64
	RotatedFor  string
	Fingerprint string

	value provider.Secret
	read  metav1.ObjectMeta
	data  map[string]provider.Secret
	// former are Secrets of other names that are to go.
	former []metav1.ObjectMeta
}

// Nameless reports whether it holds a key that only its name tells.
func (f Found) Nameless() bool { return f.State == plan.SecretOurs && f.KeyID == "" && f.KeyName != "" }

// Holds reports whether it holds a key.
func (f Found) Holds() bool { return f.State == plan.SecretOurs && (f.KeyID != "" || f.KeyName != "") }

// Other is the Secret of another name that is to go; empty if there is none.
func (f Found) Other() string {
	if len(f.former) == 0 {
		return ""
	}
	return f.former[0].Name
}

// Left is the Secret of another name that is to go once the target holds the key;
// empty if there is none.
func (f Found) Left(key *v1alpha1.ApiKey) string {
	if f.State == plan.SecretOurs && f.Name != Name(key) {
		return f.Name
	}
	return f.Other()
}

// Inspect reads the target Secret as it is now, and those that status names if the
// spec has come to name another. Ours is what the ApiKey's UID controls; names and
// labels prove nothing.
func Inspect(ctx context.Context, live client.Reader, key *v1alpha1.ApiKey) (Found, error) {
	target, err := inspect(ctx, live, key, Name(key))
	if err != nil {
		return Found{}, err
	}
	others, err := others(ctx, live, key)
	switch {
	case err != nil:
		return Found{}, err
	case len(others) == 0:
		return target, nil
	case target.Holds():
		target.former = metas(others)
		return target, nil
	}
	holder := max(0, slices.IndexFunc(others, Found.Holds))
	found := others[holder]
	found.former = metas(slices.Delete(others, holder, holder+1))
	if target.State == plan.SecretForeign {
		found.Taken = target.Why
	}
	return found, nil
}

// others are those that status names beside the target. One that is not ours has
// gone already, or was never to be touched.
func others(ctx context.Context, live client.Reader, key *v1alpha1.ApiKey) ([]Found, error) {
	names := []string{key.Status.Moving}
	if key.Status.Binding != nil {
		names = []string{key.Status.Binding.Name, key.Status.Moving}
	}
	var ours []Found
	for _, name := range slices.Compact(names) {
		if name == "" || name == Name(key) {
			continue
		}
		found, err := inspect(ctx, live, key, name)
		if err != nil {
			return nil, err
		}
		if found.State == plan.SecretOurs {
			ours = append(ours, found)
		}
	}
	return ours, nil
}

func metas(all []Found) []metav1.ObjectMeta {
	var read []metav1.ObjectMeta
	for _, found := range all {
		read = append(read, found.read)
	}
	return read
}

func inspect(ctx context.Context, live client.Reader, key *v1alpha1.ApiKey, name string) (Found, error) {
	secret := &corev1.Secret{}
	err := live.Get(ctx, client.ObjectKey{Namespace: key.Namespace, Name: name}, secret)
	if apierrors.IsNotFound(err) {
		return Found{State: plan.SecretAbsent, Name: name}, nil
	}
	if err != nil {
		return Found{}, err
	}
	if why := foreign(secret, key); why != "" {
		return untouchable(key, secret, why), nil
	}
	found := Found{State: plan.SecretOurs, Owned: true, Name: name, read: secret.ObjectMeta, data: map[string]provider.Secret{}}
	for name, value := range secret.Data {
		found.data[name] = provider.NewSecret(string(value))
	}
	found.identify(key, secret)
	return found, nil
}

// untouchable is a Secret that must not be written. Which key one of our own
// holds is known all the same.
func untouchable(key *v1alpha1.ApiKey, secret *corev1.Secret, why string) Found {
	found := Found{State: plan.SecretForeign, Owned: metav1.IsControlledBy(secret, key), Name: secret.Name, Why: fmt.Sprintf("Secret %q %s", secret.Name, why)}
	if !found.Owned {
		found.KeyID = string(secret.Data[v1alpha1.SecretKeyKeyID])
		return found
	}
	var held Found
	held.identify(key, secret)
	found.KeyID, found.KeyName = held.KeyID, held.KeyName
	return found
}

func foreign(secret *corev1.Secret, key *v1alpha1.ApiKey) string {
	switch {
	case !metav1.IsControlledBy(secret, key):
		return "exists and does not belong to this ApiKey"
	case secret.Type != corev1.SecretTypeOpaque:
		return "has the type " + strconv.Quote(string(secret.Type)) + " instead of Opaque"
	case secret.Immutable != nil && *secret.Immutable:
		return "is immutable"
	case !secret.DeletionTimestamp.IsZero():
		return "is being deleted"
	}
	return ""
}

// identify tells which key the Secret holds. Its value tells most: that of the
// key in status is known by its fingerprint, whatever else was written over. A
// key that status does not know yet is one that was stored just before a crash:
// what its Secret says of itself has to agree.
func (f *Found) identify(key *v1alpha1.ApiKey, secret *corev1.Secret) {
	notes, status := secret.Annotations, key.Status
	value, sum := held(key, secret)
	id, name, rotatedFor := string(secret.Data[v1alpha1.SecretKeyKeyID]), notes[v1alpha1.AnnotationKeyName], notes[v1alpha1.AnnotationRotatedFor]
	switch {
	case sum == "":
		return // emptied by somebody: it holds no key
	case status.Fingerprint == sum:
		name, rotatedFor = status.DisplayName, status.LastHandledRotateAt
		if status.KeyID != "" {
			id = status.KeyID // else its id may just have been written
		}
	case !follows(status, id, name) || notes[v1alpha1.AnnotationFingerprint] != sum:
		return // written over by somebody
	}
	if id == "" && name == "" {
		return
	}
	f.KeyID, f.KeyName, f.Fingerprint, f.value, f.RotatedFor = id, name, sum, value, rotatedFor
	f.IssuedAt, _ = time.Parse(time.RFC3339, notes[v1alpha1.AnnotationIssuedAt])
	if f.IssuedAt.IsZero() && status.CreatedAt != nil && status.KeyID == id {
		f.IssuedAt = status.CreatedAt.Time
	}
	f.IssuedFor, _ = strconv.ParseInt(notes[v1alpha1.AnnotationIssuedFor], 10, 64)
}

// held is the value in the Secret and its fingerprint; both are empty if there is
// none. It stands where the Secret says it was put, or where the spec puts it.
func held(key *v1alpha1.ApiKey, secret *corev1.Secret) (value provider.Secret, sum string) {
	for _, name := range []string{secret.Annotations[v1alpha1.AnnotationValueKey], valueKey(key)} {
		if len(secret.Data[name]) == 0 {
			continue
		}
		found := provider.NewSecret(string(secret.Data[name]))
		if its := provider.Fingerprint(string(key.UID), found); sum == "" || its == key.Status.Fingerprint {
			value, sum = found, its
		}
	}
	return value, sum
}

// follows reports whether a key of this id and name may have been issued after
// the one in status: a later serial, or any where none is on record.
func follows(status v1alpha1.ApiKeyStatus, id, name string) bool {
	if status.Fingerprint == "" {
		return true
	}
	before, ok := provider.ParseKeyName(status.DisplayName)
	after, named := provider.ParseKeyName(name)
	return named && id != status.KeyID && (!ok || after.Serial > before.Serial)
}

// Stale reports whether the Secret is not as the spec and the content ask, apart
// from the key it holds. It fails with reason TemplateInvalid only.
func (f Found) Stale(key *v1alpha1.ApiKey, content Content) (bool, error) {
	if !f.Holds() {
		return false, nil
	}
	draft, err := Compose(key, f, f.complete(content), f.IssuedAt)
	if err != nil {
		return false, err
	}
	wanted := draft.secret
	if f.Name != wanted.Name || f.Other() != "" {
		return f.Taken == "" || f.Other() != "", nil
	}
	if len(wanted.Data) != len(f.data) || !same(wanted.Labels, f.read.Labels) || !same(wanted.Annotations, f.read.Annotations) {
		return true, nil
	}
	for name, value := range wanted.Data {
		if found, ok := f.data[name]; !ok || found.Reveal() != string(value) {
			return true, nil
		}
	}
	return false, nil
}

// complete adds to the content what the Secret itself holds.
func (f Found) complete(content Content) Content {
	content.Key, content.KeyName = f.value, f.KeyName
	if content.KeyID == "" {
		content.KeyID = f.KeyID
	}
	content.Generation, content.RotatedFor = f.IssuedFor, f.RotatedFor
	return content
}

func same(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for name, value := range a {
		if other, ok := b[name]; !ok || other != value {
			return false
		}
	}
	return true
}

// Unfit is what keeps a Secret from being as the spec asks; nil if nothing does.
func (f Found) Unfit(err error) *plan.Impasse {
	if impasse, ok := errors.AsType[*plan.Impasse](err); ok {
		return impasse
	}
	if f.Taken != "" {
		return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonSecretConflict,
			Message: f.Taken + "; the key stays published in Secret " + strconv.Quote(f.Name) + ": choose another spec.secret.name, or remove that Secret"}
	}
	return nil
}
