package main

import (
	"context"
	"encoding/json"
	"fmt"
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
			all[vendor][thing.ID] = fieldsOf(thing)
		}
	}
	return all, nil
}

// strangers are the vendor's objects that nobody here has made, and how they were at first, by their ids.
type strangers map[string]string

// ids are in an order.
func (s strangers) ids() []string { return slices.Sorted(maps.Keys(s)) }

// named are they by their ids alone.
func (s strangers) named() []invariant.Thing {
	all := make([]invariant.Thing, 0, len(s))
	for _, id := range s.ids() {
		all = append(all, invariant.Thing{ID: id})
	}
	return all
}

// among are they as they are now; whether that is as they were is asked elsewhere.
func (s strangers) among(have holdings) []invariant.Thing {
	return slices.DeleteFunc(slices.Concat(have.workspaces, have.keys), func(thing invariant.Thing) bool {
		_, isStranger := s[thing.ID]
		return !isStranger
	})
}

// changed tells which are not what they were.
func (s strangers) changed(have holdings) (wrong []string) {
	now := map[string]string{}
	for _, thing := range slices.Concat(have.workspaces, have.keys) {
		now[thing.ID] = fieldsOf(thing)
	}
	for _, id := range s.ids() {
		if now[id] != s[id] {
			wrong = append(wrong, fmt.Sprintf("what the operator has no part in was %s, and is %s", s[id], now[id]))
		}
	}
	return wrong
}

func fieldsOf(thing invariant.Thing) string {
	text, err := json.Marshal(thing.Fields)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
