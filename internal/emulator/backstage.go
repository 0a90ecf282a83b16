package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
)

// errNotFound marks errors about a vendor that does not exist.
var errNotFound = errors.New("not found")

// with runs an act on one vendor, alone.
func (e *Emulator) with(name string, act func(vendor) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	v, ok := e.vendors[name]
	if !ok {
		return fmt.Errorf("vendor %q: %w", name, errNotFound)
	}
	return act(v)
}

// change runs an act on one vendor and saves what it changed.
func (e *Emulator) change(name string, act func(vendor) error) error {
	return e.with(name, func(v vendor) error {
		if err := act(v); err != nil {
			return err
		}
		return e.save()
	})
}

// CreateObject makes an object at a vendor out of band and returns a copy of
// it. kind is workspaces or keys; fields, encoded as JSON, are the fields that
// the state shows for such an object; others get defaults.
func (e *Emulator) CreateObject(vendorName, kind string, fields any) (json.RawMessage, error) {
	return e.edit(vendorName, fields, func(v vendor, data []byte) (any, error) {
		return v.Create(kind, data)
	})
}

// ChangeObject sets fields of an object at a vendor out of band and returns a
// copy of it.
func (e *Emulator) ChangeObject(vendorName, kind, id string, fields any) (json.RawMessage, error) {
	return e.edit(vendorName, fields, func(v vendor, data []byte) (any, error) {
		return v.Change(kind, id, data)
	})
}

// RemoveObject deletes an object at a vendor out of band. The keys of a
// workspace go with it.
func (e *Emulator) RemoveObject(vendorName, kind, id string) error {
	return e.change(vendorName, func(v vendor) error { return v.Remove(kind, id) })
}

func (e *Emulator) edit(name string, fields any, act func(vendor, []byte) (any, error)) (json.RawMessage, error) {
	data, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	var out json.RawMessage
	err = e.change(name, func(v vendor) error {
		object, err := act(v, data)
		if err != nil {
			return err
		}
		out, err = json.Marshal(object)
		return err
	})
	return out, err
}

// SetSettings sets the settings that settings, encoded as JSON, names; others
// stay. Every vendor's Settings type says what there is.
func (e *Emulator) SetSettings(vendorName string, settings any) error {
	data, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	return e.change(vendorName, func(v vendor) error { return v.Configure(data) })
}

// Credentials returns the credentials a vendor accepts from its owner.
func (e *Emulator) Credentials(vendorName string) (credentials []string, err error) {
	err = e.with(vendorName, func(v vendor) error {
		credentials = v.Credentials()
		return nil
	})
	return credentials, err
}

// SetCredentials makes these the only credentials a vendor accepts from its
// owner. Keys that were issued through the API are not affected.
func (e *Emulator) SetCredentials(vendorName string, credentials ...string) error {
	return e.change(vendorName, func(v vendor) error { return v.SetCredentials(credentials) })
}

// Reset goes back to the start: no objects, no log, no faults, the options'
// credentials and settings.
func (e *Emulator) Reset() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.vendors = e.newVendors()
	e.faults.Clear()
	e.log.Clear()
	return e.save()
}

// documents collects one document of every vendor, encoded while nothing moves.
func (e *Emulator) documents(of func(vendor) any) (map[string]json.RawMessage, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := map[string]json.RawMessage{}
	for name, v := range e.vendors {
		data, err := json.Marshal(of(v))
		if err != nil {
			return nil, err
		}
		out[name] = data
	}
	return out, nil
}
