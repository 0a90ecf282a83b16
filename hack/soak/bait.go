package main

import (
	"context"
	"maps"
	"slices"

	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// layBait has somebody make a workspace and a key at every vendor. It gives what is there, by vendor: the operator has no part in any of it.
func layBait(ctx context.Context, v *vendors) (map[string]strangers, error) {
	for _, vendor := range vendorNames() {
		fields := map[string]any{"name": workspaceName}
		if harness.Importable(vendor) != "" {
			fields["id"] = "bait-of-" + vendor
		}
		var made map[string]any
		if err := v.make(ctx, vendor, "workspaces", fields, &made); err != nil {
			return nil, err
		}
		if vendor == harness.Groundfloor {
			continue
		}
		home, of := made["id"], "workspaceID"
		if vendor == harness.Guance {
			home, of = made["uuid"], "workspaceUUID"
		}
		if err := v.make(ctx, vendor, "keys", map[string]any{"name": "ci", of: home}, nil); err != nil {
			return nil, err
		}
	}
	state, err := v.state(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]strangers{}
	for vendor, document := range state {
		have, err := holdingsOf(document)
		if err != nil {
			return nil, err
		}
		all[vendor] = strangers{}
		for _, thing := range slices.Concat(have.workspaces, have.keys) {
			all[vendor][thing.ID] = thing
		}
	}
	return all, nil
}

// strangers are the vendor's objects that nobody here has made, as they were at first, by their ids.
type strangers map[string]invariant.Thing

// all are in an order.
func (s strangers) all() []invariant.Thing {
	var all []invariant.Thing
	for _, id := range slices.Sorted(maps.Keys(s)) {
		all = append(all, s[id])
	}
	return all
}
