package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// shownPart is how many characters of a value are printed: enough to see that it is there, too few to use it.
const shownPart = 3

// compareSecrets prints the Secret of each ApiKey with masked values and checks that it holds the very key that the vendor issued.
func (d *demo) compareSecrets(ctx context.Context) error {
	issued, err := d.issuedKeys(ctx)
	if err != nil {
		return err
	}
	apiKeys, err := d.list(ctx, "ApiKey")
	if err != nil {
		return err
	}
	for _, apiKey := range apiKeys {
		if apiKey.GetName() == keyless {
			if err := d.hasNoSecret(ctx, apiKey); err != nil {
				return err
			}
			continue
		}
		name, _, _ := unstructured.NestedString(apiKey.Object, "status", "binding", "name")
		secret := &corev1.Secret{}
		if err := d.client.Get(ctx, client.ObjectKey{Namespace: apiKey.GetNamespace(), Name: name}, secret); err != nil {
			return fmt.Errorf("the secret of apikey %s: %w", apiKey.GetName(), err)
		}
		fmt.Printf("Secret %s/%s\n", secret.Namespace, secret.Name)
		for _, key := range slices.Sorted(maps.Keys(secret.Data)) {
			fmt.Printf("  %-14s %s\n", key, mask(secret.Data[key]))
		}
		if value, ok := issued[string(secret.Data["keyID"])]; !ok || value != string(secret.Data["apiKey"]) {
			return fmt.Errorf("secret %s/%s does not hold the key that the vendor issued", secret.Namespace, secret.Name)
		}
		fmt.Println("  the value matches what the vendor issued")
	}
	return nil
}

// hasNoSecret makes sure that nothing was published for a key that cannot be, and prints what its condition says.
func (d *demo) hasNoSecret(ctx context.Context, apiKey unstructured.Unstructured) error {
	err := d.client.Get(ctx, client.ObjectKeyFromObject(&apiKey), &corev1.Secret{})
	if !apierrors.IsNotFound(err) {
		return fmt.Errorf("there should be no secret of apikey %s, and reading it says: %w", apiKey.GetName(), err)
	}
	state, _ := readiness(apiKey)
	fmt.Printf("ApiKey %s/%s has no Secret\n  %s\n", apiKey.GetNamespace(), apiKey.GetName(), state)
	return nil
}

// mask shows the beginning of a value.
func mask(value []byte) string {
	return string(value[:min(len(value), shownPart)]) + "****"
}

// issuedKeys asks the emulator for the keys that live at the vendors: their values by their ids.
func (d *demo) issuedKeys(ctx context.Context) (map[string]string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.emulator+"/_control/state", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var vendors map[string]struct {
		Keys []struct {
			ID, Secret string // as most vendors call them
			UUID, SK   string // as guance does
			DeletedAt  *string
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&vendors); err != nil {
		return nil, fmt.Errorf("the emulator's state: %w", err)
	}
	values := map[string]string{}
	for _, vendor := range vendors {
		for _, key := range vendor.Keys {
			if key.DeletedAt == nil {
				values[key.ID+key.UUID] = key.Secret + key.SK
			}
		}
	}
	return values, nil
}
