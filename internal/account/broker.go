// Package account turns a class and a credential Secret into an open vendor
// session, shared by all objects of the account and limited in its rate. It
// knows Kubernetes and the contract with vendors, and names no vendor.
package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

const (
	// maxAccounts bounds the sessions kept open; a session that was closed is
	// opened again without any I/O.
	maxAccounts = 512
	// idleAfter is how long what nobody asks for is kept. It is longer than
	// the default resync, so that a quiet account keeps its lists.
	idleAfter = 30 * time.Minute
)

// Drivers finds a driver by its name.
type Drivers func(name string) (provider.Driver, bool)

// Options are what a Broker works with; all but AllowHTTP and Now are required.
type Options struct {
	// Reader reads Secrets, live.
	Reader client.Reader
	// Cache reads classes, and the metadata of namespaces.
	Cache   client.Reader
	Drivers Drivers
	// Namespace is the operator's own, where the credentials of single
	// workspaces are kept.
	Namespace string
	// AllowHTTP permits endpoints without TLS, for development.
	AllowHTTP bool
	// NewTransport makes the transport of one class; an error of class Invalid
	// is about the bundle.
	NewTransport func(caBundle []byte) (http.RoundTripper, error)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Broker gives out accounts. It is safe for concurrent use.
type Broker struct {
	options Options

	mu         sync.Mutex
	accounts   *pool[slot, *Account]
	transports *pool[types.UID, *transport]
}

// slot is the place of an account, whatever version of it is open.
type slot struct {
	class  types.UID
	secret types.NamespacedName
	own    bool
}

// version is all an open session depends on.
type version struct {
	generation int64
	uid        types.UID
	resource   string
}

// transport is shared by the accounts of a class: what sets it apart is whom
// it trusts, and connections are expensive.
type transport struct {
	bundle []byte
	http.RoundTripper
}

// NewBroker makes a broker without any account.
func NewBroker(options Options) *Broker {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Broker{
		options:    options,
		accounts:   newPool[slot, *Account](maxAccounts, idleAfter, func(*Account) {}),
		transports: newPool[types.UID](maxAccounts, idleAfter, (*transport).close),
	}
}

// Open reads the credential Secret, live, and gives the account it opens for
// the class. All callers get the same one until the class or the Secret
// changes. The credential is used only for a host that the Secret names or, if
// it names none, the one that the class's status has on record. Where there is
// no account to be had the answer is a [*Problem]; any other error is the API
// server's.
func (b *Broker) Open(ctx context.Context, class *v1alpha1.WorkspaceClass, namespace string) (*Account, error) {
	return b.open(ctx, class, slot{class: class.UID, secret: CredentialsKey(class, namespace)})
}

// OpenOwn gives the account of one workspace at a vendor that has a credential
// for each. The Secret is in the operator's namespace; its "keyID", if there
// is one, goes to the driver as part of the credential.
func (b *Broker) OpenOwn(ctx context.Context, class *v1alpha1.WorkspaceClass, secretName string) (*Account, error) {
	secret := types.NamespacedName{Namespace: b.options.Namespace, Name: secretName}
	return b.open(ctx, class, slot{class: class.UID, secret: secret, own: true})
}

// OpenGiven is OpenOwn for a Secret that could not be stored: the account is
// the caller's alone, to revoke the credential while it is in memory.
func (b *Broker) OpenGiven(class *v1alpha1.WorkspaceClass, secret *corev1.Secret) (*Account, error) {
	vendor, err := b.vendor(class)
	if err != nil {
		return nil, err
	}
	if err := b.checkEndpoint(class, vendor.endpoint); err != nil {
		return nil, err
	}
	if host := hostOf(vendor.endpoint); !allows(class, secret, host) {
		return nil, hostNotAllowed(class, types.NamespacedName{Namespace: secret.Namespace, Name: secret.Name}, host)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	carrier, err := b.transport(class, b.options.Now())
	if err != nil {
		return nil, err
	}
	return b.dial(class, vendor, secret, true, carrier, newGate(limitOf(class, vendor.driver.Capabilities()), b.options.Now))
}

func (b *Broker) open(ctx context.Context, class *v1alpha1.WorkspaceClass, place slot) (*Account, error) {
	vendor, err := b.vendor(class)
	if err != nil {
		return nil, err
	}
	if err := b.checkEndpoint(class, vendor.endpoint); err != nil {
		return nil, err
	}
	if class.Status.EndpointHost == "" {
		return nil, classNotReady(class)
	}
	secret, err := b.readSecret(ctx, class, place, vendor.driver.Capabilities().CredentialKeys)
	if err != nil {
		return nil, err
	}
	if err := b.checkHost(ctx, class, place, secret, vendor); err != nil {
		return nil, err
	}
	current := version{generation: class.Generation, uid: secret.UID, resource: secret.ResourceVersion}

	// Opening does no I/O, so everybody else can wait for it.
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.options.Now()
	carrier, err := b.transport(class, now)
	if err != nil {
		return nil, err
	}
	former, ok := b.accounts.get(place, now)
	if ok && former.version == current {
		return former, nil
	}
	limit := limitOf(class, vendor.driver.Capabilities())
	var gate *gate
	if ok {
		// The vendor counts requests, whatever session they come from.
		gate = former.gate
		gate.adjust(limit)
	} else {
		gate = newGate(limit, b.options.Now)
	}
	opened, err := b.dial(class, vendor, secret, place.own, carrier, gate)
	if err != nil {
		return nil, err
	}
	opened.version = current
	b.accounts.put(place, opened, now)
	return opened, nil
}

// transport gives the transport of the class as it stands.
func (b *Broker) transport(class *v1alpha1.WorkspaceClass, now time.Time) (*transport, error) {
	former, ok := b.transports.get(class.UID, now)
	if ok && bytes.Equal(former.bundle, class.Spec.CABundle) {
		return former, nil
	}
	carrier, err := b.options.NewTransport(class.Spec.CABundle)
	if err != nil {
		return nil, invalidOr(class, err)
	}
	made := &transport{bundle: bytes.Clone(class.Spec.CABundle), RoundTripper: carrier}
	b.transports.put(class.UID, made, now)
	return made, nil
}

// close ends the idle connections; those in use end with their request.
func (t *transport) close() {
	if closer, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// dial opens a session.
func (b *Broker) dial(class *v1alpha1.WorkspaceClass, vendor *vendor, secret *corev1.Secret, own bool, carrier *transport, gate *gate) (*Account, error) {
	capabilities := vendor.driver.Capabilities()
	var optional []string
	if own {
		optional = []string{ownKeyID}
	}
	credential, err := credentialOf(class, secret, capabilities.CredentialKeys, optional...)
	if err != nil {
		return nil, err
	}
	session, err := vendor.driver.Open(provider.Account{
		Endpoint:   vendor.endpoint,
		Settings:   vendor.settings,
		Credential: credential,
		Transport:  carrier.RoundTripper,
		Gate:       gate,
	})
	if err != nil {
		return nil, invalidOr(class, err)
	}
	return &Account{
		session:      session,
		capabilities: capabilities,
		endpoint:     vendor.endpoint,
		provider:     vendor.driver.Name(),
		credentials:  credentialsOf(secret),
		gate:         gate,
		now:          b.options.Now,
		workspaces:   newShared[provider.Workspace](b.options.Now, copyWorkspace),
		keys:         newPool[string](maxKeyLists, idleAfter, func(*shared[provider.Key]) {}),
	}, nil
}

// invalidOr turns an error of class Invalid into the problem it is.
func invalidOr(class *v1alpha1.WorkspaceClass, err error) error {
	if failure, ok := errors.AsType[*provider.Error](err); ok && failure.Class == provider.Invalid {
		return classInvalid(class, failure.Message)
	}
	return fmt.Errorf("open the account of WorkspaceClass %q: %w", class.Name, err)
}
