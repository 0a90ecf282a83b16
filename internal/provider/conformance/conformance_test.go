package conformance_test

import (
	"maps"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

// settings are those of an emulated vendor, by their JSON name.
type settings = map[string]any

// variant is one answer to what a vendor's documentation leaves open, with what
// follows from it. What is empty stays as the vendor's subject has it.
type variant struct {
	settings settings
	// account is added to the class's own settings.
	account map[string]string
	key     *provider.KeySpec

	goneWorkspace, goneKey provider.Class
	cutOff                 func(int) bool
	challenge              time.Duration
	// unset is a setting of the class that is left out.
	unset string
}

// vendor is a subject and its variants by name. One of them has no settings.
type vendor struct {
	subject  conformance.Subject
	variants map[string]variant
}

// TestDrivers plays the suite for every driver there is, once for everything
// that its vendor's documentation leaves open.
func TestDrivers(t *testing.T) {
	vendors := map[string]vendor{
		"groundfloor": groundfloorVendor(), "guance": guanceVendor(), "oceanbase": oceanbaseVendor(),
		"portkey": portkeyVendor(), "slaunchx": slaunchxVendor(),
	}
	for _, driver := range catalog.All() {
		t.Run(driver.Name(), func(t *testing.T) {
			tested, ok := vendors[driver.Name()]
			if !ok {
				t.Fatal("there is no subject for this driver")
			}
			tested.subject.Driver = driver
			for name, variant := range tested.variants {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					conformance.Run(t, variant.of(tested.subject))
				})
			}
		})
	}
}

// of is the subject as it is under the variant.
func (v variant) of(subject conformance.Subject) conformance.Subject {
	account := maps.Clone(subject.Account)
	if account == nil {
		account = map[string]string{}
	}
	maps.Copy(account, v.account)
	delete(account, v.unset)
	subject.Account = account
	if v.settings != nil {
		// Without other settings of the class, the driver behaves the same.
		subject.Settings, subject.Again = v.settings, v.account == nil
	}
	if v.key != nil {
		subject.Key = *v.key
	}
	if v.goneWorkspace != "" {
		subject.GoneWorkspace = v.goneWorkspace
	}
	if v.goneKey != "" {
		subject.GoneKey = v.goneKey
	}
	if v.cutOff != nil {
		subject.CutOff = v.cutOff
	}
	subject.Challenge = v.challenge
	return subject
}
