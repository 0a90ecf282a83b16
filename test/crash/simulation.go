package crash

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

const (
	// lifetime is how long a simulated world goes on.
	lifetime = 365 * 24 * time.Hour
	// turnover is after what time a key is replaced there, and soonest what the operator makes of that at least.
	turnover = 30 * 24 * time.Hour
	soonest  = turnover * 9 / 10
)

// slow is the pace of a world that goes on for a year.
func slow() pace { return pace{resync: 24 * time.Hour, credentials: 24 * time.Hour, passes: 50_000} }

// weather is how often calls go wrong.
type weather struct {
	name string
	// odds is one in so many; 0 is never.
	odds int
	// only is whose calls; empty is everybody's.
	only Side
}

func weathers() []weather {
	return []weather{{name: "fair"}, {"rough", 12, ""}, {"the vendor is away", 1, Vendor}, {"a flaky vendor", 3, Vendor}, {"a flaky cluster", 5, Cluster}}
}

// simulation is a world that goes on for a year, in which a seed decides what happens.
type simulation struct {
	*World
	random  *rand.Rand
	weather weather
	// asked is how often each key was given a cause to be replaced, besides its age.
	asked map[types.UID]int
	// told is what has happened.
	told []string
}

// Simulate lets a year go by, in which chance decides what happens, with one operator or with several at once. It has to be called in a bubble.
func (l *Lab) Simulate(t testing.TB, vendor string, operators int, chance *rand.Rand) History {
	t.Helper()
	w := l.world(t, vendor, slow())
	s := &simulation{World: w, random: chance, asked: map[types.UID]int{}}
	w.settle()
	if operators > 1 {
		w.process = nil
		w.employ(operators, func(able []*member) *member { return able[chance.IntN(len(able))] })
		w.settle()
	}
	s.disturb(s.wrong)
	end := time.Now().Add(lifetime)
	for time.Now().Before(end) {
		s.weather = weathers()[s.random.IntN(len(weathers()))]
		for range 1 + s.random.IntN(2) {
			s.act()
		}
		if s.random.IntN(3) == 0 {
			s.fallBehind()
		}
		s.goOn(time.Duration(1+s.random.IntN(120)) * time.Minute)
		s.weather = weather{}
		s.goOn(time.Duration(s.random.IntN(12*24)) * time.Hour)
		s.count()
		s.resolve()
	}
	s.disturb(nil)
	w.settle()
	s.count()
	history := w.finish(Scenario{Name: fmt.Sprintf("a year: %q", s.told)})
	for _, process := range s.processes() {
		history.Calls = append(history.Calls, process.plan.Calls...)
	}
	return history
}

// processes are those of all operators.
func (s *simulation) processes() (all []*process) {
	if s.crew == nil {
		return []*process{s.process}
	}
	for _, m := range s.crew.members {
		all = append(all, m.process)
	}
	return all
}

// disturb has the calls of all operators go wrong as it says from now on; nil is not at all.
func (s *simulation) disturb(wrong func(Call) Kind) {
	for _, process := range s.processes() {
		process.plan.counting, process.plan.Random = wrong != nil, wrong
	}
}

// fallBehind has the caches of some operators show an old state of some kinds for a while.
func (s *simulation) fallBehind() {
	for _, process := range s.processes() {
		process.catchUp()
		lag := &Lag{Behind: map[schema.GroupVersionKind]int{}, For: time.Duration(s.random.IntN(120)) * time.Second}
		for _, kind := range kindsIn(process.view) {
			if s.random.IntN(2) == 0 {
				lag.Behind[kind] = 1 + s.random.IntN(3)
			}
		}
		process.look(lag)
	}
}

// wrong says what goes wrong with a call.
func (s *simulation) wrong(call Call) Kind {
	if s.weather.odds == 0 || s.weather.only != "" && s.weather.only != call.Side || s.random.IntN(s.weather.odds) > 0 {
		return ""
	}
	if s.weather.odds == 1 {
		return NotExecuted
	}
	kinds := slices.DeleteFunc(Kinds(), func(kind Kind) bool { return !kind.Hits(call) })
	return kinds[s.random.IntN(len(kinds))]
}

// act has somebody do something that can be done as things are.
func (s *simulation) act() {
	acts := map[string]Step{"the workspace is applied": applyWorkspace}
	if ws := s.workspace(); ws.UID != "" {
		acts = map[string]Step{"the workspace is edited": swapWorkspace, "the credential is changed": changeCredential, "the workspace is deleted": deleteAll}
		if s.can.Key.Issue && ws.DeletionTimestamp.IsZero() { // it would hold the deletion up until it is deleted itself
			acts["the key is applied"] = applyTurning
		}
	}
	if key := s.key(); key.UID != "" {
		delete(acts, "the key is applied")
		acts["the key is deleted"], acts["a rotation is asked for"], acts["the Secret moves"] = deleteKey, rotateAgain, swapSecret
		if key.Status.Binding != nil && s.secretNamed(key.Status.Binding.Name) {
			acts["the Secret is deleted"] = dropSecret
		}
	}
	names := make([]string, 0, len(acts))
	for name := range acts {
		names = append(names, name)
	}
	slices.Sort(names)
	name := names[s.random.IntN(len(names))]
	s.told = append(s.told, fmt.Sprintf("day %d, %s: %s", int(time.Since(s.began)/24/time.Hour), s.weather.name, name))
	before := s.memory.causes
	s.memory.causes = s.asked
	acts[name](s.World)
	s.memory.causes = before
}

// count gives every key the causes that time has given it.
func (s *simulation) count() {
	for _, version := range s.memory.versions {
		key, isKey := version.Object.(*v1alpha1.ApiKey)
		if isKey {
			s.memory.causes[key.UID] = s.asked[key.UID] + int(time.Since(key.CreationTimestamp.Time)/soonest) + 1
		}
	}
}

// goOn lets time pass, and the operator work.
func (s *simulation) goOn(span time.Duration) {
	for end := time.Now().Add(span); ; {
		s.count()
		s.run()
		due, waits := s.wakes()
		if !waits || due.After(end) {
			pass(end)
			return
		}
		pass(due)
	}
}

// secretNamed reports whether the tenant's namespace has the Secret.
func (w *World) secretNamed(name string) bool {
	for _, secret := range w.secrets() {
		if secret.Name == name {
			return true
		}
	}
	return false
}

func deleteAll(w *World) { together(deleteWorkspace, deleteKey)(w) }

func rotateAgain(w *World) {
	key := w.key()
	w.memory.causes[key.UID]++
	w.annotate(key, v1alpha1.AnnotationRotateAt, time.Now().String())
}

// dropSecret deletes the Secret that holds the key, whatever it is called.
func dropSecret(w *World) {
	key := w.key()
	w.memory.causes[key.UID]++
	for _, secret := range w.secrets() {
		if secret.Name == key.Status.Binding.Name {
			w.memory.altered[string(secret.UID)] = true
			w.delete(&secret)
		}
	}
}

// swapWorkspace and swapSecret change something, or change it back.
func swapWorkspace(w *World) {
	if w.workspace().Spec.DisplayName == "Team B" {
		edit(w, w.workspace(), func(ws *v1alpha1.Workspace) { ws.Spec.DisplayName = "Team A" })
		return
	}
	if w.can.Workspace.Create && w.vendor != harness.Groundfloor { // which deletes what is frozen for a month
		editWorkspace(w)
	}
}

func swapSecret(w *World) {
	if w.key().Spec.Secret.Name != keyName {
		edit(w, w.key(), func(key *v1alpha1.ApiKey) { key.Spec.Secret.Name = keyName })
		return
	}
	renameSecret(w)
}

// applyTurning applies a key that is replaced now and then.
func applyTurning(w *World) {
	applyKey(w)
	edit(w, w.key(), func(key *v1alpha1.ApiKey) { gen.SetApiKeyRotation(turnover, time.Hour)(key) })
}
