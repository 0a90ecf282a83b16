package account

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// Problem is why an object has no account: a person or another object must
// act. It is an error so that it travels as one, and errors.AsType finds it.
//
//nolint:errname // what a condition shows is a problem, whoever returns it
type Problem struct {
	// Reason is one of the reasons in api/v1alpha1.
	Reason string
	// Message names the object to fix and says what to do. It is the same in
	// every attempt and holds nothing secret.
	Message string
	// Passes: the operator sees to it by itself, and nobody has to act.
	Passes bool
}

// Error gives the message.
func (p *Problem) Error() string { return p.Message }

func classNotFound(name string) *Problem {
	return &Problem{Reason: v1alpha1.ReasonClassNotFound, Message: fmt.Sprintf(
		"WorkspaceClass %q does not exist: create it, or name another class", name)}
}

func noDefaultClass() *Problem {
	return &Problem{Reason: v1alpha1.ReasonNoDefaultClass, Message: fmt.Sprintf(
		"no class is named and no WorkspaceClass is the default: name one in spec.className, or set the annotation %s: \"true\" on one",
		v1alpha1.AnnotationDefaultClass)}
}

func classNotAllowed(class *v1alpha1.WorkspaceClass, namespace string) *Problem {
	return &Problem{Reason: v1alpha1.ReasonClassNotAllowed, Message: fmt.Sprintf(
		"WorkspaceClass %q is not open to namespace %q: use another class, or ask for its spec.allowedNamespaces to include the namespace",
		class.Name, namespace)}
}

func classInvalid(class *v1alpha1.WorkspaceClass, what string) *Problem {
	return &Problem{Reason: v1alpha1.ReasonClassInvalid, Message: fmt.Sprintf("WorkspaceClass %q cannot be used: %s", class.Name, what)}
}

func credentialsNotFound(class *v1alpha1.WorkspaceClass, key types.NamespacedName, keys []string) *Problem {
	return &Problem{Reason: v1alpha1.ReasonCredentialsNotFound, Message: fmt.Sprintf(
		"Secret %q with the credential of WorkspaceClass %q does not exist: create it with %s",
		key, class.Name, keyNames(keys))}
}

func credentialsMalformed(class *v1alpha1.WorkspaceClass, key types.NamespacedName, faults []string) *Problem {
	return &Problem{Reason: v1alpha1.ReasonCredentialsMalformed, Message: fmt.Sprintf(
		"Secret %q holds no credential for WorkspaceClass %q: %s", key, class.Name, strings.Join(faults, ", "))}
}

func credentialsLeaving(key types.NamespacedName) *Problem {
	return &Problem{Reason: v1alpha1.ReasonCredentialsNotFound, Message: fmt.Sprintf(
		"Secret %q is being deleted: its credential serves what was made with it until that is gone, and nothing new; once it is gone, create it again", key)}
}

func classNotReady(class *v1alpha1.WorkspaceClass) *Problem {
	return &Problem{Reason: v1alpha1.ReasonClassNotReady, Passes: true, Message: fmt.Sprintf(
		"waiting until the operator has looked at WorkspaceClass %q for the first time", class.Name)}
}

func hostNotAllowed(class *v1alpha1.WorkspaceClass, key types.NamespacedName, host string) *Problem {
	return &Problem{Reason: v1alpha1.ReasonHostNotAllowed, Message: fmt.Sprintf(
		"the credential in Secret %q is not sent to %q, where the endpoint of WorkspaceClass %q is: if it belongs there, add that host to the Secret's annotation %s",
		key, host, class.Name, v1alpha1.AnnotationAllowedHost)}
}

func keyNames(keys []string) string {
	quoted := make([]string, len(keys))
	for i, key := range keys {
		quoted[i] = fmt.Sprintf("%q", key)
	}
	noun := "the keys "
	if len(keys) == 1 {
		noun = "the key "
	}
	return noun + strings.Join(quoted, ", ")
}
