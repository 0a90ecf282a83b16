package account

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// usedWith is the class's record of its host.
func usedWith(host string) func(*v1alpha1.WorkspaceClass) {
	return func(class *v1alpha1.WorkspaceClass) { class.Status.EndpointHost = host }
}

// annotated sets an annotation of a Secret.
func annotated(name, value string) func(*corev1.Secret) {
	return func(secret *corev1.Secret) {
		if secret.Annotations == nil {
			secret.Annotations = map[string]string{}
		}
		secret.Annotations[name] = value
	}
}

func allowing(hosts string) func(*corev1.Secret) {
	return annotated(v1alpha1.AnnotationAllowedHost, hosts)
}

func refusal(secret, host string) string {
	return fmt.Sprintf("the credential in Secret %q is not sent to %q, where the endpoint of WorkspaceClass \"prod\" is: "+
		"if it belongs there, add that host to the Secret's annotation workspace-operator.io/allowed-host", secret, host)
}

// TestTheCredentialGoesOnlyWhereItMay: a driver that was opened may send it.
func TestTheCredentialGoesOnlyWhereItMay(t *testing.T) {
	const recorded, moved = "https://vendor.test/prometheus", "https://other.test/prometheus"
	for name, row := range map[string]struct {
		endpoint v1alpha1.Endpoint
		record   string
		secret   []func(*corev1.Secret)
		refused  string // the host
	}{
		"the host on record":                     {endpoint: recorded, record: "vendor.test"},
		"in capital letters":                     {endpoint: "https://Vendor.Test/prometheus", record: "vendor.test"},
		"another path":                           {endpoint: "https://vendor.test/elsewhere", record: "vendor.test"},
		"another host":                           {endpoint: moved, record: "vendor.test", refused: "other.test"},
		"another port":                           {endpoint: "https://vendor.test:8443/x", record: "vendor.test", refused: "vendor.test:8443"},
		"no port any more":                       {endpoint: recorded, record: "vendor.test:8443", refused: "vendor.test"},
		"the default port, written out":          {endpoint: "https://vendor.test:443/x", record: "vendor.test", refused: "vendor.test:443"},
		"a host that ends like it":               {endpoint: "https://evil-vendor.test/x", record: "vendor.test", refused: "evil-vendor.test"},
		"a host that begins like it":             {endpoint: "https://vendor.test.evil.test/x", record: "vendor.test", refused: "vendor.test.evil.test"},
		"another host that is named":             {endpoint: moved, record: "vendor.test", secret: []func(*corev1.Secret){allowing("other.test")}},
		"one of several":                         {endpoint: moved, record: "vendor.test", secret: []func(*corev1.Secret){allowing("vendor.test, OTHER.test ,third.test:8443")}},
		"with its port":                          {endpoint: "https://third.test:8443/x", record: "vendor.test", secret: []func(*corev1.Secret){allowing("vendor.test,third.test:8443")}},
		"on record, and not named":               {endpoint: recorded, record: "vendor.test", secret: []func(*corev1.Secret){allowing("other.test")}, refused: "vendor.test"},
		"on record, and nothing is named":        {endpoint: recorded, record: "vendor.test", secret: []func(*corev1.Secret){allowing("")}, refused: "vendor.test"},
		"on record, and commas are named":        {endpoint: recorded, record: "vendor.test", secret: []func(*corev1.Secret){allowing(" ,, ")}, refused: "vendor.test"},
		"a star is no host":                      {endpoint: recorded, record: "vendor.test", secret: []func(*corev1.Secret){allowing("*")}, refused: "vendor.test"},
		"named by its URL":                       {endpoint: moved, record: "vendor.test", secret: []func(*corev1.Secret){allowing(moved)}, refused: "other.test"},
		"an address of version 6, that is named": {endpoint: "https://[2001:DB8::1]:8443/x", record: "vendor.test", secret: []func(*corev1.Secret){allowing("[2001:db8::1]:8443")}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, newSecret(row.secret...))
			_, err := w.Open(t.Context(), newClass(endpoint(row.endpoint), usedWith(row.record)), "tenant")
			if row.refused != "" {
				wantProblem(t, err, v1alpha1.ReasonHostNotAllowed, refusal("platform/admin", row.refused))
			} else if err != nil {
				t.Errorf("it is refused: %v", err)
			}
			if opened := len(w.driver.accounts()); (opened > 0) != (row.refused == "") {
				t.Errorf("the driver was opened %d times", opened)
			}
		})
	}
}

// TestNothingIsOpenedBeforeTheHostIsOnRecord: nor is the Secret read.
func TestNothingIsOpenedBeforeTheHostIsOnRecord(t *testing.T) {
	w := newWorld(t)
	_, err := w.Open(t.Context(), newClass(usedWith("")), "tenant")
	wantProblem(t, err, v1alpha1.ReasonClassNotReady, `waiting until the operator has looked at WorkspaceClass "prod" for the first time`)
}

// TestASecretIsAskedEveryTime: what it allowed a moment ago does not count.
func TestASecretIsAskedEveryTime(t *testing.T) {
	w, class := newWorld(t, newSecret(allowing("vendor.test"))), newClass()
	w.open(t, class)
	if err := w.client.Update(t.Context(), newSecret(allowing("other.test"))); err != nil {
		t.Fatal(err)
	}
	_, err := w.Open(t.Context(), class, "tenant")
	wantProblem(t, err, v1alpha1.ReasonHostNotAllowed, refusal("platform/admin", "vendor.test"))
}

// TestTheCredentialOfAWorkspaceFollowsTheClasses to a host that the class's
// Secret names, and to no other.
func TestTheCredentialOfAWorkspaceFollowsTheClasses(t *testing.T) {
	vault := newSecret(allowing("vendor.test"), annotated(v1alpha1.AnnotationWorkspace, "tenant/ws"), func(secret *corev1.Secret) {
		secret.Namespace, secret.Name, secret.UID = "operator", "ws-1", "own-uid"
	})
	moved := endpoint("https://other.test/prometheus")
	brought := func(class *v1alpha1.WorkspaceClass) { class.Spec.CredentialsRef.Namespace = "" }
	inTenant := func(secret *corev1.Secret) { secret.Namespace = "tenant" }
	for name, row := range map[string]struct {
		class   *v1alpha1.WorkspaceClass
		secret  *corev1.Secret
		refused string // the Secret
	}{
		"it stays":                               {class: newClass(), secret: newSecret()},
		"it stays, whatever the class's names":   {class: newClass(), secret: newSecret(allowing("third.test"))},
		"the class moves":                        {class: newClass(moved), secret: newSecret(), refused: "platform/admin"},
		"the class has moved, and names nothing": {class: newClass(moved, usedWith("other.test")), secret: newSecret(), refused: "platform/admin"},
		"the class's Secret names it":            {class: newClass(moved), secret: newSecret(allowing("other.test"))},
		"the tenant's Secret does not":           {class: newClass(moved, brought), secret: newSecret(inTenant), refused: "tenant/admin"},
		"the tenant's Secret does":               {class: newClass(moved, brought), secret: newSecret(inTenant, allowing("vendor.test,other.test"))},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, vault.DeepCopy(), row.secret)
			_, err := w.OpenOwn(t.Context(), row.class, "ws-1")
			if row.refused != "" {
				wantProblem(t, err, v1alpha1.ReasonHostNotAllowed, refusal(row.refused, "other.test"))
			} else if err != nil {
				t.Errorf("it is refused: %v", err)
			}
			_, err = w.OpenGiven(row.class, vault)
			if stays := hostOf(string(row.class.Spec.Provider.Slaunchx.Endpoint)) == "vendor.test"; (err == nil) != stays {
				t.Errorf("what is in memory goes only where it came from: %v", err)
			}
		})
	}
}

func TestADeletedSecretServesNothingNew(t *testing.T) {
	w := newWorld(t, newSecret(func(secret *corev1.Secret) { secret.Finalizers = []string{v1alpha1.FinalizerInUse} }))
	if err := w.open(t, newClass()).TakesNew(); err != nil {
		t.Errorf("a Secret that nobody deleted: %v", err)
	}
	if err := w.client.Delete(t.Context(), newSecret()); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, w.open(t, newClass()).TakesNew(), v1alpha1.ReasonCredentialsNotFound,
		`Secret "platform/admin" is being deleted: its credential serves what was made with it until that is gone, and nothing new; once it is gone, create it again`)
}

func TestHost(t *testing.T) {
	w := newWorld(t)
	host, err := w.Host(newClass(endpoint("https://Vendor.Test:8443/x")))
	if err != nil || host != "vendor.test:8443" {
		t.Errorf("got %q, %v, want vendor.test:8443", host, err)
	}
	_, err = w.Host(newClass(endpoint("http://vendor.test")))
	wantProblem(t, err, v1alpha1.ReasonClassInvalid, `WorkspaceClass "prod" cannot be used: the provider's endpoint must start with https://, or the credential would be sent in the clear`)
}
