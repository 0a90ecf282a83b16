package publish

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
)

// Again writes the Secret anew with the value it holds: as the spec asks by now,
// and with the id of a key whose name alone was known. Where the spec names
// another Secret the value moves there, and the one it was in goes. It fails if
// anybody has written to the Secret since it was found.
func Again(ctx context.Context, writer client.Client, live client.Reader, key *v1alpha1.ApiKey, found Found, content Content) error {
	if !found.Holds() {
		return apierrors.NewConflict(v1alpha1.GroupVersion.WithResource("secrets").GroupResource(), Name(key), ErrTaken)
	}
	draft, err := Compose(key, found, found.complete(content), found.IssuedAt)
	if err != nil {
		return err
	}
	if found.Name == draft.secret.Name {
		answer, err := draft.send(ctx, writer)
		if err != nil {
			return draft.refusal(err, "the API server refuses the Secret as the spec asks for it; it stays as it was: ")
		}
		if err := remove(ctx, writer, found.former...); err != nil {
			return err
		}
		return draft.altered(answer)
	}
	if err := draft.move(ctx, writer, live); err != nil {
		return draft.refusal(err, "the API server refuses the Secret of the new name; the key stays published where it was: ")
	}
	return remove(ctx, writer, found.read)
}

// Clear deletes what an earlier move has left, before the key moves on.
func Clear(ctx context.Context, writer client.Client, key *v1alpha1.ApiKey, found Found) (Found, error) {
	if found.Name == Name(key) {
		return found, nil
	}
	err := remove(ctx, writer, found.former...)
	found.former = nil
	return found, err
}

// move stores the Secret under its new name, if it would stand there as it is.
func (d *Draft) move(ctx context.Context, writer client.Client, live client.Reader) error {
	err := d.rehearse(ctx, writer)
	if err == nil {
		_, err = d.send(ctx, writer)
	}
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	held, failure := inspect(ctx, live, d.key, d.secret.Name)
	switch {
	case failure != nil:
		return failure
	case held.Holds() && d.is(held):
		return nil // an earlier try, whose answer was lost
	case held.State == plan.SecretOurs && !held.Holds():
		d.secret.ResourceVersion = held.read.ResourceVersion
		_, err = d.send(ctx, writer)
		return err
	}
	return err
}

// remove deletes the Secrets, each if it is still as it was found.
func remove(ctx context.Context, writer client.Client, all ...metav1.ObjectMeta) error {
	for _, read := range all {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: read.Namespace, Name: read.Name}}
		err := writer.Delete(ctx, secret, client.Preconditions{UID: &read.UID, ResourceVersion: &read.ResourceVersion})
		if apierrors.IsForbidden(err) || apierrors.IsInvalid(err) {
			return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonSecretRefused, Message: fmt.Sprintf(
				"the API server refuses to delete Secret %q, in which the key was published before: %s", read.Name, err)}
		}
		if client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}
