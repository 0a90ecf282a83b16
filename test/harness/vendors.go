package harness

import (
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/groundfloor"
	"github.com/workspace-operator/workspace-operator/internal/emulator/oceanbase"
	"github.com/workspace-operator/workspace-operator/internal/emulator/slaunchx"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// The vendors that the emulator has.
const (
	Portkey     = "portkey"
	Guance      = "guance"
	Slaunchx    = "slaunchx"
	Groundfloor = "groundfloor"
	Oceanbase   = "oceanbase"
)

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
	endpoint := v1alpha1.Endpoint(v.Endpoint(vendor))
	switch vendor {
	case Guance:
		return v1alpha1.Provider{Guance: &v1alpha1.GuanceProvider{Endpoint: endpoint}}
	case Slaunchx:
		return v1alpha1.Provider{Slaunchx: &v1alpha1.SlaunchxProvider{Endpoint: endpoint}}
	case Groundfloor:
		return v1alpha1.Provider{Groundfloor: &v1alpha1.GroundfloorProvider{Endpoint: endpoint, AccountID: groundfloor.DefaultAccountID}}
	case Oceanbase:
		return v1alpha1.Provider{Oceanbase: &v1alpha1.OceanbaseProvider{Endpoint: endpoint, OrganizationID: oceanbase.DefaultOrganizationID}}
	}
	return v1alpha1.Provider{Portkey: &v1alpha1.PortkeyProvider{Endpoint: endpoint}}
}

// Endpoint is the vendor's base URL at the emulator, with the path that its documentation counts as part of it.
func (v *Vendors) Endpoint(vendor string) string {
	switch vendor {
	case Portkey:
		return v.URL + "/portkey/v1"
	case Slaunchx:
		return v.URL + "/slaunchx/prometheus"
	}
	return v.URL + "/" + vendor
}

// Importable is the workspace that a vendor has from the start where its API cannot create any; empty where it can.
func Importable(vendor string) string {
	switch vendor {
	case Slaunchx:
		return slaunchx.DefaultWorkspaceID
	case Oceanbase:
		return oceanbase.DefaultProjectID
	}
	return ""
}

// Class creates a class of the vendor that is open to every namespace, and in the operator's namespace a credential Secret of the same name that holds what the emulator
// accepts. Where the vendor cannot create workspaces, the class allows to import any. The modifiers come last. It does not wait for the class to become Ready.
func (h *Harness) Class(t testing.TB, v *Vendors, vendor string, mods ...gen.WorkspaceClassModifier) *v1alpha1.WorkspaceClass {
	t.Helper()
	credentials, err := v.Credentials(vendor)
	if err != nil || len(credentials) == 0 {
		t.Fatalf("the emulator accepts no credential for %s: %v", vendor, err)
	}
	name := fmt.Sprintf("%s-class-%s", vendor, rand.String(5)) // no vendor's credential reads like that
	secret := CredentialSecretFor(vendor, OperatorNamespace, name, credentials[0])
	all := []gen.WorkspaceClassModifier{
		gen.SetWorkspaceClassProvider(v.Provider(vendor)),
		gen.SetWorkspaceClassCredentials(OperatorNamespace, name),
		gen.SetWorkspaceClassCABundle(v.CA),
		gen.SetWorkspaceClassOpen(),
	}
	if Importable(vendor) != "" {
		all = append(all, gen.SetWorkspaceClassImportableIDs("*"))
	}
	class := gen.WorkspaceClass(name, append(all, mods...)...)
	h.Create(t, secret, class)
	return class
}

// CredentialSecret is a Secret that a class of portkey or guance can name.
func CredentialSecret(namespace, name, credential string) *corev1.Secret {
	return CredentialSecretFor(Portkey, namespace, name, credential)
}

// CredentialSecretFor is a Secret that a class of the vendor can name. The credential has the form in which the emulator takes it.
func CredentialSecretFor(vendor, namespace, name, credential string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		StringData: CredentialData(vendor, credential),
	}
}

// CredentialData is what such a Secret holds.
func CredentialData(vendor, credential string) map[string]string {
	first, second, _ := strings.Cut(credential, ":")
	switch vendor {
	case Slaunchx:
		return map[string]string{"token": first, "clientHash": second}
	case Groundfloor:
		return map[string]string{"token": credential}
	case Oceanbase:
		return map[string]string{"accessKeyID": first, "accessKeySecret": second}
	}
	return map[string]string{"apiKey": credential}
}
