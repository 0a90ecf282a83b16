package engine

import (
	"bytes"
	"encoding/json"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// Restored reports whether the object carries our finalizer although we never
// gave it one: it was written down somewhere else, as in a backup, and what we
// knew of it was lost on the way. An entry of ours that is older than the object
// came along with it. The object has to be read live: the cache keeps no
// managed fields.
func Restored(obj client.Object) bool {
	if !controllerutil.ContainsFinalizer(obj, v1alpha1.Finalizer) || len(obj.GetManagedFields()) == 0 {
		return false
	}
	created := obj.GetCreationTimestamp()
	for _, entry := range obj.GetManagedFields() {
		ours := entry.Manager == FieldManager && entry.Subresource == "" && entry.FieldsV1 != nil
		if ours && entry.Time != nil && !entry.Time.Before(&created) && setsFinalizer(entry.FieldsV1.GetRawBytes()) {
			return false
		}
	}
	return true
}

// setsFinalizer reports whether the fields include our finalizer.
func setsFinalizer(fields []byte) bool {
	var owned struct {
		Metadata struct {
			Finalizers map[string]json.RawMessage `json:"f:finalizers"`
		} `json:"f:metadata"`
	}
	if json.NewDecoder(bytes.NewReader(fields)).Decode(&owned) != nil {
		return false
	}
	_, found := owned.Metadata.Finalizers[`v:"`+v1alpha1.Finalizer+`"`]
	return found
}
