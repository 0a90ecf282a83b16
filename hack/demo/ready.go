package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
)

const pollInterval = 100 * time.Millisecond

// list returns the samples of one kind.
func (d *demo) list(ctx context.Context, kind string) ([]unstructured.Unstructured, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(schema.GroupVersionKind{Group: "workspace-operator.io", Version: "v1alpha1", Kind: kind + "List"})
	err := d.client.List(ctx, list)
	return list.Items, err
}

// keyless is the sample whose vendor has no API keys: it gets where it should
// when its condition says so.
const keyless = "development-ci"

// waitUntilReady shows each object's way to Ready as it goes.
func (d *demo) waitUntilReady(ctx context.Context) error {
	started, shown := time.Now(), map[string]string{}
	err := wait.PollUntilContextTimeout(ctx, pollInterval, readyTimeout, true, func(ctx context.Context) (bool, error) {
		select {
		case <-d.operator.Done():
			return false, errors.New("the operator ended")
		default:
		}
		allReady := true
		for _, kind := range []string{"WorkspaceClass", "Workspace", "ApiKey"} {
			objects, err := d.list(ctx, kind)
			if err != nil {
				return false, err
			}
			for _, object := range objects {
				state, ready := readiness(object)
				if name := kind + " " + object.GetName(); shown[name] != state {
					shown[name] = state
					fmt.Printf("%5.1fs  %-30s %s\n", time.Since(started).Seconds(), name, state)
				}
				allReady = allReady && (ready || arrived(object))
			}
		}
		return allReady, nil
	})
	if err != nil {
		return fmt.Errorf("not every sample got where it should: %w", err)
	}
	return d.checkWorkspaces(ctx)
}

// arrived reports whether the object is the one that cannot become Ready, and
// says so.
func arrived(object unstructured.Unstructured) bool {
	state, _ := readiness(object)
	return object.GetName() == keyless && strings.HasPrefix(state, "Unsupported: ")
}

// readiness reads the Ready condition, as `kubectl wait --for=condition=Ready` does.
func readiness(object unstructured.Unstructured) (state string, ready bool) {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, each := range conditions {
		condition, ok := each.(map[string]any)
		if !ok || condition["type"] != "Ready" {
			continue
		}
		if condition["status"] == "True" {
			return "Ready", true
		}
		return fmt.Sprintf("%v: %v", condition["reason"], condition["message"]), false
	}
	return "not seen by the operator yet", false
}

// checkWorkspaces makes sure that a workspace shows the identity that the vendor gave it.
func (d *demo) checkWorkspaces(ctx context.Context) error {
	workspaces, err := d.list(ctx, "Workspace")
	if err != nil {
		return err
	}
	for _, workspace := range workspaces {
		status := func(field string) string {
			value, _, _ := unstructured.NestedString(workspace.Object, "status", field)
			return value
		}
		if status("uuid") == "" {
			return fmt.Errorf("workspace %s has no uuid in its status", workspace.GetName())
		}
		if status("provider") == "guance" && status("billingState") != "free" {
			return fmt.Errorf("workspace %s has billingState %q, want free", workspace.GetName(), status("billingState"))
		}
		if status("provider") == "groundfloor" && (status("state") != "active" || status("provisioningRunID") == "") {
			return fmt.Errorf("workspace %s has state %q and provisioningRunID %q, want active and one", workspace.GetName(), status("state"), status("provisioningRunID"))
		}
	}
	return nil
}
