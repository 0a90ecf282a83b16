package account

import (
	"context"
	"net/url"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// Host is the endpoint's host, and its port if it names one, in lower case: as
// the class's status and a Secret's list of allowed hosts have it. It answers
// with a [*Problem] where the class has no endpoint that can be used.
func (b *Broker) Host(class *v1alpha1.WorkspaceClass) (string, error) {
	vendor, err := b.vendor(class)
	if err != nil {
		return "", err
	}
	if err := b.checkEndpoint(class, vendor.endpoint); err != nil {
		return "", err
	}
	return hostOf(vendor.endpoint), nil
}

// hostOf is the host of an endpoint that was checked.
func hostOf(endpoint string) string {
	parsed, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return strings.ToLower(parsed.Host)
}

// checkHost refuses to send a credential to a host that its Secret does not
// allow. The credential of a single workspace follows that of the class to a
// host which the class's Secret names.
func (b *Broker) checkHost(ctx context.Context, class *v1alpha1.WorkspaceClass, place slot, secret *corev1.Secret, vendor *vendor) error {
	host := hostOf(vendor.endpoint)
	if allows(class, secret, host) {
		return nil
	}
	if !place.own {
		return hostNotAllowed(class, place.secret, host)
	}
	namespace, _, _ := strings.Cut(secret.Annotations[v1alpha1.AnnotationWorkspace], "/")
	parent := CredentialsKey(class, namespace)
	credential, err := b.readSecret(ctx, class, slot{secret: parent}, vendor.driver.Capabilities().CredentialKeys)
	if err != nil {
		return err
	}
	if named, _ := names(credential, host); !named {
		return hostNotAllowed(class, parent, host)
	}
	return nil
}

// allows reports whether the Secret's credential may go to the host: to those
// it names if it names any, else to the one that is on record.
func allows(class *v1alpha1.WorkspaceClass, secret *corev1.Secret, host string) bool {
	named, lists := names(secret, host)
	if lists {
		return named
	}
	return host != "" && host == class.Status.EndpointHost
}

// names reports whether the Secret names the host, and whether it lists hosts
// at all. A list that is empty is a list.
func names(secret *corev1.Secret, host string) (named, lists bool) {
	text, lists := secret.Annotations[v1alpha1.AnnotationAllowedHost]
	named = slices.ContainsFunc(strings.Split(text, ","), func(item string) bool {
		return host != "" && strings.ToLower(strings.TrimSpace(item)) == host
	})
	return named, lists
}
