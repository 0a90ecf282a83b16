package conformance

import (
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Subject is a driver under test, and what it has to be told.
type Subject struct {
	Driver provider.Driver
	// Credential is accepted by the driver's emulator from the start.
	Credential map[string]string
	// Settings are the emulator's for this vendor; nil leaves the defaults.
	Settings any
	// Workspace and Key are specs that the vendor takes.
	Workspace provider.WorkspaceSpec
	Key       provider.KeySpec
	// Change and KeyChange are what an update, or an amendment, makes of them.
	Change    provider.WorkspaceSpec
	KeyChange provider.KeySpec
}

// Run plays the contract. Every part starts an emulator of its own, so that
// what one breaks does not show in another.
func Run(t *testing.T, subject Subject) {
	t.Helper()
	parts := []struct {
		name string
		play func(*testing.T, Subject)
	}{
		{"open", testOpen},
		{"check", testCheck},
		{"life of a workspace", testWorkspaceLife},
		{"life of a key", testKeyLife},
		{"lists of many pages", testLists},
		{"abilities", testAbilities},
		{"one mutation per call", testOneMutation},
		{"lost answers", testLostAnswers},
		{"broken answers", testBrokenAnswers},
		{"throttling", testThrottling},
		{"deadlines", testDeadlines},
		{"the gate", testGate},
		{"hostile identifiers", testHostileIDs},
		{"at once", testAtOnce},
	}
	for _, part := range parts {
		t.Run(part.name, func(t *testing.T) { part.play(t, subject) })
	}
}
