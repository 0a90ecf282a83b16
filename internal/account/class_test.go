package account

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func candidate(name string, age time.Duration, isDefault string) client.Object {
	return &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{
		Name:              name,
		CreationTimestamp: metav1.NewTime(epoch.Add(-age)),
		Annotations:       map[string]string{v1alpha1.AnnotationDefaultClass: isDefault},
	}}
}

func TestClass(t *testing.T) {
	for _, test := range []struct {
		name            string
		classes         []client.Object
		ask             string
		want            string
		reason, message string
	}{
		{name: "by name", classes: []client.Object{candidate("a", 0, ""), candidate("b", 0, "true")}, ask: "a", want: "a"},
		{
			name: "unknown name", classes: []client.Object{candidate("a", 0, "true")}, ask: "b",
			reason: v1alpha1.ReasonClassNotFound, message: `WorkspaceClass "b" does not exist: create it, or name another class`,
		},
		{name: "the default", classes: []client.Object{candidate("a", 0, ""), candidate("b", time.Hour, "true")}, want: "b"},
		{name: "the newest default", classes: []client.Object{candidate("a", time.Hour, "true"), candidate("b", time.Minute, "true"), candidate("c", 2*time.Hour, "true")}, want: "b"},
		{name: "equally new defaults", classes: []client.Object{candidate("c", 0, "true"), candidate("b", 0, "true")}, want: "b"},
		{
			name: "no default", classes: []client.Object{candidate("a", 0, ""), candidate("b", 0, "True"), candidate("c", 0, "false")},
			reason:  v1alpha1.ReasonNoDefaultClass,
			message: `no class is named and no WorkspaceClass is the default: name one in spec.className, or set the annotation workspace-operator.io/is-default-class: "true" on one`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			class, err := newWorld(t, test.classes...).Class(t.Context(), test.ask)
			if test.reason != "" {
				wantProblem(t, err, test.reason, test.message)
				return
			}
			if err != nil || class.Name != test.want {
				t.Errorf("got %v, %v, want class %s", class, err, test.want)
			}
		})
	}
}

func TestAdmit(t *testing.T) {
	closed := `WorkspaceClass "prod" is not open to namespace "tenant": use another class, or ask for its spec.allowedNamespaces to include the namespace`
	selector := func(selector metav1.LabelSelector) *v1alpha1.AllowedNamespaces {
		return &v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromSelector, Selector: &selector}
	}
	for _, test := range []struct {
		name            string
		allowed         *v1alpha1.AllowedNamespaces
		reason, message string
	}{
		{name: "silent", reason: v1alpha1.ReasonClassNotAllowed, message: closed},
		{name: "none", allowed: &v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromNone}, reason: v1alpha1.ReasonClassNotAllowed, message: closed},
		{name: "a word of a later version", allowed: &v1alpha1.AllowedNamespaces{From: "Same"}, reason: v1alpha1.ReasonClassNotAllowed, message: closed},
		{name: "all", allowed: &v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromAll}},
		{name: "selected", allowed: selector(metav1.LabelSelector{MatchLabels: map[string]string{"team": "a"}})},
		{name: "an empty selector selects all", allowed: selector(metav1.LabelSelector{})},
		{
			name:    "not selected",
			allowed: selector(metav1.LabelSelector{MatchLabels: map[string]string{"team": "b"}}),
			reason:  v1alpha1.ReasonClassNotAllowed, message: closed,
		},
		{
			name:    "no selector",
			allowed: &v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromSelector},
			reason:  v1alpha1.ReasonClassNotAllowed, message: closed,
		},
		{
			name:    "a selector that selects nothing",
			allowed: selector(metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: "Near"}}}),
			reason:  v1alpha1.ReasonClassInvalid, message: `WorkspaceClass "prod" cannot be used: spec.allowedNamespaces.selector is no valid label selector`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "tenant", Labels: map[string]string{"team": "a"}}})
			err := w.Admit(t.Context(), newClass(func(class *v1alpha1.WorkspaceClass) { class.Spec.AllowedNamespaces = test.allowed }), "tenant")
			if test.reason != "" {
				wantProblem(t, err, test.reason, test.message)
			} else if err != nil {
				t.Errorf("not admitted: %v", err)
			}
		})
	}
}

// A cache that cannot be read is nobody's mistake, so it is no Problem.
func TestBrokenCache(t *testing.T) {
	w := newWorld(t)
	broken := errors.New("broken")
	w.options.Cache = interceptor.NewClient(w.client, interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return broken
		},
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return broken },
	})
	_, byName := w.Class(t.Context(), "prod")
	_, byDefault := w.Class(t.Context(), "")
	selected := newClass(func(class *v1alpha1.WorkspaceClass) {
		class.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromSelector, Selector: &metav1.LabelSelector{}}
	})
	for name, err := range map[string]error{"by name": byName, "by default": byDefault, "admit": w.Admit(t.Context(), selected, "tenant")} {
		if !errors.Is(err, broken) {
			t.Errorf("%s: got %v, want the error of the cache", name, err)
		}
		if _, ok := errors.AsType[*Problem](err); ok {
			t.Errorf("%s: a broken cache is shown as a problem somebody must fix: %v", name, err)
		}
	}
}

func TestCredentialsKey(t *testing.T) {
	class := newClass()
	if got := CredentialsKey(class, "tenant"); got != named("platform", "admin") {
		t.Errorf("the class's own Secret: got %v", got)
	}
	class.Spec.CredentialsRef.Namespace = ""
	if got := CredentialsKey(class, "tenant"); got != named("tenant", "admin") {
		t.Errorf("the tenant's Secret: got %v", got)
	}
}

func TestDriver(t *testing.T) {
	w := newWorld(t)
	if found, err := w.Driver(newClass()); err != nil || found != w.driver {
		t.Errorf("got %v, %v, want the driver", found, err)
	}
	_, err := w.Driver(newClass(func(class *v1alpha1.WorkspaceClass) {
		class.Spec.Provider = v1alpha1.Provider{Portkey: &v1alpha1.PortkeyProvider{Endpoint: "https://vendor.test"}}
	}))
	wantProblem(t, err, v1alpha1.ReasonClassInvalid, `WorkspaceClass "prod" cannot be used: this operator has no driver for provider "portkey"`)
	_, err = w.Driver(newClass(func(class *v1alpha1.WorkspaceClass) { class.Spec.Provider = v1alpha1.Provider{} }))
	wantProblem(t, err, v1alpha1.ReasonClassInvalid, `WorkspaceClass "prod" cannot be used: spec.provider must have exactly one member`)
}

// TestCapabilities: what the class does not enable cannot be done.
func TestCapabilities(t *testing.T) {
	freeze := func(setting v1alpha1.Toggle) *v1alpha1.WorkspaceClass {
		return newClass(func(class *v1alpha1.WorkspaceClass) {
			class.Spec.Provider = v1alpha1.Provider{Groundfloor: &v1alpha1.GroundfloorProvider{
				Endpoint: "https://vendor.test", AccountID: "a", FreezeOnDelete: setting,
			}}
		})
	}
	for _, test := range []struct {
		name    string
		class   *v1alpha1.WorkspaceClass
		setting string
		can     bool
		want    bool
	}{
		{"enabled", freeze(v1alpha1.Enabled), "freezeOnDelete", true, true},
		{"disabled", freeze(v1alpha1.Disabled), "freezeOnDelete", true, false},
		{"the class is silent", freeze(""), "freezeOnDelete", true, false},
		{"a word of a later version", freeze("Always"), "freezeOnDelete", true, false},
		{"the setting is not the class's to make", freeze(v1alpha1.Enabled), "other", true, false},
		{"no setting is needed", freeze(v1alpha1.Disabled), "", true, true},
		{"a setting makes nothing possible that is not", freeze(v1alpha1.Enabled), "freezeOnDelete", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.driver.name = "groundfloor"
			w.driver.capabilities = provider.Capabilities{
				Checkable: true, CredentialKeys: []string{"token"},
				Workspace: provider.WorkspaceCapabilities{Create: true, Delete: test.can, DeleteSetting: test.setting, DeleteMeans: "it is frozen"},
				Key:       provider.KeyCapabilities{Instead: "none"},
			}
			want := w.driver.capabilities
			want.Workspace.Delete = test.want
			got, err := w.Capabilities(test.class)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if w.driver.Capabilities().Workspace.Delete != test.can {
				t.Error("one class's setting changed what the vendor can do for all")
			}
		})
	}
	_, err := newWorld(t).Capabilities(freeze(v1alpha1.Enabled))
	wantProblem(t, err, v1alpha1.ReasonClassInvalid, `WorkspaceClass "prod" cannot be used: this operator has no driver for provider "groundfloor"`)
}

// TestAccountID is what the class says under the name that the vendor has for it.
func TestAccountID(t *testing.T) {
	groundfloor := v1alpha1.Provider{Groundfloor: &v1alpha1.GroundfloorProvider{AccountID: "aa-1"}}
	oceanbase := v1alpha1.Provider{Oceanbase: &v1alpha1.OceanbaseProvider{OrganizationID: "org-1"}}
	for _, test := range []struct {
		driver, setting string
		provider        v1alpha1.Provider
		want            string
	}{
		{"groundfloor", "accountID", groundfloor, "aa-1"},
		{"oceanbase", "organizationID", oceanbase, "org-1"},
		{"oceanbase", "", oceanbase, ""},
	} {
		w := newWorld(t)
		w.driver.name = test.driver
		w.driver.capabilities.AccountSetting = test.setting
		got, err := w.AccountID(&v1alpha1.WorkspaceClass{Spec: v1alpha1.WorkspaceClassSpec{Provider: test.provider}})
		if err != nil || got != test.want {
			t.Errorf("%s by %q: got %q, %v, want %q", test.driver, test.setting, got, err, test.want)
		}
	}
}
