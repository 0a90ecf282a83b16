// Package ledger keeps the orphan ledger: what may live at a vendor with no
// Workspace or ApiKey left to end it. It writes entries and counts them; when
// one goes is for its controller, or a person, to say.
package ledger

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// patience bounds the writing of an entry.
const patience = 15 * time.Second

// Book writes entries. All of its fields are required.
type Book struct {
	// Client creates the entries.
	Client client.Writer
	// Namespace is the operator's own, where they live.
	Namespace string
	Recorder  events.EventRecorder
	Now       func() time.Time
}

// Enter writes the entry unless it is there already, and tells of a new one in
// a Warning event about the object that gave it up. Whoever lets go of the
// object does so only after nil: until then nothing else knows of it. The entry
// is written even if ctx ends meanwhile, within 15 seconds.
func (b *Book) Enter(ctx context.Context, entry Entry) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	orphan := entry.orphan(b.Namespace, b.Now())
	err := b.Client.Create(ctx, orphan)
	switch {
	case apierrors.IsAlreadyExists(err):
		return nil // it has been told as well
	case err != nil:
		return fmt.Errorf("enter %s %s/%s in the orphan ledger: %w", entry.Kind, entry.Namespace, entry.Name, err)
	}
	about := &corev1.ObjectReference{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: entry.Kind,
		Namespace: entry.Namespace, Name: entry.Name, UID: entry.UID,
	}
	b.Recorder.Eventf(about, nil, corev1.EventTypeWarning, v1alpha1.ReasonOrphaned, "GiveUp",
		"what may be left of it at the vendor is in the orphan ledger of the operator's administrators, as Orphan %q", orphan.Name)
	return nil
}
