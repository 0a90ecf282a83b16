package gen

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// WorkspaceClassModifier changes one thing about a WorkspaceClass.
type WorkspaceClassModifier func(*v1alpha1.WorkspaceClass)

// WorkspaceClass is a class of portkey with the credential Secret "credentials" in the namespace "workspace-operator-system", closed to everybody.
func WorkspaceClass(name string, mods ...WorkspaceClassModifier) *v1alpha1.WorkspaceClass {
	return WorkspaceClassFrom(&v1alpha1.WorkspaceClass{
		TypeMeta:   typeMeta("WorkspaceClass"),
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.WorkspaceClassSpec{
			Provider:       v1alpha1.Provider{Portkey: &v1alpha1.PortkeyProvider{Endpoint: "https://portkey.test/v1"}},
			CredentialsRef: v1alpha1.CredentialsReference{Name: "credentials", Namespace: "workspace-operator-system"},
		},
	}, mods...)
}

// WorkspaceClassFrom is a changed copy.
func WorkspaceClassFrom(original *v1alpha1.WorkspaceClass, mods ...WorkspaceClassModifier) *v1alpha1.WorkspaceClass {
	class := original.DeepCopy()
	for _, mod := range mods {
		mod(class)
	}
	return class
}

// SetWorkspaceClassMeta changes the metadata by its own modifiers.
func SetWorkspaceClassMeta(mods ...MetaModifier) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { modify(&c.ObjectMeta, mods) }
}

// SetWorkspaceClassDefault makes it the default class.
func SetWorkspaceClassDefault() WorkspaceClassModifier {
	return SetWorkspaceClassMeta(Annotation(v1alpha1.AnnotationDefaultClass, "true"))
}

// SetWorkspaceClassProvider replaces the provider.
func SetWorkspaceClassProvider(provider v1alpha1.Provider) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.Provider = provider }
}

// SetWorkspaceClassFreezeOnDelete sets what a deletion does at groundfloor, whose class it must be.
func SetWorkspaceClassFreezeOnDelete(freeze v1alpha1.Toggle) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.Provider.Groundfloor.FreezeOnDelete = freeze }
}

// SetWorkspaceClassAuth sets the HTTP authentication scheme at oceanbase, whose class it must be.
func SetWorkspaceClassAuth(scheme string) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.Provider.Oceanbase.Auth = scheme }
}

// SetWorkspaceClassUID sets the account id at oceanbase, whose class it must be.
func SetWorkspaceClassUID(uid string) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.Provider.Oceanbase.UID = uid }
}

// SetWorkspaceClassProduct sets the source product at oceanbase, whose class it must be.
func SetWorkspaceClassProduct(product string) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.Provider.Oceanbase.Product = product }
}

// SetWorkspaceClassAcceptLanguage sets the language of messages at slaunchx, whose class it must be.
func SetWorkspaceClassAcceptLanguage(language string) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.Provider.Slaunchx.AcceptLanguage = language }
}

// SetWorkspaceClassCredentials names the credential Secret; with an empty namespace it is each Workspace's own.
func SetWorkspaceClassCredentials(namespace, name string) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) {
		c.Spec.CredentialsRef = v1alpha1.CredentialsReference{Name: name, Namespace: namespace}
	}
}

// SetWorkspaceClassCABundle sets the authorities, as PEM.
func SetWorkspaceClassCABundle(pem []byte) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.CABundle = pem }
}

// SetWorkspaceClassOpen opens it to all namespaces.
func SetWorkspaceClassOpen() WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) {
		c.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromAll}
	}
}

// SetWorkspaceClassSelector opens it to the namespaces with these labels.
func SetWorkspaceClassSelector(labels map[string]string) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) {
		c.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{
			From: v1alpha1.NamespacesFromSelector, Selector: &metav1.LabelSelector{MatchLabels: labels},
		}
	}
}

// SetWorkspaceClassImportableIDs replaces the ids that may be imported.
func SetWorkspaceClassImportableIDs(ids ...string) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.ImportableIDs = ids }
}

// SetWorkspaceClassDeletionPolicy sets the deletion policy of Workspaces that name none.
func SetWorkspaceClassDeletionPolicy(policy v1alpha1.DeletionPolicy) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.DeletionPolicy = policy }
}

// SetWorkspaceClassAbandonAfter sets how long a deletion may wait.
func SetWorkspaceClassAbandonAfter(d time.Duration) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.AbandonAfter = &metav1.Duration{Duration: d} }
}

// SetWorkspaceClassResyncInterval sets how often the vendor is read.
func SetWorkspaceClassResyncInterval(d time.Duration) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.ResyncInterval = &metav1.Duration{Duration: d} }
}

// SetWorkspaceClassRateLimit bounds the requests to the vendor.
func SetWorkspaceClassRateLimit(requestsPerMinute, burst int32) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) {
		c.Spec.RateLimit = &v1alpha1.RequestRate{RequestsPerMinute: requestsPerMinute, Burst: burst}
	}
}

// SetWorkspaceClassKeyPolicy sets the guardrails of keys.
func SetWorkspaceClassKeyPolicy(policy v1alpha1.KeyPolicy) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.KeyPolicy = &policy }
}

// SetWorkspaceClassDefaults sets what Workspaces get that are silent.
func SetWorkspaceClassDefaults(defaults v1alpha1.WorkspaceDefaults) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Spec.Defaults = &defaults }
}

// SetWorkspaceClassStatus replaces the status.
func SetWorkspaceClassStatus(status v1alpha1.WorkspaceClassStatus) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) { c.Status = status }
}

// SetWorkspaceClassCondition sets one condition, at the present generation.
func SetWorkspaceClassCondition(condition metav1.Condition) WorkspaceClassModifier {
	return func(c *v1alpha1.WorkspaceClass) {
		setCondition(&c.Status.Conditions, c.Generation, condition)
	}
}
