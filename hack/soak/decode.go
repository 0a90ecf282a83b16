package main

import (
	"encoding/json"
	"fmt"
	"strings"

	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// Where the API server keeps what the checks are about.
const (
	secretsPrefix    = "/registry/secrets/"
	namespacesPrefix = "/registry/namespaces/"
	ownPrefix        = "/registry/workspace-operator.io/"
)

// decode reads an object of ours, a Secret or a namespace as etcd has it; nil of anything else.
func decode(key string, value []byte) (client.Object, error) {
	if strings.HasPrefix(key, secretsPrefix) || strings.HasPrefix(key, namespacesPrefix) {
		object, _, err := clientgoscheme.Codecs.UniversalDeserializer().Decode(value, nil, nil)
		if err != nil {
			return nil, err
		}
		builtIn, isObject := object.(client.Object)
		if !isObject {
			return nil, fmt.Errorf("%T is no object", object)
		}
		return builtIn, nil
	}
	kind, isOurs := strings.CutPrefix(key, ownPrefix)
	if !isOurs {
		return nil, nil
	}
	kind, _, _ = strings.Cut(kind, "/")
	var object client.Object
	switch kind {
	case "workspaceclasses":
		object = &v1alpha1.WorkspaceClass{}
	case "workspaces":
		object = &v1alpha1.Workspace{}
	case "apikeys":
		object = &v1alpha1.ApiKey{}
	case "orphans":
		object = &v1alpha1.Orphan{}
	default:
		return nil, fmt.Errorf("what are %s", kind)
	}
	return object, json.Unmarshal(value, object)
}
