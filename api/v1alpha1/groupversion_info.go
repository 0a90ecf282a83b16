// Package v1alpha1 holds the kinds users write: WorkspaceClass, Workspace and
// ApiKey, with every condition and reason they can show; and Orphan, which the
// operator writes for its administrators.
//
// +kubebuilder:object:generate=true
// +groupName=workspace-operator.io
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the group and version of every kind in this package.
var GroupVersion = schema.GroupVersion{Group: "workspace-operator.io", Version: "v1alpha1"}

// AddToScheme registers the kinds of this package.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&WorkspaceClass{}, &WorkspaceClassList{},
		&Workspace{}, &WorkspaceList{},
		&ApiKey{}, &ApiKeyList{},
		&Orphan{}, &OrphanList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
