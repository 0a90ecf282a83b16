package publish

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
)

const (
	// writePatience bounds how long a key that is already issued is held in memory
	// while the API server refuses to take it. No try falls on its end: which of the
	// two came first would be left to chance.
	writePatience = 30*time.Second + writePause/2
	// writePause is the time between two tries.
	writePause = 500 * time.Millisecond
)

var (
	// ErrTaken says that the Secret has come to hold something else meanwhile.
	ErrTaken = errors.New("the Secret was taken by somebody else meanwhile")
	// ErrDoubtful says that nobody knows whether the Secret is stored.
	ErrDoubtful = errors.New("it may be stored all the same")
)

// Rehearse asks the API server whether it would take the Secret as it is, before
// a key is issued that could then not be stored.
func (d *Draft) Rehearse(ctx context.Context, writer client.Client) error {
	err := d.rehearse(ctx, writer)
	return d.refusal(err, "the API server would refuse the Secret, so no key was issued: ")
}

func (d *Draft) rehearse(ctx context.Context, writer client.Client) error {
	answer, err := d.send(ctx, client.NewDryRunClient(writer))
	if err != nil {
		return err
	}
	return d.altered(answer)
}

// altered says what the API server stores otherwise than it was sent: whoever has
// it do so would have it written again and again. Other labels and annotations are
// somebody else's: what becomes of them, and what is added, stays so.
func (d *Draft) altered(answer *corev1.Secret) error {
	var parts []string
	for _, group := range []struct {
		kind         string
		sent, stored map[string]string
	}{{"label", d.labels, answer.Labels}, {"annotation", d.annotations, answer.Annotations}} {
		for _, name := range slices.Sorted(maps.Keys(group.sent)) {
			if stored, ok := group.stored[name]; !ok || stored != group.sent[name] {
				parts = append(parts, group.kind+" "+strconv.Quote(name))
			}
		}
	}
	names := slices.AppendSeq(slices.Collect(maps.Keys(d.secret.Data)), maps.Keys(answer.Data))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		sent, isSent := d.secret.Data[name]
		if stored, ok := answer.Data[name]; ok != isSent || !bytes.Equal(sent, stored) {
			parts = append(parts, "key "+strconv.Quote(name))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonSecretRefused, Message: "the cluster changes the Secret as it is written, " +
		"by an admission policy or a webhook: " + strings.Join(parts, ", ") + ". Set spec.secret to what it makes of it, or have an administrator leave it as it is"}
}

// refusal says what the API server's answer means to a person.
func (d *Draft) refusal(err error, says string) error {
	switch {
	case apierrors.IsForbidden(err), apierrors.IsInvalid(err), apierrors.IsRequestEntityTooLargeError(err):
		return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonSecretRefused, Message: says + err.Error()}
	case apierrors.IsAlreadyExists(err):
		return apierrors.NewConflict(v1alpha1.GroupVersion.WithResource("secrets").GroupResource(), d.secret.Name, ErrTaken)
	}
	return err
}

// Write stores the Secret, in one call. The context may have ended: a key that
// exists is stored all the same. It gives [ErrTaken], what the API server said
// at once, or, once its patience is at an end, what it said last; together with
// [ErrDoubtful] if the Secret may be stored nevertheless.
func (d *Draft) Write(ctx context.Context, writer client.Client, live client.Reader) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writePatience)
	defer cancel()
	var (
		last  error
		doubt bool // a try may have worked although its answer never came
	)
	err := wait.PollUntilContextCancel(ctx, writePause, true, func(ctx context.Context) (bool, error) {
		_, last = d.send(ctx, writer)
		switch {
		case last == nil:
			return true, nil
		case apierrors.IsAlreadyExists(last), apierrors.IsConflict(last):
			return d.stored(ctx, live)
		case apierrors.IsForbidden(last), apierrors.IsInvalid(last), apierrors.IsNotFound(last):
			if doubt { // what is refused now may have been done before
				return d.landed(ctx, live, last)
			}
			return false, last
		}
		doubt = doubt || mayHaveWorked(last)
		return false, nil // the server is away: a write may have been made, and says so next time
	})
	switch {
	case err == nil, errors.Is(err, ErrTaken), last == nil:
		return err
	case doubt && !errors.Is(err, last):
		return errors.Join(last, ErrDoubtful)
	}
	return last
}

// mayHaveWorked reports whether a write may have been made although it failed: the
// API server did not say that it refused it, and the request did not fail before it
// was sent.
func mayHaveWorked(err error) bool {
	if status := apierrors.APIStatus(nil); errors.As(err, &status) {
		return status.Status().Code >= http.StatusInternalServerError
	}
	return !utilnet.IsConnectionRefused(err)
}

// landed reports whether an earlier try has worked; if not, the refusal stands.
func (d *Draft) landed(ctx context.Context, live client.Reader, refusal error) (bool, error) {
	found, err := Inspect(ctx, live, d.key)
	switch {
	case err != nil:
		return false, nil //nolint:nilerr // the read is tried again with the write
	case found.State == plan.SecretOurs && d.is(found):
		return true, nil
	}
	return false, refusal
}

// stored reports whether an earlier try, whose answer was lost, has worked.
func (d *Draft) stored(ctx context.Context, live client.Reader) (bool, error) {
	found, err := Inspect(ctx, live, d.key)
	if err != nil {
		return false, nil //nolint:nilerr // the read is tried again with the write
	}
	if found.State == plan.SecretOurs && d.is(found) {
		return true, nil
	}
	if found.State == plan.SecretOurs && !found.Holds() && found.Name == d.secret.Name {
		d.secret.ResourceVersion = found.read.ResourceVersion
		return false, nil
	}
	return false, ErrTaken
}

// is reports whether the Secret holds the draft's key.
func (d *Draft) is(found Found) bool {
	if d.keyID == "" {
		return d.keyName != "" && found.KeyName == d.keyName
	}
	return found.KeyID == d.keyID
}

// send gives the Secret as the API server stores it.
func (d *Draft) send(ctx context.Context, writer client.Client) (*corev1.Secret, error) {
	secret := d.secret.DeepCopy()
	if secret.ResourceVersion == "" {
		return secret, writer.Create(ctx, secret)
	}
	return secret, writer.Update(ctx, secret)
}
