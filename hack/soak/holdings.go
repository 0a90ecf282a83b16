package main

import (
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// holdings are what a vendor really has, and had.
type holdings struct{ workspaces, keys []invariant.Thing }

func holdingsOf(document json.RawMessage) (have holdings, err error) {
	have.workspaces, have.keys, err = invariant.Things(document)
	return have, err
}

// twice tells what was made twice, or is more than there may be at any moment: two keys of an ApiKey, one workspace of a Workspace.
func (have holdings) twice(vendor string, foreign strangers, byHand []string) (wrong []string) {
	keys, workspaces := map[string]int{}, map[string]int{}
	for _, key := range have.keys {
		if mark, isOurs := provider.ParseKeyName(key.Name); isOurs && key.Gone == nil {
			keys[mark.Owner()]++
		}
	}
	for _, workspace := range have.workspaces {
		_, isForeign := foreign[workspace.ID]
		if workspace.Gone == nil && !isForeign && !slices.Contains(byHand, workspace.ID) {
			workspaces[originOf(vendor, workspace)]++
		}
	}
	for owner, number := range keys {
		if number > 2 {
			wrong = append(wrong, fmt.Sprintf("%s has %d live keys with the mark %s", vendor, number, owner))
		}
	}
	for origin, number := range workspaces {
		if number > 1 {
			wrong = append(wrong, fmt.Sprintf("%s has %d live workspaces of %q", vendor, number, origin))
		}
	}
	return wrong
}

// originOf tells which Workspace the vendor's was made for: by its mark, and at guance, which has no place for one, by its name, which no two Workspaces here have.
func originOf(vendor string, workspace invariant.Thing) string {
	switch vendor {
	case harness.Portkey:
		if metadata, ok := workspace.Fields["metadata"].(map[string]any); ok {
			return fmt.Sprint(metadata["workspace_operator_owner"])
		}
	case harness.Groundfloor:
		return fmt.Sprint(workspace.Fields["slug"])
	}
	return workspace.Name
}

// unheld tells which live keys nobody has: no Secret holds the value, no ApiKey is about to revoke it, and it does not stand in the ledger.
func (have holdings) unheld(foreign strangers, secrets []*corev1.Secret, keys []*v1alpha1.ApiKey, ledger *invariant.Evidence) (wrong []string) {
	held := map[string]bool{}
	for _, secret := range secrets {
		for _, value := range secret.Data {
			held[string(value)] = true
		}
	}
	for _, key := range keys {
		for _, old := range key.Status.Retiring {
			held[old.KeyID] = true
		}
	}
	for _, key := range have.keys {
		_, isForeign := foreign[key.ID]
		if key.Gone == nil && !isForeign && !held[key.Value] && !held[key.ID] && !ledger.GivenUp("ApiKey", key) {
			wrong = append(wrong, fmt.Sprintf("%s has key %q (%s), which nobody holds", ledger.Vendor, key.Name, key.ID))
		}
	}
	return wrong
}
