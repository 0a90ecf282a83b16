package conformance

import (
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Subject is a driver under test, and what it has to be told.
type Subject struct {
	Driver provider.Driver
	// Account are the vendor's own members of the class, by their JSON name.
	Account map[string]string
	// Credential is accepted by the driver's emulator from the start.
	Credential map[string]string
	// Settings are the emulator's for this vendor; nil leaves the defaults.
	Settings any
	// Existing is a workspace that the emulator has from the start. Empty where
	// the vendor can create one; it is needed where the vendor is not Checkable.
	Existing string
	// Workspace and Key are specs that the vendor takes.
	Workspace provider.WorkspaceSpec
	Key       provider.KeySpec
	// Change and KeyChange are what an update, or an amendment, makes of them.
	// They set every field that is Changeable, each to another value.
	Change    provider.WorkspaceSpec
	KeyChange provider.KeySpec

	// Codes are the errors that the vendor documents.
	Codes []Code
	// GoneWorkspace and GoneKey are the class of reading what no longer exists.
	GoneWorkspace, GoneKey provider.Class
	// Unreadable is a change made to a workspace out of band after which the
	// account may not read it any more; nil where the vendor has no such thing.
	Unreadable any
	// Buildings are the ways in which the vendor builds workspaces in its own
	// time; none where a workspace is there as soon as it is created.
	Buildings []Building
	// CutOff reports whether a list of so many workspaces is cut short without a
	// word, or looks as if it were, so that it has to be refused. Nil is never.
	CutOff func(count int) bool
	// Challenge is how long the vendor accepts an answer to its challenge, after
	// which it refuses the next request for a new one; 0 if it has no challenges.
	Challenge time.Duration

	// Again says that the suite was played with other settings of the emulator
	// before. Parts in which the emulator does not speak for itself are left out.
	Again bool

	// before is how many requests of an operation precede the one that matters:
	// some have to read before they write.
	before map[string]int
}

// Code is one error as the vendor documents it.
type Code struct {
	Status int
	// Name is the documented code, which a message has to show; empty where there
	// is none, and the vendor's words have to do.
	Name string
	// Body has %s where the vendor's words stand.
	Body string
	// RequestID is the name that the body gives the exchange, if it does.
	RequestID string
	Class     provider.Class
	// Uncertain says whether a mutation that is answered so may have happened.
	Uncertain bool
}

// Building is one way to build a workspace after its creation was answered.
type Building struct {
	Name string
	// Settings are the emulator's, on top of the subject's.
	Settings any
	// Row is when the workspace is first shown and Done when it can be used,
	// both counted from its creation. [Never] is never.
	Row, Done time.Duration
}

// Never is the time of what does not happen.
const Never time.Duration = -1

// part is a chapter of the suite.
type part struct {
	name string
	play func(*testing.T, Subject)
	// once is true where the emulator's settings make no difference.
	once bool
}

// Run plays the contract. Every part starts emulators of its own, so that what
// one breaks does not show in another.
func Run(t *testing.T, subject Subject) {
	t.Helper()
	subject.before = measure(t, subject)
	for _, part := range parts() {
		if part.once && subject.Again {
			continue
		}
		t.Run(part.name, func(t *testing.T) { part.play(t, subject) })
	}
}

func parts() []part {
	return []part{
		{"open", testOpen, true},
		{"check", testCheck, false},
		{"life of a workspace", testWorkspaceLife, false},
		{"what a workspace must have", testWorkspaceRequired, true},
		{"marks", testMarks, false},
		{"changes of a workspace", testWorkspaceChanges, false},
		{"what is cleared of a workspace", testWorkspaceClears, false},
		{"buildings", testBuildings, false},
		{"life of a key", testKeyLife, false},
		{"changes of a key", testKeyChanges, false},
		{"what a key must have", testKeyRequired, true},
		{"what is gone", testGone, false},
		{"lists of many pages", testLists, false},
		{"abilities", testAbilities, false},
		{"one mutation per call", testOneMutation, false},
		{"lost answers", testLostAnswers, false},
		{"broken answers", testBrokenAnswers, true},
		{"empty answers", testEmptyAnswers, true},
		{"documented errors", testCodes, true},
		{"challenges", testChallenges, false},
		{"throttling", testThrottling, false},
		{"deadlines", testDeadlines, true},
		{"the gate", testGate, true},
		{"hostile identifiers", testHostileIDs, false},
		{"at once", testAtOnce, false},
	}
}
