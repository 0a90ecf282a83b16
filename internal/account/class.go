package account

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Class finds the class by name, or the default class for the empty name: of
// those with the annotation the newest, and of equally new ones the first by
// name. It answers with a [*Problem] where there is none.
func (b *Broker) Class(ctx context.Context, name string) (*v1alpha1.WorkspaceClass, error) {
	if name == "" {
		return b.defaultClass(ctx)
	}
	class := &v1alpha1.WorkspaceClass{}
	err := b.options.Cache.Get(ctx, client.ObjectKey{Name: name}, class)
	switch {
	case apierrors.IsNotFound(err):
		return nil, classNotFound(name)
	case err != nil:
		return nil, fmt.Errorf("read WorkspaceClass %q: %w", name, err)
	}
	return class, nil
}

func (b *Broker) defaultClass(ctx context.Context) (*v1alpha1.WorkspaceClass, error) {
	var classes v1alpha1.WorkspaceClassList
	if err := b.options.Cache.List(ctx, &classes); err != nil {
		return nil, fmt.Errorf("list WorkspaceClasses: %w", err)
	}
	defaults := slices.DeleteFunc(classes.Items, func(class v1alpha1.WorkspaceClass) bool {
		return class.Annotations[v1alpha1.AnnotationDefaultClass] != "true"
	})
	if len(defaults) == 0 {
		return nil, noDefaultClass()
	}
	first := slices.MinFunc(defaults, func(a, b v1alpha1.WorkspaceClass) int {
		if byAge := b.CreationTimestamp.Compare(a.CreationTimestamp.Time); byAge != 0 {
			return byAge
		}
		return strings.Compare(a.Name, b.Name)
	})
	return first.DeepCopy(), nil
}

// Admit answers nil if the class is open to the namespace and a [*Problem] if
// it is not. A class that says nothing is closed.
func (b *Broker) Admit(ctx context.Context, class *v1alpha1.WorkspaceClass, namespace string) error {
	allowed := class.Spec.AllowedNamespaces
	switch {
	case allowed == nil:
		return classNotAllowed(class, namespace)
	case allowed.From == v1alpha1.NamespacesFromAll:
		return nil
	case allowed.From != v1alpha1.NamespacesFromSelector:
		return classNotAllowed(class, namespace)
	}
	selector, err := metav1.LabelSelectorAsSelector(allowed.Selector)
	if err != nil {
		return classInvalid(class, "spec.allowedNamespaces.selector is no valid label selector")
	}
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := b.options.Cache.Get(ctx, client.ObjectKey{Name: namespace}, object); err != nil {
		return fmt.Errorf("read namespace %q: %w", namespace, err)
	}
	if !selector.Matches(labels.Set(object.Labels)) {
		return classNotAllowed(class, namespace)
	}
	return nil
}

// CredentialsKey names the Secret the class uses for a Workspace in the
// namespace: the class's own, or one the tenant brings.
func CredentialsKey(class *v1alpha1.WorkspaceClass, namespace string) types.NamespacedName {
	reference := class.Spec.CredentialsRef
	if reference.Namespace != "" {
		namespace = reference.Namespace
	}
	return types.NamespacedName{Namespace: namespace, Name: reference.Name}
}

// Driver gives the driver of the class's vendor, or a [*Problem].
func (b *Broker) Driver(class *v1alpha1.WorkspaceClass) (provider.Driver, error) {
	vendor, err := b.vendor(class)
	if err != nil {
		return nil, err
	}
	return vendor.driver, nil
}

// Capabilities are those of the class's vendor as far as the class's settings
// allow them. It answers with a [*Problem] as [Broker.Driver] does.
func (b *Broker) Capabilities(class *v1alpha1.WorkspaceClass) (provider.Capabilities, error) {
	vendor, err := b.vendor(class)
	if err != nil {
		return provider.Capabilities{}, err
	}
	can := vendor.driver.Capabilities()
	if setting := can.Workspace.DeleteSetting; setting != "" && vendor.settings[setting] != string(v1alpha1.Enabled) {
		can.Workspace.Delete = false
	}
	return can, nil
}

// AccountID is the vendor's account that holds the workspaces, where the class names
// it and not the credential alone. It answers with a [*Problem] as [Broker.Driver] does.
func (b *Broker) AccountID(class *v1alpha1.WorkspaceClass) (string, error) {
	vendor, err := b.vendor(class)
	if err != nil {
		return "", err
	}
	return vendor.settings[vendor.driver.Capabilities().AccountSetting], nil
}

// vendor is what the one member of spec.provider says.
type vendor struct {
	driver   provider.Driver
	endpoint string
	settings map[string]string
}

// vendor reads spec.provider by its JSON, so that it serves every vendor the
// API has without naming any.
func (b *Broker) vendor(class *v1alpha1.WorkspaceClass) (*vendor, error) {
	data, err := json.Marshal(class.Spec.Provider)
	if err != nil {
		return nil, fmt.Errorf("read spec.provider of WorkspaceClass %q: %w", class.Name, err)
	}
	var members map[string]map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, fmt.Errorf("read spec.provider of WorkspaceClass %q: %w", class.Name, err)
	}
	if len(members) != 1 {
		return nil, classInvalid(class, "spec.provider must have exactly one member")
	}
	found := &vendor{settings: map[string]string{}}
	for name, member := range members {
		driver, ok := b.options.Drivers(name)
		if !ok {
			return nil, classInvalid(class, fmt.Sprintf("this operator has no driver for provider %q", name))
		}
		found.driver = driver
		for key, value := range member {
			if text, ok := value.(string); ok {
				found.settings[key] = text
			}
		}
	}
	found.endpoint = found.settings["endpoint"]
	delete(found.settings, "endpoint")
	return found, nil
}

// checkEndpoint refuses to send a credential in the clear.
func (b *Broker) checkEndpoint(class *v1alpha1.WorkspaceClass, endpoint string) error {
	parsed, err := url.Parse(endpoint)
	switch {
	case err != nil || parsed.Host == "":
		return classInvalid(class, "the provider's endpoint must be an absolute https URL")
	case parsed.Scheme == "https" || parsed.Scheme == "http" && b.options.AllowHTTP:
		return nil
	}
	return classInvalid(class, "the provider's endpoint must start with https://, or the credential would be sent in the clear")
}
