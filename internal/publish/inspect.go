package publish

import (
	"context"
	"errors"
	"fmt"
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
	// Why says what makes it foreign, in a sentence without a full stop.
	Why string
	// Name is the Secret's. Where the spec has come to ask for another one, it is
	// the one that still holds the key.
	Name string
	// Taken says why the Secret that the spec asks for instead cannot be had.
	Taken string
	// KeyID is the vendor's id of the key it holds; KeyName is what the key is
	// called there. Both are empty if it holds none, or not what was published.
	KeyID, KeyName string
	IssuedAt       time.Time
	// IssuedFor and RotatedFor are as in [Content].
	IssuedFor   int64
	RotatedFor  string
	Fingerprint string

	value provider.Secret
	read  metav1.ObjectMeta
	data  map[string]provider.Secret
	// former is a Secret of another name that is to go.
	former metav1.ObjectMeta
}

// Nameless reports whether it holds a key that only its name tells.
func (f Found) Nameless() bool { return f.State == plan.SecretOurs && f.KeyID == "" && f.KeyName != "" }

// Holds reports whether it holds a key.
func (f Found) Holds() bool { return f.State == plan.SecretOurs && (f.KeyID != "" || f.KeyName != "") }

// Binding is the Secret that status is to name: while one of another name is to
// go, that one, so that it is not forgotten.
func (f Found) Binding() string {
	if f.former.Name != "" {
		return f.former.Name
	}
	return f.Name
}

// Inspect reads the target Secret as it is now, and where the spec has come to
// name another than status does, that one as well. Ours is what the ApiKey's UID
// controls; names and labels prove nothing.
func Inspect(ctx context.Context, live client.Reader, key *v1alpha1.ApiKey) (Found, error) {
	target, err := inspect(ctx, live, key, Name(key))
	if err != nil || key.Status.Binding == nil || key.Status.Binding.Name == Name(key) {
		return target, err
	}
	former, err := inspect(ctx, live, key, key.Status.Binding.Name)
	switch {
	case err != nil:
		return Found{}, err
	case former.State != plan.SecretOurs:
		return target, nil // it has gone already, or was never to be touched
	case target.State == plan.SecretForeign:
		former.Taken = target.Why
		return former, nil
	case target.Holds():
		target.former = former.read
		return target, nil
	}
	return former, nil
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
		return Found{
			State: plan.SecretForeign, Name: name, KeyID: string(secret.Data[v1alpha1.SecretKeyKeyID]), Why: fmt.Sprintf("Secret %q %s", name, why),
		}, nil
	}
	found := Found{State: plan.SecretOurs, Name: name, read: secret.ObjectMeta, data: map[string]provider.Secret{}}
	for name, value := range secret.Data {
		found.data[name] = provider.NewSecret(string(value))
	}
	found.identify(key, secret)
	return found, nil
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
	value, print := held(key, secret)
	id, name, rotatedFor := string(secret.Data[v1alpha1.SecretKeyKeyID]), notes[v1alpha1.AnnotationKeyName], notes[v1alpha1.AnnotationRotatedFor]
	switch {
	case print == "":
		return // emptied by somebody: it holds no key
	case status.Fingerprint == print:
		name, rotatedFor = status.DisplayName, status.LastHandledRotateAt
		if status.KeyID != "" {
			id = status.KeyID // else its id may just have been written
		}
	case !follows(status, id, name) || notes[v1alpha1.AnnotationFingerprint] != print:
		return // written over by somebody
	}
	if id == "" && name == "" {
		return
	}
	f.KeyID, f.KeyName, f.Fingerprint, f.value, f.RotatedFor = id, name, print, value, rotatedFor
	f.IssuedAt, _ = time.Parse(time.RFC3339, notes[v1alpha1.AnnotationIssuedAt])
	if f.IssuedAt.IsZero() && status.CreatedAt != nil && status.KeyID == id {
		f.IssuedAt = status.CreatedAt.Time
	}
	f.IssuedFor, _ = strconv.ParseInt(notes[v1alpha1.AnnotationIssuedFor], 10, 64)
}

// held is the value in the Secret and its fingerprint; both are empty if there is
// none. It stands where the Secret says it was put, or where the spec puts it.
func held(key *v1alpha1.ApiKey, secret *corev1.Secret) (value provider.Secret, print string) {
	for _, name := range []string{secret.Annotations[v1alpha1.AnnotationValueKey], valueKey(key)} {
		if len(secret.Data[name]) == 0 {
			continue
		}
		found := provider.NewSecret(string(secret.Data[name]))
		if its := provider.Fingerprint(string(key.UID), found); print == "" || its == key.Status.Fingerprint {
			value, print = found, its
		}
	}
	return value, print
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
	if f.Name != wanted.Name || f.former.Name != "" {
		return f.Taken == "", nil
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
