package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// The vault is a Secret in the operator's own namespace, never the tenant's:
// the admin key of a workspace, where the vendor gives each one its own.

const (
	// vaultPatience bounds how long a credential that is already issued is held in
	// memory while the API server refuses to take it. No try falls on its end.
	vaultPatience = 30*time.Second + vaultPause/2
	// vaultPause is the time between two tries.
	vaultPause = 500 * time.Millisecond
)

// kept is the vault as it was read; never the credential.
type kept struct {
	secret types.UID
	keyID  string
	uuid   string
}

func (k kept) held() bool { return k.secret != "" }

func vaultName(ws *v1alpha1.Workspace) string { return account.OwnSecretName(ws.UID) }

func (r *Reconciler) inspectVault(ctx context.Context, ws *v1alpha1.Workspace) (kept, error) {
	secret := &corev1.Secret{}
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: r.Namespace, Name: vaultName(ws)}, secret)
	if apierrors.IsNotFound(err) {
		return kept{}, nil
	}
	if err != nil {
		return kept{}, err
	}
	return kept{
		secret: secret.UID,
		keyID:  string(secret.Data[v1alpha1.SecretKeyKeyID]),
		uuid:   string(secret.Data[v1alpha1.SecretKeyWorkspaceUUID]),
	}, nil
}

func (r *Reconciler) emptyVault(ws *v1alpha1.Workspace) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: r.Namespace, Name: vaultName(ws),
			Labels:      map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy},
			Annotations: map[string]string{v1alpha1.AnnotationWorkspace: ws.Namespace + "/" + ws.Name},
		},
		Type: corev1.SecretTypeOpaque,
	}
}

// rehearseVault asks the API server whether it would take the vault, before a
// workspace is made whose credential could then not be kept.
func (r *Reconciler) rehearseVault(ctx context.Context, ws *v1alpha1.Workspace) error {
	err := client.NewDryRunClient(r.Client).Create(ctx, r.emptyVault(ws))
	if apierrors.IsForbidden(err) || apierrors.IsInvalid(err) {
		return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonSecretRefused, Message: fmt.Sprintf(
			"the API server would refuse a Secret in namespace %q for the workspace's own admin key, so no workspace was created: %s", r.Namespace, err)}
	}
	return err
}

// storeVault keeps the credential of a workspace that has just been made. It goes
// on although the pass may have been told to stop: the vendor shows it once.
func (r *Reconciler) storeVault(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, made provider.Workspace) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), vaultPatience)
	defer cancel()
	secret := r.vault(ws, intent, made)
	var last error
	err := wait.PollUntilContextCancel(ctx, vaultPause, true, func(ctx context.Context) (bool, error) {
		last = r.Client.Create(ctx, secret.DeepCopy())
		if apierrors.IsAlreadyExists(last) {
			return r.vaultHolds(ctx, ws, made)
		}
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("storing the workspace's credential: %w", last)
	}
	return nil
}

// vault is the Secret of a credential that may go to the host it came from.
func (r *Reconciler) vault(ws *v1alpha1.Workspace, intent Intent, made provider.Workspace) *corev1.Secret {
	secret := r.emptyVault(ws)
	secret.Annotations[v1alpha1.AnnotationAllowedHost] = intent.account.Host()
	secret.Data = map[string][]byte{
		v1alpha1.SecretKeyKeyID:         []byte(made.Credential.ID),
		v1alpha1.SecretKeyWorkspaceUUID: []byte(made.ID),
	}
	for name, value := range made.Credential.Values {
		secret.Data[name] = []byte(value.Reveal())
	}
	return secret
}

// forsake revokes a credential that could not be stored, while it is in memory,
// unless the vault has it after all. The workspace itself stays at the vendor for a
// person to decide on, who finds in the ledger what is known of it only now.
func (r *Reconciler) forsake(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, made provider.Workspace, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), vaultPatience)
	defer cancel()
	if r.storedUnheard(ctx, ws, made) {
		return &provider.Error{Class: provider.Transient, Op: "create workspace", Uncertain: true, Err: cause,
			Message: fmt.Sprintf("workspace %q was created, and its admin key is stored: the next look finds it", made.ID)}
	}
	message := fmt.Sprintf("workspace %q was created, but its admin key %q could not be stored, and not be revoked either", made.ID, made.Credential.ID)
	own, err := r.Broker.OpenGiven(intent.class, r.vault(ws, intent, made))
	if err == nil {
		err = own.Session().Keys().Revoke(ctx, made.ID, made.Credential.ID)
	}
	if err == nil {
		message = fmt.Sprintf("workspace %q was created, but its admin key could not be stored and was revoked", made.ID)
	}
	cause = errors.Join(cause, r.enter(ctx, leftover(ws, intent, made, message+": remove in the vendor's console what is left there")))
	return &provider.Error{Class: provider.Transient, Op: "create workspace", Message: message, Uncertain: true, Err: cause}
}

// storedUnheard reports whether the vault has the credential although no try was
// answered. It goes on for a while where it cannot be read.
func (r *Reconciler) storedUnheard(ctx context.Context, ws *v1alpha1.Workspace, made provider.Workspace) bool {
	ctx, cancel := context.WithTimeout(ctx, vaultPatience/2)
	defer cancel()
	var found kept
	_ = wait.PollUntilContextCancel(ctx, vaultPause, true, func(ctx context.Context) (bool, error) {
		var err error
		found, err = r.inspectVault(ctx, ws)
		return err == nil, nil
	})
	return found.keyID == made.Credential.ID
}

// vaultHolds reports whether an earlier try, whose answer was lost, has worked.
func (r *Reconciler) vaultHolds(ctx context.Context, ws *v1alpha1.Workspace, made provider.Workspace) (bool, error) {
	found, err := r.inspectVault(ctx, ws)
	if err != nil {
		return false, nil // the read is tried again with the write
	}
	if found.keyID != made.Credential.ID {
		return false, fmt.Errorf("the Secret %q already holds another credential", vaultName(ws))
	}
	return true, nil
}

func (r *Reconciler) removeVault(ctx context.Context, ws *v1alpha1.Workspace, found kept) error {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: vaultName(ws)}}
	return client.IgnoreNotFound(r.Client.Delete(ctx, secret, client.Preconditions{UID: &found.secret}))
}
