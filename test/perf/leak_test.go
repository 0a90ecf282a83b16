package perf

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// The credentials of this run. They have characters that look different in a URL.
const (
	portkeyCredential = "pk+canary/7Hq2vZx9Lm4Rt8Wc=Yb3Nf6Kd1Sg5Pj0"
	guanceCredential  = "gu+canary/3Xn8Vb5Qk1Zr7Tm=Lc9Wd2Hf6Jp4Sy0"
	wrongCredential   = "no+canary/5Tz1Kw7Bx9Cv3Mn=Qd8Rf2Lg6Hj4Py0"
	brokenCredential  = "br+canary/9Dk4Ws7Zp2Xt6Qv=Hb1Nc5Lm8Rg3Jf0"
)

// leaks is one run in which everything goes wrong that may bring a secret to light.
type leaks struct {
	h        *harness.Harness
	operator *harness.Operator
	vendors  *harness.Vendors
	echo     *echo
}

// TestNothingLeaks looks for every credential and every key of a run full of failures wherever the operator can have left one.
func TestNothingLeaks(t *testing.T) {
	h, operator := start(t, "--zap-log-level=100")
	vendors, echo := careless(t, emulator.Options{PortkeyAdminKey: portkeyCredential, GuanceOwnerKey: guanceCredential})
	if err := vendors.SetSettings(harness.Guance, map[string]any{"showTokens": true}); err != nil {
		t.Fatal(err)
	}
	l := &leaks{h: h, operator: operator, vendors: vendors, echo: echo}
	l.refuseSecrets(t)
	for _, vendor := range []string{harness.Portkey, harness.Guance} {
		t.Run(vendor, func(t *testing.T) {
			t.Run("credential rejected", func(t *testing.T) { l.unusable(t, vendor, wrongCredential, v1alpha1.ReasonCredentialRejected) })
			t.Run("credential malformed", func(t *testing.T) {
				l.unusable(t, vendor, brokenCredential+"\nX-Header: 1", v1alpha1.ReasonCredentialsMalformed)
			})
			t.Run("errors that echo", func(t *testing.T) { l.echoes(t, vendor) })
			t.Run("answers lost", func(t *testing.T) { l.lose(t, vendor, fault.Lost) })
			t.Run("answers cut off", func(t *testing.T) { l.lose(t, vendor, fault.Truncate) })
			t.Run("secret refused", func(t *testing.T) { l.refused(t, vendor) })
		})
	}
	secrets := l.secrets(t)
	t.Logf("looking for %d secrets", len(secrets))
	for place, text := range l.places(t) {
		if len(secrets.find(text)) == 0 {
			continue
		}
		times, first := map[string]int{}, map[string]int{}
		for number, line := range strings.Split(text, "\n") {
			for _, what := range secrets.find(line) {
				if times[what]++; times[what] == 1 {
					first[what] = number + 1
				}
			}
		}
		for what, lines := range times {
			t.Errorf("%s has %s in %d lines, first in line %d", place, what, lines, first[what])
		}
	}
}

// unusable has a class whose credential does not work, and a Workspace of it.
func (l *leaks) unusable(t *testing.T, vendor, credential, reason string) {
	class := l.h.Class(t, l.vendors, vendor)
	secret := harness.CredentialSecret(harness.OperatorNamespace, class.Name+"-other", credential)
	l.h.Create(t, secret)
	before := class.DeepCopy()
	class.Spec.CredentialsRef.Name = secret.Name
	if err := l.h.Client.Patch(t.Context(), class, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	l.h.WaitReason(t, class, v1alpha1.ConditionReady, reason)
	ws := l.workspace(t, class)
	l.h.WaitReason(t, ws, v1alpha1.ConditionReady, reason)
}

// echoes plays every careless answer to the creation of a workspace, to that of a key, and to what is read while both are fine. Each has a class of its own: one that
// the vendor throttles stays so for a minute.
func (l *leaks) echoes(t *testing.T, vendor string) {
	defer l.echo.play(nil, answer{})
	for _, with := range answers(vendor) {
		l.echo.play(nil, answer{})
		ready := l.h.Class(t, l.vendors, vendor, gen.SetWorkspaceClassResyncInterval(time.Second))
		l.h.WaitReady(t, ready)
		ws := l.workspace(t, ready)
		l.h.WaitReady(t, ws)

		l.playUntilSeen(t, creationOfKeys, with, func() client.Object { return l.key(t, ws) })
		l.echo.play(nil, answer{})
		other := l.h.Class(t, l.vendors, vendor)
		l.h.WaitReady(t, other)
		l.playUntilSeen(t, creationOfWorkspaces, with, func() client.Object { return l.workspace(t, other) })
		l.playUntilSeen(t, reading, with, func() client.Object { return l.h.Class(t, l.vendors, vendor) })
	}
}

// playUntilSeen plays the answer until the object that is made meanwhile says that something is wrong.
func (l *leaks) playUntilSeen(t *testing.T, matches func(*http.Request) bool, with answer, create func() client.Object) {
	t.Helper()
	l.echo.play(matches, with)
	object := create()
	harness.Wait(t, l.h, object, fmt.Sprintf("the answer %d to be reported", with.status), func(seen client.Object) bool {
		return l.echo.count() > 0 && troubled(seen)
	})
}

// troubled reports whether the object says that something went wrong, and not merely that it waits for another.
func troubled(object client.Object) bool {
	ready := harness.Condition(object, v1alpha1.ConditionReady)
	return ready != nil && ready.Status != metav1.ConditionTrue && ready.Reason != v1alpha1.ReasonWorkspaceNotReady
}

func creationOfKeys(r *http.Request) bool {
	return r.Method == http.MethodPost && (strings.Contains(r.URL.Path, "/api-keys") || strings.HasSuffix(r.URL.Path, "/accesskey/add"))
}

func creationOfWorkspaces(r *http.Request) bool {
	return r.Method == http.MethodPost && (strings.HasSuffix(r.URL.Path, "/admin/workspaces") || strings.HasSuffix(r.URL.Path, "/workspace/create"))
}

func reading(r *http.Request) bool { return r.Method == http.MethodGet }

// lose has the vendor do the work and break off its answer, for a workspace and for a key.
func (l *leaks) lose(t *testing.T, vendor string, how fault.Action) {
	class := l.h.Class(t, l.vendors, vendor)
	l.h.WaitReady(t, class)
	ws := l.workspace(t, class)
	l.h.WaitReady(t, ws)
	defer l.vendors.ClearFaults()
	for _, create := range []func() client.Object{
		func() client.Object { return l.key(t, ws) },
		func() client.Object { return l.workspace(t, class) },
	} {
		l.vendors.ClearFaults()
		if _, err := l.vendors.AddFault(fault.Fault{Vendor: vendor, Method: http.MethodPost, Times: 1, Action: how}); err != nil {
			t.Fatal(err)
		}
		// Whoever finds the object again in the next pass may be Ready before anybody has seen the trouble.
		harness.Wait(t, l.h, create(), "a lost answer to be noticed", func(seen client.Object) bool { return troubled(seen) || harness.IsReady(seen) })
		if fired := l.vendors.Faults()[0].Fired; fired != 1 {
			t.Errorf("%d answers were lost, want 1", fired)
		}
	}
}

// refused lets an ApiKey be issued in a namespace that takes Secrets in rehearsal only.
func (l *leaks) refused(t *testing.T, vendor string) {
	class := l.h.Class(t, l.vendors, vendor)
	ws := l.workspace(t, class)
	l.h.WaitReady(t, ws)
	namespace := &corev1.Namespace{}
	if err := l.h.Client.Get(t.Context(), client.ObjectKey{Name: ws.Namespace}, namespace); err != nil {
		t.Fatal(err)
	}
	metav1.SetMetaDataLabel(&namespace.ObjectMeta, refusingLabel, "true")
	if err := l.h.Client.Update(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	gomega.NewWithT(t).Eventually(func() error {
		probe := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: ws.Namespace, GenerateName: "probe-"}}
		return l.h.Client.Create(t.Context(), probe)
	}, patience, interval).Should(gomega.MatchError(gomega.ContainSubstring(refusal)), "the policy does not come into force")
	key := l.key(t, ws)
	harness.Wait(t, l.h, client.Object(key), "the refusal to be noticed", troubled)
}

const (
	refusingLabel = "refuse-secrets"
	refusal       = "no Secrets here"
)

// refuseSecrets has the API server refuse Secrets in labelled namespaces, but for a dry run: what a policy does that comes into force at the worst moment.
func (l *leaks) refuseSecrets(t *testing.T) {
	t.Helper()
	policy := &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "refuse-secrets"},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{
				RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Create},
					Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"secrets"}},
				},
			}}},
			Validations: []admissionv1.Validation{{Expression: "has(request.dryRun) && request.dryRun", Message: refusal}},
		},
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: policy.Name},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName:        policy.Name,
			ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
			MatchResources:    &admissionv1.MatchResources{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{refusingLabel: "true"}}},
		},
	}
	l.h.Create(t, policy, binding)
}

func (l *leaks) workspace(t *testing.T, class *v1alpha1.WorkspaceClass) *v1alpha1.Workspace {
	t.Helper()
	ws := gen.Workspace("workspace", gen.SetWorkspaceClass(class.Name), gen.SetWorkspaceMeta(gen.InNamespace(l.h.Namespace(t))))
	l.h.Create(t, ws)
	return ws
}

func (l *leaks) key(t *testing.T, ws *v1alpha1.Workspace) *v1alpha1.ApiKey {
	t.Helper()
	mods := []gen.ApiKeyModifier{gen.SetApiKeyWorkspace(ws.Name), gen.SetApiKeyMeta(gen.InNamespace(ws.Namespace))}
	if ws.Status.Provider == harness.Portkey {
		mods = append(mods, gen.SetApiKeyScopes("logs.list"))
	}
	key := gen.ApiKey("key", mods...)
	l.h.Create(t, key)
	return key
}

// secrets are all credentials that the operator was given or sent, and all keys that were ever issued.
func (l *leaks) secrets(t *testing.T) canaries {
	t.Helper()
	all := canaries{}
	all.add("the credential of portkey", portkeyCredential)
	all.add("the credential of guance", guanceCredential)
	all.add("a credential not accepted", wrongCredential)
	all.add("a credential not well made", brokenCredential)
	for _, key := range l.vendors.Portkey().Keys {
		all.add("the value of portkey key "+key.ID, key.Secret)
	}
	for _, key := range l.vendors.Guance().Keys {
		all.add("the value of guance key "+key.UUID, key.SK)
	}
	for _, workspace := range l.vendors.Guance().Workspaces {
		all.add("the token of guance workspace "+workspace.UUID, workspace.Token)
		all.add("the CLI token of guance workspace "+workspace.UUID, workspace.CLIToken)
	}
	const fewest = 50 // each careless answer alone has one at each vendor
	if len(all) < fewest {
		t.Errorf("only %d secrets came into being: the run was not what it is meant to be", len(all))
	}
	return all
}

// places are all texts in which the operator can have left something, by their names.
func (l *leaks) places(t *testing.T) map[string]string {
	t.Helper()
	auditLog, err := os.ReadFile(l.h.Cluster.AuditLogPath())
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]string{
		"the operator's log":         l.operator.Log(),
		"the operator's metrics":     string(get(t, l.operator.MetricsURL)),
		"the API server's audit log": string(auditLog),
	}
	known, err := discovery.NewDiscoveryClientForConfig(l.h.Cluster.Config())
	if err != nil {
		t.Fatal(err)
	}
	groups, err := known.ServerPreferredResources()
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range groups {
		for _, resource := range group.APIResources {
			if slices.Contains(resource.Verbs, "list") {
				l.addObjects(t, places, schema.FromAPIVersionAndKind(group.GroupVersion, resource.Kind))
			}
		}
	}
	for _, needed := range []string{"Event", "Workspace", "ApiKey", "Secret"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(places)), func(place string) bool { return strings.HasPrefix(place, needed+" ") }) {
			t.Errorf("no %s was looked at", needed)
		}
	}
	return places
}

// addObjects adds every object of a kind. Of a Secret it leaves out what it is there to hold.
func (l *leaks) addObjects(t *testing.T, places map[string]string, kind schema.GroupVersionKind) {
	t.Helper()
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
	if err := l.h.Client.List(t.Context(), list); err != nil {
		t.Fatalf("list %s: %v", kind, err)
	}
	for _, object := range list.Items {
		if kind.Group == "" && kind.Kind == "Secret" {
			unstructured.RemoveNestedField(object.Object, "data")
		}
		text, err := json.Marshal(object.Object)
		if err != nil {
			t.Fatal(err)
		}
		places[fmt.Sprintf("%s %s/%s", kind.Kind, object.GetNamespace(), object.GetName())] = string(text)
	}
}
