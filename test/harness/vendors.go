package harness

import (
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// The vendors that the emulator has.
const (
	Portkey = "portkey"
	Guance  = "guance"
)

// credentialKey is the key of a credential Secret at both vendors.
const credentialKey = "apiKey"

// Vendors is an emulator that listens on a loopback port.
type Vendors struct {
	*emulator.Emulator
	// URL is its address without a path.
	URL string
	// CA is the authority of its certificate as PEM; nil without TLS.
	CA []byte
}

// NewVendors starts an emulator that ends with the test.
func NewVendors(t testing.TB, options emulator.Options) *Vendors {
	t.Helper()
	return newVendors(t, options, (*httptest.Server).Start)
}

// NewVendorsTLS is the same with a certificate that only Vendors.CA vouches for.
func NewVendorsTLS(t testing.TB, options emulator.Options) *Vendors {
	t.Helper()
	return newVendors(t, options, (*httptest.Server).StartTLS)
}

func newVendors(t testing.TB, options emulator.Options, start func(*httptest.Server)) *Vendors {
	t.Helper()
	e, err := emulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(e)
	start(server)
	t.Cleanup(func() {
		server.CloseClientConnections() // a fault that waits would hold up the end
		server.Close()
	})
	v := &Vendors{Emulator: e, URL: server.URL}
	if certificate := server.Certificate(); certificate != nil {
		v.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
	}
	return v
}

// Provider is the member of a class's spec that points at the emulator.
func (v *Vendors) Provider(vendor string) v1alpha1.Provider {
	if vendor == Guance {
		return v1alpha1.Provider{Guance: &v1alpha1.GuanceProvider{Endpoint: v1alpha1.Endpoint(v.URL + "/guance")}}
	}
	return v1alpha1.Provider{Portkey: &v1alpha1.PortkeyProvider{Endpoint: v1alpha1.Endpoint(v.URL + "/portkey/v1")}}
}

// Class creates a class of the vendor that is open to every namespace, and in the operator's namespace a credential Secret of the same name that holds what the emulator
// accepts. The modifiers come last. It does not wait for the class to become Ready.
func (h *Harness) Class(t testing.TB, v *Vendors, vendor string, mods ...gen.WorkspaceClassModifier) *v1alpha1.WorkspaceClass {
	t.Helper()
	credentials, err := v.Credentials(vendor)
	if err != nil || len(credentials) == 0 {
		t.Fatalf("the emulator accepts no credential for %s: %v", vendor, err)
	}
	name := fmt.Sprintf("%s-%s", vendor, rand.String(5))
	secret := CredentialSecret(OperatorNamespace, name, credentials[0])
	class := gen.WorkspaceClass(name, append([]gen.WorkspaceClassModifier{
		gen.SetWorkspaceClassProvider(v.Provider(vendor)),
		gen.SetWorkspaceClassCredentials(OperatorNamespace, name),
		gen.SetWorkspaceClassCABundle(v.CA),
		gen.SetWorkspaceClassOpen(),
	}, mods...)...)
	h.Create(t, secret, class)
	return class
}

// CredentialSecret is a Secret that a class of portkey or guance can name.
func CredentialSecret(namespace, name, credential string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		StringData: map[string]string{credentialKey: credential},
	}
}
