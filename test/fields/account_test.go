package fields

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/url"
	"strings"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/groundfloor"
	"github.com/workspace-operator/workspace-operator/internal/emulator/oceanbase"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// accountRows are about which vendor a class reaches, where, and as whom.
func accountRows() []row {
	rows := append(credentialRows(), caRow())
	for _, vendor := range []string{harness.Groundfloor, harness.Guance, harness.Oceanbase, harness.Portkey, harness.Slaunchx} {
		rows = append(rows, endpointRow(vendor))
	}
	return append(rows, groundfloorClassRows()...)
}

// endpointRow: new Workspaces come from where the class points at, once whoever holds the credential has allowed that it be sent there.
func endpointRow(vendor string) row {
	set := func(to string) string { return "provider: {" + vendor + ": {endpoint: " + to + "}}" }
	r := aClass().of("provider."+vendor+".endpoint", vendor,
		to(set("$endpoint"), reached(func(s *stage) *harness.Vendors { return s.v })),
		step{spec: set("$other"), see: []check{classNotReady(v1alpha1.ReasonHostNotAllowed), func(s *stage) {
			hosts := strings.TrimPrefix(s.v.URL, "http://") + "," + strings.TrimPrefix(s.other.URL, "http://")
			secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: harness.OperatorNamespace, Name: s.class.Name}}
			s.h.Annotate(s, secret, v1alpha1.AnnotationAllowedHost, hosts)
		}, settled, ready, reached(func(s *stage) *harness.Vendors { return s.other })}},
		refused(set("null"), "provider."+vendor+".endpoint: Required value"),
		refused("provider: {"+vendor+": null}", "exactly one provider must be set"))
	r.prepare = func(s *stage) { s.other = harness.NewVendors(s, emulator.Options{}) }
	return r
}

// classNotReady: the class cannot be used, for this reason.
func classNotReady(reason string) check {
	return func(s *stage) {
		harness.Wait(s, s.h, s.class, "the class not to be Ready because of "+reason, func(seen *v1alpha1.WorkspaceClass) bool {
			return !harness.IsReady(seen) && harness.HasReason(seen, v1alpha1.ConditionReady, reason)
		})
	}
}

// reached: a new Workspace becomes Ready by what this emulator answers, and no other is asked.
func reached(which func(*stage) *harness.Vendors) check {
	return func(s *stage) {
		v := which(s)
		spec := ""
		if harness.Importable(s.row.vendor) != "" {
			spec = "externalID: " + s.importableAt(v)
		}
		before := requests(v, s.row.vendor)
		having(kindWorkspace, spec, ready)(s)
		s.Expect(requests(v, s.row.vendor)).To(BeNumerically(">", before), "requests to the emulator that the class points at")
	}
}

// credentialRows: "second" is a credential as good as the first, in a Secret of another name or namespace.
func credentialRows() []row {
	const second = "second-admin-key"
	prepare := func(s *stage) {
		s.Expect(s.v.SetCredentials(harness.Portkey, emulator.DefaultPortkeyAdminKey, second)).To(Succeed())
	}
	as := func(key string) check { return newWorkspace(sent("X-Portkey-Api-Key", key)) }
	name := aClass().of("credentialsRef.name", harness.Portkey,
		to("credentialsRef: {name: $class}", as(emulator.DefaultPortkeyAdminKey)),
		blocked("credentialsRef: {name: second-$class}", v1alpha1.ReasonCredentialsNotFound, "second-$class"),
		step{spec: "credentialsRef: {name: second-$class}", see: []check{func(s *stage) {
			s.h.Create(s, harness.CredentialSecret(harness.OperatorNamespace, s.expand("second-$class"), second))
		}, settled, ready, as(second)}},
		refused("credentialsRef: {name: null}", "credentialsRef.name: Required value"))
	namespace := aClass().of("credentialsRef.namespace", harness.Portkey,
		to("credentialsRef: {namespace: "+harness.OperatorNamespace+"}", as(emulator.DefaultPortkeyAdminKey)),
		step{spec: "credentialsRef: {namespace: $namespace}", see: []check{func(s *stage) {
			s.h.Create(s, harness.CredentialSecret(s.ns, s.class.Name, second))
		}, settled, ready, as(second)}},
		refused("credentialsRef: {namespace: null}", "credentialsRef.namespace can be changed but not added or removed: create another class"))
	own := aClass().of("credentialsRef.name", harness.Portkey, fixed(
		to("credentialsRef: {name: $class}", refusedWorkspace("", v1alpha1.ReasonCredentialsNotFound, "$class"), func(s *stage) {
			s.h.Create(s, harness.CredentialSecret(s.ns, s.class.Name, second))
		}, existing(settled, ready, sent("X-Portkey-Api-Key", second))),
		"credentialsRef: {name: another}", "credentialsRef: {name: null}", "credentialsRef.name")...)
	own.about, own.base = "each tenant's own", "credentialsRef: {namespace: null}"
	rows := []row{name, namespace, own}
	for i := range rows {
		rows[i].prepare = prepare
	}
	return rows
}

// caRow: only the right authority makes the connection good.
func caRow() row {
	unreachable := func(spec string) step {
		return step{spec: spec, see: []check{classNotReady(v1alpha1.ReasonVendorUnavailable)}}
	}
	r := aClass().of("caBundle", harness.Portkey,
		unreachable("caBundle: $wrong"),
		to("caBundle: $right", newWorkspace()),
		unreachable("caBundle: null"))
	r.vendors = harness.NewVendorsTLS
	r.prepare = func(s *stage) {
		s.values["right"], s.values["wrong"] = base64.StdEncoding.EncodeToString(s.v.CA), base64.StdEncoding.EncodeToString(s.anyCA())
	}
	return r
}

// anyCA is an authority that has vouched for nobody.
func (s *stage) anyCA() []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	s.Expect(err).NotTo(HaveOccurred())
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	certificate, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	s.Expect(err).NotTo(HaveOccurred())
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
}

// groundfloorClassRows and the rest are what only one vendor's classes have.
func groundfloorClassRows() []row {
	gf := func(text string) string { return "provider: {groundfloor: {" + text + "}}" }
	ob := func(text string) string { return "provider: {oceanbase: {" + text + "}}" }
	sx := func(text string) string { return "provider: {slaunchx: {" + text + "}}" }
	account := aClass().of("provider.groundfloor.accountID", harness.Groundfloor,
		to(gf("accountID: "+groundfloor.DefaultAccountID), newWorkspace(status("accountID", groundfloor.DefaultAccountID))),
		refused(gf("accountID: 11111111-1111-4111-8111-111111111111"), "accountID is immutable"),
		refused(gf("accountID: null"), "provider.groundfloor.accountID: Required value"))
	auth := aClass().of("provider.oceanbase.auth", harness.Oceanbase,
		to(ob("auth: Basic"), importing(ready, sent("Authorization", "Basic"))),
		to(ob("auth: Digest"), importing(ready, sent("Authorization", "Digest"))),
		to("", importing(ready, sent("Authorization", "Basic"))))
	auth.prepare = func(s *stage) {
		s.Expect(s.v.SetSettings(harness.Oceanbase, map[string]any{"auth": "both"})).To(Succeed())
	}
	return []row{
		account, auth,
		aClass().of("provider.groundfloor.freezeOnDelete", harness.Groundfloor,
			to(gf("freezeOnDelete: Enabled"), newWorkspace(deleted(frozen))),
			to(gf("freezeOnDelete: Disabled"), newWorkspace(deleted(notFrozen))),
			to("", newWorkspace(deleted(notFrozen)), having(kindWorkspace, "deletionPolicy: Delete", stalled(v1alpha1.ReasonUnsupported, "freezeOnDelete")))),
		aClass().of("provider.oceanbase.organizationID", harness.Oceanbase,
			to(ob("organizationID: "+oceanbase.DefaultOrganizationID), importing(ready, sent("X-Ob-Org-Id", oceanbase.DefaultOrganizationID))),
			refused(ob("organizationID: org-other"), "organizationID is immutable"),
			refused(ob("organizationID: null"), "provider.oceanbase.organizationID: Required value")),
		aClass().of("provider.oceanbase.product", harness.Oceanbase,
			to(ob("product: one"), importing(sent("X-Ob-Product", "one"))),
			to(ob("product: two"), importing(sent("X-Ob-Product", "two"))),
			to("", importing(ready, sent("X-Ob-Product", "")))),
		aClass().of("provider.oceanbase.uid", harness.Oceanbase,
			to(ob("uid: account-1"), withUID("account-1")), to(ob("uid: account-2"), withUID("account-2")), to("", withUID(""))),
		aClass().of("provider.slaunchx.acceptLanguage", harness.Slaunchx,
			to(sx("acceptLanguage: zh"), importing(ready, sent("Accept-Language", "zh"))),
			to(sx("acceptLanguage: ja"), importing(ready, sent("Accept-Language", "ja"))),
			to("", importing(ready, sent("Accept-Language", "en")))),
	}
}

// importing makes a Workspace that imports another workspace of the vendor's.
func importing(see ...check) check {
	return func(s *stage) { having(kindWorkspace, "externalID: "+s.importable(), see...)(s) }
}

// withUID: a new Workspace is asked for with the account id in the query; without one there is none.
func withUID(uid string) check {
	return importing(ready, func(s *stage) {
		query, err := url.ParseQuery(s.latest().Query)
		s.Expect(err).NotTo(HaveOccurred())
		s.Expect(query.Has("uid")).To(Equal(uid != ""), "a uid in %q", s.latest().Query)
		s.Expect(query.Get("uid")).To(Equal(uid))
	})
}
