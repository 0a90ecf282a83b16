package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func endpoint(endpoint v1alpha1.Endpoint) func(*v1alpha1.WorkspaceClass) {
	return func(class *v1alpha1.WorkspaceClass) { class.Spec.Provider.Slaunchx.Endpoint = endpoint }
}

func data(key, value string) func(*corev1.Secret) {
	return func(secret *corev1.Secret) { secret.Data[key] = []byte(value) }
}

func TestOpenProblems(t *testing.T) {
	const malformed = `Secret "platform/admin" holds no credential for WorkspaceClass "prod": `
	const unusable = `WorkspaceClass "prod" cannot be used: `
	for _, test := range []struct {
		name            string
		class           *v1alpha1.WorkspaceClass
		secret          *corev1.Secret
		openErr, tlsErr error
		reason, message string
	}{
		{
			name: "no Secret", secret: newSecret(func(secret *corev1.Secret) { secret.Name = "other" }),
			reason:  v1alpha1.ReasonCredentialsNotFound,
			message: `Secret "platform/admin" with the credential of WorkspaceClass "prod" does not exist: create it with the keys "token", "clientHash"`,
		},
		{
			name: "missing keys", secret: newSecret(func(secret *corev1.Secret) { secret.Data = nil }),
			reason: v1alpha1.ReasonCredentialsMalformed, message: malformed + `key "token" is missing, key "clientHash" is missing`,
		},
		{
			name: "one missing key", secret: newSecret(func(secret *corev1.Secret) { delete(secret.Data, "clientHash") }),
			reason: v1alpha1.ReasonCredentialsMalformed, message: malformed + `key "clientHash" is missing`,
		},
		{
			name: "empty", secret: newSecret(data("token", "")),
			reason: v1alpha1.ReasonCredentialsMalformed, message: malformed + `key "token" is empty`,
		},
		{
			name: "only a line end", secret: newSecret(data("token", "\r\n")),
			reason: v1alpha1.ReasonCredentialsMalformed, message: malformed + `key "token" is empty`,
		},
		{
			name: "not text", secret: newSecret(data("token", "a\xff")),
			reason: v1alpha1.ReasonCredentialsMalformed, message: malformed + `key "token" is not UTF-8 text (was it encoded in base64 twice?)`,
		},
		{
			name: "two lines", secret: newSecret(data("token", "a\nb")),
			reason: v1alpha1.ReasonCredentialsMalformed, message: malformed + `key "token" has line breaks or control characters`,
		},
		{
			name: "two line ends", secret: newSecret(data("token", "a\n\n")),
			reason: v1alpha1.ReasonCredentialsMalformed, message: malformed + `key "token" has line breaks or control characters`,
		},
		{
			name: "control character", secret: newSecret(data("clientHash", "a\u0085b")),
			reason: v1alpha1.ReasonCredentialsMalformed, message: malformed + `key "clientHash" has line breaks or control characters`,
		},
		{
			name: "too long", secret: newSecret(data("token", strings.Repeat("x", maxCredentialBytes+1))),
			reason: v1alpha1.ReasonCredentialsMalformed, message: malformed + `key "token" has more than 16384 bytes`,
		},
		{
			name: "http", class: newClass(endpoint("http://vendor.test")),
			reason:  v1alpha1.ReasonClassInvalid,
			message: unusable + `the provider's endpoint must start with https://, or the credential would be sent in the clear`,
		},
		{
			name: "no URL", class: newClass(endpoint("vendor.test/v1")),
			reason: v1alpha1.ReasonClassInvalid, message: unusable + `the provider's endpoint must be an absolute https URL`,
		},
		{
			name: "broken URL", class: newClass(endpoint("https://vendor.test:x")),
			reason: v1alpha1.ReasonClassInvalid, message: unusable + `the provider's endpoint must be an absolute https URL`,
		},
		{
			name:    "settings the driver refuses",
			openErr: &provider.Error{Class: provider.Invalid, Op: "open account", Message: "the endpoint has no context path"},
			reason:  v1alpha1.ReasonClassInvalid, message: unusable + `the endpoint has no context path`,
		},
		{
			name:   "bad caBundle",
			tlsErr: &provider.Error{Class: provider.Invalid, Op: "open account", Message: "spec.caBundle has no certificate in PEM form"},
			reason: v1alpha1.ReasonClassInvalid, message: unusable + `spec.caBundle has no certificate in PEM form`,
		},
		{
			name: "another operator's vendor",
			class: newClass(func(class *v1alpha1.WorkspaceClass) {
				class.Spec.Provider = v1alpha1.Provider{Oceanbase: &v1alpha1.OceanbaseProvider{Endpoint: "https://vendor.test"}}
			}),
			reason: v1alpha1.ReasonClassInvalid, message: unusable + `this operator has no driver for provider "oceanbase"`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.class == nil {
				test.class = newClass()
			}
			if test.secret == nil {
				test.secret = newSecret()
			}
			w := newWorld(t, test.secret)
			w.driver.openErr, w.trips.err = test.openErr, test.tlsErr
			_, err := w.Open(t.Context(), test.class, "tenant")
			wantProblem(t, err, test.reason, test.message)
			if opened := w.driver.accounts(); len(opened) > 0 {
				t.Errorf("the driver was opened all the same: %v", opened)
			}
		})
	}
}

// What goes wrong by itself is no Problem: nobody has to act.
func TestOpenErrors(t *testing.T) {
	broken := errors.New("broken")
	for name, breakIt := range map[string]func(*world){
		"API server": func(w *world) {
			w.options.Reader = interceptor.NewClient(w.client, interceptor.Funcs{
				Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
					return broken
				},
			})
		},
		"driver":    func(w *world) { w.driver.openErr = broken },
		"transport": func(w *world) { w.trips.err = broken },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, newSecret())
			breakIt(w)
			_, err := w.Open(t.Context(), newClass(), "tenant")
			if _, ok := errors.AsType[*Problem](err); ok || !errors.Is(err, broken) {
				t.Errorf("got %v, want the error as it is", err)
			}
		})
	}
}

func TestOpenPassesOnWhatTheClassAndTheSecretSay(t *testing.T) {
	w := newWorld(t, newSecret(func(secret *corev1.Secret) {
		secret.Finalizers = []string{v1alpha1.FinalizerInUse}
		secret.Data["keyID"] = []byte("not for the class's own account")
	}))
	account := w.open(t, newClass())
	got := w.driver.accounts()[0]
	if got.Endpoint != "https://vendor.test/prometheus" || account.Endpoint() != got.Endpoint {
		t.Errorf("endpoint: driver has %q, account %q", got.Endpoint, account.Endpoint())
	}
	if diff := cmp.Diff(map[string]string{"acceptLanguage": "ja"}, got.Settings); diff != "" {
		t.Errorf("settings:\n%s", diff)
	}
	credential := map[string]string{}
	for key, value := range got.Credential {
		credential[key] = value.Reveal()
	}
	if diff := cmp.Diff(map[string]string{"token": canary, "clientHash": "hash"}, credential); diff != "" {
		t.Errorf("credential:\n%s", diff)
	}
	if got.Gate == nil || got.Transport == nil {
		t.Errorf("the driver was opened without gate or transport: %v", got)
	}
	if account.Provider() != "slaunchx" || len(account.Capabilities().CredentialKeys) != 2 {
		t.Errorf("provider %q, capabilities %v", account.Provider(), account.Capabilities())
	}
	want := Credentials{Namespace: "platform", Name: "admin", UID: "secret-uid", ResourceVersion: "999", Finalizers: []string{v1alpha1.FinalizerInUse}}
	if diff := cmp.Diff(want, account.Credentials()); diff != "" {
		t.Errorf("credentials:\n%s", diff)
	}
	account.Credentials().Finalizers[0] = "changed"
	if diff := cmp.Diff(want, account.Credentials()); diff != "" {
		t.Errorf("a caller can change the account:\n%s", diff)
	}
}

func TestCredentialsOfADeletedSecret(t *testing.T) {
	w := newWorld(t, newSecret(func(secret *corev1.Secret) { secret.Finalizers = []string{v1alpha1.FinalizerInUse} }))
	if w.open(t, newClass()).Credentials().Deleting {
		t.Error("a Secret nobody deleted is called deleting")
	}
	if err := w.client.Delete(t.Context(), newSecret()); err != nil {
		t.Fatal(err)
	}
	if !w.open(t, newClass()).Credentials().Deleting {
		t.Error("a deleted Secret that a finalizer holds is not called deleting")
	}
}

func TestHTTPForDevelopment(t *testing.T) {
	w := newWorld(t, newSecret())
	w.options.AllowHTTP = true
	w.open(t, newClass(endpoint("http://127.0.0.1:9090/x"), usedWith("127.0.0.1:9090")))
	_, err := w.Open(t.Context(), newClass(endpoint("ftp://vendor.test")), "tenant")
	wantProblem(t, err, v1alpha1.ReasonClassInvalid,
		`WorkspaceClass "prod" cannot be used: the provider's endpoint must start with https://, or the credential would be sent in the clear`)
}

func TestOpenOwn(t *testing.T) {
	own := func(edit ...func(*corev1.Secret)) *corev1.Secret {
		secret := newSecret(edit...)
		secret.Namespace, secret.Name, secret.UID = "operator", "ws-1", "own-uid"
		return secret
	}
	w := newWorld(t, newSecret(), own(data("keyID", "ak-7\n")))
	account, err := w.OpenOwn(t.Context(), newClass(), "ws-1")
	if err != nil {
		t.Fatal(err)
	}
	if got := w.driver.accounts()[0].Credential["keyID"].Reveal(); got != "ak-7" {
		t.Errorf("keyID: got %q, want ak-7", got)
	}
	if account == w.open(t, newClass()) {
		t.Error("the workspace's own account is the class's")
	}

	w = newWorld(t, own())
	if _, err := w.OpenOwn(t.Context(), newClass(), "ws-1"); err != nil {
		t.Errorf("without keyID: %v", err)
	}
	_, err = w.OpenOwn(t.Context(), newClass(), "ws-2")
	wantProblem(t, err, v1alpha1.ReasonCredentialsNotFound,
		`Secret "operator/ws-2" with the credential of WorkspaceClass "prod" does not exist: create it with the keys "token", "clientHash"`)

	w = newWorld(t, own(data("keyID", "a\tb")))
	_, err = w.OpenOwn(t.Context(), newClass(), "ws-1")
	wantProblem(t, err, v1alpha1.ReasonCredentialsMalformed,
		`Secret "operator/ws-1" holds no credential for WorkspaceClass "prod": key "keyID" has line breaks or control characters`)
}

func TestOneAccountForAll(t *testing.T) {
	w := newWorld(t, newSecret())
	var group sync.WaitGroup
	accounts := make([]*Account, 100)
	for i := range accounts {
		group.Go(func() {
			account, err := w.Open(t.Context(), newClass(), fmt.Sprintf("tenant-%d", i))
			if err != nil {
				t.Errorf("Open: %v", err)
			}
			accounts[i] = account
		})
	}
	group.Wait()
	for i, account := range accounts {
		if account != accounts[0] {
			t.Fatalf("caller %d has another account than caller 0", i)
		}
	}
	if opened := len(w.driver.accounts()); opened != 1 || w.trips.made != 1 {
		t.Errorf("%d sessions and %d transports for 100 callers", opened, w.trips.made)
	}
}

func TestAccountIsReplaced(t *testing.T) {
	for _, test := range []struct {
		name         string
		change       func(*testing.T, *world, *v1alpha1.WorkspaceClass)
		same         bool
		newTransport bool
	}{
		{name: "nothing changed", change: func(*testing.T, *world, *v1alpha1.WorkspaceClass) {}, same: true},
		{name: "another status", change: func(_ *testing.T, _ *world, class *v1alpha1.WorkspaceClass) { class.Status.Provider = "x" }, same: true},
		{name: "another spec", change: func(_ *testing.T, _ *world, class *v1alpha1.WorkspaceClass) { class.Generation++ }},
		{name: "another class", change: func(_ *testing.T, _ *world, class *v1alpha1.WorkspaceClass) { class.UID = "other" }},
		{name: "another caBundle", newTransport: true, change: func(_ *testing.T, _ *world, class *v1alpha1.WorkspaceClass) {
			class.Generation++
			class.Spec.CABundle = []byte("PEM")
		}},
		{name: "another credential", change: func(t *testing.T, w *world, _ *v1alpha1.WorkspaceClass) {
			if err := w.client.Update(t.Context(), newSecret(data("token", "other"))); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "another Secret", change: func(t *testing.T, w *world, _ *v1alpha1.WorkspaceClass) {
			if err := w.client.Delete(t.Context(), newSecret()); err != nil {
				t.Fatal(err)
			}
			if err := w.client.Create(t.Context(), newSecret(func(secret *corev1.Secret) { secret.UID = "other" })); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, class := newWorld(t, newSecret()), newClass()
			first := w.open(t, class)
			test.change(t, w, class)
			second := w.open(t, class)
			if (first == second) != test.same {
				t.Errorf("same account: %v, want %v", first == second, test.same)
			}
			if w.open(t, class) != second {
				t.Error("the third caller does not share with the second")
			}
			if closed := w.trips.closed > 0; closed != test.newTransport {
				t.Errorf("idle connections closed: %v, want %v", closed, test.newTransport)
			}
		})
	}
}

// Replacing a credential must not open the gate anew: the vendor counts on.
func TestGateOutlivesTheSession(t *testing.T) {
	w, class := newWorld(t, newSecret()), newClass()
	class.Spec.RateLimit = &v1alpha1.RequestRate{RequestsPerMinute: 4}
	reserve := func(key string) error {
		ctx, err := w.open(t, class).Reserve(t.Context(), key, 1, Issue)
		if err != nil {
			return err
		}
		return w.open(t, class).Session().Check(ctx)
	}
	if err := reserve("a"); err != nil {
		t.Fatalf("first request: %v", err)
	}
	if err := w.client.Update(t.Context(), newSecret(data("token", "other"))); err != nil {
		t.Fatal(err)
	}
	if err := reserve("b"); !provider.Is(err, provider.Throttled) {
		t.Errorf("after the credential changed: got %v, want Throttled", err)
	}
	class.Generation, class.Spec.RateLimit = 2, nil
	if w.clock.Advance(1); reserve("c") != nil {
		t.Error("a class without a limit is limited by the one it had")
	}
}

func TestIdleAccountsAreDropped(t *testing.T) {
	w, class := newWorld(t, newSecret()), newClass()
	first := w.open(t, class)
	for range 3 {
		w.clock.Advance(idleAfter)
		if w.open(t, class) != first {
			t.Error("an account that is in use was dropped")
		}
	}
	w.clock.Advance(idleAfter + 1)
	if w.open(t, class) == first {
		t.Error("an idle account was kept")
	}
	if w.trips.closed != 1 {
		t.Errorf("idle connections were closed %d times, want once", w.trips.closed)
	}
}

func TestAccountsAreBounded(t *testing.T) {
	w := newWorld(t)
	class := newClass(func(class *v1alpha1.WorkspaceClass) { class.Spec.CredentialsRef.Namespace = "" })
	for i := range maxAccounts + 10 {
		secret := newSecret(func(secret *corev1.Secret) { secret.Namespace = fmt.Sprintf("tenant-%d", i) })
		if err := w.client.Create(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(1)
		if _, err := w.Open(t.Context(), class, secret.Namespace); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(w.accounts.entries); got != maxAccounts {
		t.Errorf("%d accounts are kept, want %d", got, maxAccounts)
	}
	if _, ok := w.accounts.entries[slot{class: class.UID, secret: named("tenant-9", "admin")}]; ok {
		t.Error("the account that was unused for longest was kept")
	}
}

func TestNothingPrintsTheCredential(t *testing.T) {
	w := newWorld(t, newSecret(data("clientHash", canary+"\x00")), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "good", Namespace: "operator"}, Data: newSecret().Data,
	})
	_, err := w.Open(t.Context(), newClass(), "tenant")
	account, ownErr := w.OpenOwn(t.Context(), newClass(), "good")
	if ownErr != nil {
		t.Fatal(ownErr)
	}
	for _, thing := range []any{err, account, account.Session(), w.accounts, w.Broker} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, thing); strings.Contains(text, canary) {
				t.Errorf("%s of %T shows the credential", verb, thing)
			}
		}
	}
}
