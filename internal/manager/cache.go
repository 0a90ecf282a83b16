package manager

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// caching says what is kept in memory, and of which namespaces.
func caching(options Options) cache.Options {
	return cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{
			// The ledger is in our own namespace, and so is the right to read it.
			&v1alpha1.Orphan{}: {Namespaces: map[string]cache.Config{options.Namespace: {}}},
			&corev1.Secret{}:   ownSecrets(),
		},
	}
}

// ownSecrets narrows the watch of Secrets to those we have made, and what is kept
// of them to who owns them.
func ownSecrets() cache.ByObject {
	return cache.ByObject{
		Label: labels.SelectorFromSet(labels.Set{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}),
		Transform: func(watched any) (any, error) {
			if secret, ok := watched.(client.Object); ok {
				secret.SetManagedFields(nil)
				secret.SetAnnotations(nil)
			}
			return watched, nil
		},
	}
}
