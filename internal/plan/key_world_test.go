package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// keyWorld runs passes of an ApiKey against the model vendor.
type keyWorld struct {
	object
	// recovery Never: the vendor has no list, and what is known by its id is
	// read at once.
	recovery provider.Recovery
	// idListed: the answer to an issue has no id, the list tells it.
	idListed bool
	// interval and overlap are the rotation's; without an interval there is none.
	interval, overlap time.Duration
	// spec counts the edits that only another key can have, turn those of the
	// annotation that asks for another key.
	spec, turn int
	secret     Secret
	kept       keptKey
	status     keyStatus
	// looked is when the facts of the latest pass were gathered.
	looked time.Duration
	// copies is in how many Secrets of ours the key is.
	copies int
	// replaced is when a key's place was taken. What nobody can know any more is
	// taken out.
	replaced map[string]time.Duration
}

// keptKey is what the Secret holds, whatever it says of it.
type keptKey struct {
	// id is of the key whose value it has.
	id     string
	serial int
	at     time.Duration
	// spec and turn are what the key was issued for.
	spec, turn int
}

// keyStatus is what status has beside the id.
type keyStatus struct {
	serial  int
	created time.Duration
	// applied is the spec that the live key was made of: 0 before any, -1 if
	// nobody knows.
	applied, turn int
	retiring      map[string]time.Duration
	// refused is the number of a key that was asked for in vain.
	refused int
}

func newKeyWorld() *keyWorld {
	return &keyWorld{recovery: provider.RecoverByMark, secret: absent(), spec: 1, replaced: map[string]time.Duration{}}
}

// turning is a world whose keys are rotated.
func turning(interval, overlap time.Duration) *keyWorld {
	w := newKeyWorld()
	w.interval, w.overlap = interval, overlap
	return w
}

func (w *keyWorld) facts(f fault) Key {
	w.looked = w.now
	facts := Key{
		Vendor: "acme", Deleting: w.deleting, First: !w.finalizer, Secret: w.secret, Attempted: w.attempt != nil && !w.attempt.accepted,
		Recorded: w.recorded, Recovery: w.recovery, Overlap: w.overlap, Due: w.due(), Issued: max(w.status.serial, w.status.refused, w.kept.serial),
	}
	facts.Refused = w.attempt == nil && w.status.refused > 0
	if w.status.applied != 0 && w.status.applied != w.spec {
		facts.Changed = []string{"scopes"}
	}
	if w.attempt != nil {
		facts.Issued, facts.AttemptName = max(facts.Issued, w.attempt.serial), keyName(w.attempt.serial)
	}
	facts.Secret.Age = w.now - w.kept.at
	facts.Secret.New = w.secret.State == SecretOurs && facts.Secret.Age < settle
	if facts.First && w.secret.State != SecretOurs {
		return facts // nothing is read
	}
	if w.recovery != provider.RecoverNever {
		facts.Unsettled = w.unsettledKey()
	}
	if f == unread {
		facts.ReadErr = errUnseen
		return facts
	}
	for _, seen := range w.visible() {
		if !seen.renamed || w.knows(seen.id) {
			facts.Marked = append(facts.Marked, key(seen.id, seen.serial))
		}
	}
	facts.Left = w.left()
	facts.Next = w.next(facts.Left)
	return facts
}

// unsettledKey is how long the list cannot be believed, as the controller has
// it: what the latest call made is on record, or may yet come to light.
func (w *keyWorld) unsettledKey() time.Duration {
	stored := time.Duration(0)
	if w.secret.State == SecretOurs {
		stored = settle - (w.now - w.kept.at)
	}
	switch {
	case w.recorded != "" && w.attempt == nil:
		return max(stored, settle-(w.now-w.status.created))
	case w.attempt == nil && w.status.refused > 0:
		return stored
	}
	return max(stored, w.unsettled())
}

// knows reports whether status has the key.
func (w *keyWorld) knows(id string) bool {
	_, retiring := w.status.retiring[id]
	return retiring || id == w.recorded
}

// due says why another key is wanted, as the controller does.
func (w *keyWorld) due() string {
	switch {
	case w.turn != w.status.turn && w.turn != w.kept.turn:
		return "somebody asks for it"
	case w.interval > 0 && w.recorded != "" && w.recorded == w.secret.KeyID && w.now >= w.status.created+w.interval:
		return due
	}
	return ""
}

// left is how long the key that was replaced may live on.
func (w *keyWorld) left() map[string]time.Duration {
	left := map[string]time.Duration{}
	if w.secret.State != SecretOurs || w.secret.KeyID == "" && w.secret.KeyName == "" {
		for _, seen := range w.visible() {
			if at, ok := w.status.retiring[seen.id]; ok {
				left[seen.id] = at - w.now
			}
		}
		return left
	}
	if latest := w.predecessor(); latest != nil {
		left[latest.id] = w.kept.at + w.overlap - w.now
	}
	return left
}

// predecessor is the key that the one in the Secret has replaced.
func (w *keyWorld) predecessor() *thing {
	var known, older *thing
	for _, seen := range w.visible() {
		switch {
		case seen.id == w.secret.KeyID || w.secret.nameless() && keyName(seen.serial) == w.secret.KeyName:
		case w.knows(seen.id) && (known == nil || known.serial < seen.serial):
			known = seen
		case !seen.renamed && seen.serial < w.kept.serial && (older == nil || older.serial < seen.serial):
			older = seen
		}
	}
	if known != nil {
		return known
	}
	return older
}

// next is when something falls due.
func (w *keyWorld) next(left map[string]time.Duration) time.Duration {
	soonest := slices.DeleteFunc(slices.Collect(maps.Values(left)), func(left time.Duration) bool { return left <= 0 })
	if turn := w.status.created + w.interval - w.now; w.interval > 0 && w.recorded != "" && turn > 0 {
		soonest = append(soonest, turn)
	}
	if len(soonest) == 0 {
		return 0
	}
	return slices.Min(soonest)
}

// visible is what can be read: the list, or the keys whose ids are known.
func (w *keyWorld) visible() []*thing {
	if w.recovery != provider.RecoverNever {
		return w.list()
	}
	return slices.DeleteFunc(slices.Clone(w.things), func(each *thing) bool {
		return each.id != w.secret.KeyID && !w.knows(each.id) || !each.lives(w.now)
	})
}

func (w *keyWorld) pass(f fault) Step {
	facts := w.facts(f)
	step := facts.Decide()
	w.log = append(w.log, line(w.now, f, fmt.Sprintf("secret=%s/%s marked=%d left=%d attempted=%t first=%t deleting=%t",
		facts.Secret.State, shownAs(facts.Secret), len(facts.Marked), len(facts.Left), facts.Attempted, facts.First, facts.Deleting), step))
	w.begin(step)
	outlook, failed := step.Outlook, false
	switch step.Verb {
	case Create, Renew:
		w.alone(append(slices.Collect(maps.Keys(facts.Left)), facts.Secret.KeyID)...)
		failed = w.issue(step, f)
		if w.idListed && !failed {
			outlook = Identifying()
		}
	case Adopt:
		if f != crashed {
			w.secret.KeyID = step.Target
		}
	case Publish:
		failed = !w.rewrite(f)
	case Remove:
		done, known := sent(f)
		if done {
			w.end(step.Target, f)
		}
		w.elapse(f)
		failed = !done || !known
		w.gone = !failed && f != unwritten && step.Last
	case Finish:
		w.gone = true
	default: // the vendor has no part in it
	}
	w.report(f, Step{Verb: step.Verb, Outlook: outlook}, failed)
	if f != crashed && f != unwritten {
		w.record(facts, step, failed)
	}
	w.now += w.pause(outlook)
	return step
}

// pause is when the next pass comes: what is well is looked at by the resync, or
// earlier if something falls due.
func (w *keyWorld) pause(outlook Outlook) time.Duration {
	const resync = 10 * time.Minute
	if outlook.State == Settled {
		return max(min(outlook.After, resync), time.Second)
	}
	return max(outlook.After, time.Second)
}

func shownAs(secret Secret) string {
	if secret.nameless() {
		return secret.KeyName
	}
	return secret.KeyID
}

// rewrite is what becomes of a Secret that is written anew. Who crashes has
// stored the one of the new name, and not yet removed the old one.
func (w *keyWorld) rewrite(f fault) bool {
	done, known := sent(f)
	switch {
	case f == crashed:
		w.copies = 2
	case done:
		w.copies, w.secret.Stale = 1, false
	}
	return done && known
}

// issue makes a key, publishes it, and reports whether that failed.
func (w *keyWorld) issue(step Step, f fault) bool {
	done, known := sent(f)
	w.status.refused = 0
	var made *thing
	if done {
		made = w.make(step.Serial, f)
		made.spec = w.spec
	}
	w.elapse(f)
	switch {
	case f == unstored && w.idListed:
		f = unanswered // what has no id yet cannot be revoked
	case f == unstored:
		w.end(made.id, f)
	case done && known:
		if step.Verb == Renew {
			w.replaced[w.secret.KeyID] = w.now
		}
		w.secret, w.copies = ours(made.id), 1
		w.kept = keptKey{id: made.id, serial: step.Serial, at: w.now, spec: w.spec, turn: w.turn}
		if w.idListed {
			w.secret = nameless(step.Serial)
		}
		return false
	}
	w.answer(f)
	if f == refused || f == unstored {
		w.status.refused = step.Serial
	}
	return true
}

// record is what the status write says of the keys.
func (w *keyWorld) record(facts Key, step Step, failed bool) {
	issued := (step.Verb == Create || step.Verb == Renew) && !failed
	switch {
	case issued && step.Verb == Renew:
		w.status.retiring = map[string]time.Duration{facts.Secret.KeyID: w.now + w.overlap}
	case !issued && facts.ReadErr == nil && (!facts.First || w.secret.State == SecretOurs):
		w.status.retiring = map[string]time.Duration{}
		for id, left := range facts.Left {
			if step.Verb != Remove || failed || id != step.Target {
				w.status.retiring[id] = w.looked + left
			}
		}
	}
	live, seen := w.liveKey(facts, step, failed)
	switch {
	case !seen:
		return
	case live != w.recorded || issued:
		w.remember(live, issued)
	}
	w.status.turn = w.kept.turn
	switch {
	case failed && step.Verb == Renew: // the call is on record as it ended
	case live == "":
		w.attempt = &attempt{ended: w.now, isOver: true, accepted: true, serial: w.kept.serial}
	case issued, w.attempt == nil, w.attempt.accepted:
		w.attempt = nil
	case w.recovery == provider.RecoverNever && w.attempt.serial == w.kept.serial:
		w.attempt = nil
	case w.recovery != provider.RecoverNever && facts.Unsettled <= 0:
		w.attempt = nil
	}
}

// remember writes the live key into status.
func (w *keyWorld) remember(live string, issued bool) {
	made := w.thing(w.kept.id)
	switch {
	case issued:
		w.status.applied = w.kept.spec
	case w.recorded == "" && w.status.applied != 0: // its id has come to light
	case w.kept.spec != w.spec:
		w.status.applied = -1
	default:
		w.status.applied = w.kept.spec
	}
	w.recorded, w.status.serial, w.status.created = live, w.kept.serial, made.born
}

func (w *keyWorld) thing(id string) *thing {
	for _, each := range w.things {
		if each.id == id {
			return each
		}
	}
	return nil
}

// liveKey is the key a pass writes into status; empty, and true, is one whose id
// is not known yet. The record of a call stays until the id is known: without it,
// a Secret that is lost before would be replaced at once.
func (w *keyWorld) liveKey(facts Key, step Step, failed bool) (string, bool) {
	held := w.secret.KeyID
	switch {
	case w.secret.State != SecretOurs || failed && step.Verb == Create:
		return "", false
	case (step.Verb == Create || step.Verb == Renew) && !failed, step.Verb == Adopt:
		return held, true
	case held == "":
		return "", false
	case step.Verb == Stay && step.Target != "" && held == w.recorded, facts.lists(held):
		return held, true
	}
	return "", false
}

func (k Key) lists(id string) bool {
	return slices.ContainsFunc(k.Marked, func(seen provider.Key) bool { return seen.ID == id })
}

// disturb is what others do to the ApiKey and around it.
func (w *keyWorld) disturb(event fault) {
	if event == "secret lost" || event == "secret altered" || event == "secret taken" || event == "secret copied" {
		if w.recorded != w.secret.KeyID {
			clear(w.replaced) // only the Secret knew whose place its key had taken
		}
		held := w.secret.KeyID
		w.secret = map[fault]Secret{
			"secret lost": absent(), "secret altered": ours(""), "secret taken": foreign(), "secret copied": copied(held),
		}[event]
		w.kept, w.copies = keptKey{}, 0
	}
	switch event {
	case "secret renamed":
		w.secret.Stale = w.kept.id != ""
	case "spec edited":
		w.spec++
	case "rotation asked":
		w.turn++
	case "key dropped":
		w.end(w.secret.KeyID, smooth) // whose id is not known is waited for, for ever
	case "hours later":
		w.now += 3 * time.Hour
	case "console cleaned":
		w.clean()
	case "finalizer lost":
		w.stripped = w.stripped || !w.deleting
		w.finalizer = w.deleting
	case "renamed":
		for _, each := range w.things {
			each.renamed = each.renamed || each.id == w.recorded
		}
	default: // no other event is somebody else's doing
	}
}

// clean is a person who deletes the key of an unanswered call, and says so.
func (w *keyWorld) clean() {
	if w.attempt == nil || w.attempt.accepted || w.attempt.serial == w.kept.serial && !w.thing(w.kept.id).dead {
		return
	}
	for _, each := range w.things {
		if each.serial == w.attempt.serial {
			w.end(each.id, smooth)
		}
	}
	w.attempt = nil
}

// meddled reports whether the event is somebody else's doing.
func meddled(event fault) bool { return strings.Contains(string(event), " ") || event == "renamed" }
