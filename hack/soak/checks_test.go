package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// marked is a vendor's key of the ApiKey with the UID.
func marked(uid, id string, serial int) invariant.Thing {
	return invariant.Thing{ID: id, Name: "ci-" + provider.MarkFor(uid).WithSerial(serial).String(), Value: "value-of-" + id}
}

func TestMoreThanThereMayBe(t *testing.T) {
	gone := marked("a", "4", 4)
	gone.Gone = new(time.Now())
	two := []invariant.Thing{marked("a", "1", 1), marked("a", "2", 2), marked("b", "3", 1), gone}
	if wrong := (holdings{keys: two}).twice(harness.Guance, nil, nil); len(wrong) != 0 {
		t.Errorf("two live keys of one ApiKey and one of another are too many: %q", wrong)
	}
	if wrong := (holdings{keys: append(two, marked("a", "5", 5))}).twice(harness.Guance, nil, nil); len(wrong) != 1 {
		t.Errorf("of three live keys of one ApiKey it is told %q, want it told once", wrong)
	}
	owned := func(id string) invariant.Thing {
		return invariant.Thing{ID: id, Name: id, Fields: map[string]any{"metadata": map[string]any{"workspace_operator_owner": "mark"}}}
	}
	foreign := strangers{"theirs": {ID: "theirs"}}
	have := holdings{workspaces: []invariant.Thing{owned("1"), owned("theirs"), owned("by-hand")}}
	if wrong := have.twice(harness.Portkey, foreign, []string{"by-hand"}); len(wrong) != 0 {
		t.Errorf("one workspace is too many: %q", wrong)
	}
	have.workspaces = append(have.workspaces, owned("2"))
	if wrong := have.twice(harness.Portkey, foreign, []string{"by-hand"}); len(wrong) != 1 {
		t.Errorf("of two workspaces with one mark it is told %q, want it told once", wrong)
	}
}

func TestKeysNobodyHolds(t *testing.T) {
	have := holdings{keys: []invariant.Thing{marked("a", "held", 1), marked("a", "retiring", 2), marked("a", "given-up", 3), {ID: "theirs"}, marked("a", "lost", 4)}}
	secret := &corev1.Secret{Data: map[string][]byte{"token": []byte("value-of-held")}}
	key := &v1alpha1.ApiKey{Status: v1alpha1.ApiKeyStatus{Retiring: []v1alpha1.RetiringKey{{KeyID: "retiring"}}}}
	ledger := &invariant.Evidence{Vendor: harness.Guance, Ledger: []v1alpha1.OrphanSpec{
		{Provider: harness.Guance, ID: "given-up", Object: v1alpha1.OrphanedObject{Kind: "ApiKey", UID: "a"}},
		{Provider: harness.Portkey, ID: "lost", Object: v1alpha1.OrphanedObject{Kind: "ApiKey", UID: "a"}},
	}}
	wrong := have.unheld(strangers{"theirs": {ID: "theirs"}}, []*corev1.Secret{secret}, []*v1alpha1.ApiKey{key}, ledger)
	if len(wrong) != 1 || !strings.Contains(wrong[0], "(lost)") {
		t.Errorf("nobody holds %q, want the lost key alone", wrong)
	}
}

func TestLeaksAreFoundAndNotTold(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "operator-1", "log")
	if err := os.Mkdir(filepath.Dir(log), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, []byte("issued sk_live_0123456789\nand sk_li"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := newLeaks(dir)
	l.learnCredentials(harness.Oceanbase, []string{"name-of-a-key:secret-of-a-key"})
	if err := l.learnHoldings(json.RawMessage(`{"keys":[{"id":"1","secret":"sk_live_0123456789"}]}`)); err != nil {
		t.Fatal(err)
	}
	news, err := l.news()
	if err != nil {
		t.Fatal(err)
	}
	wrong := l.in("the log", news[log])
	if len(wrong) != 1 || strings.Contains(wrong[0], "sk_live_0123456789") {
		t.Errorf("of a key in the log it is told %q, want it told once and the key not", wrong)
	}
	if wrong := l.in("an event", []byte("name-of-a-key is all right, secret-of-a-key is not")); len(wrong) != 1 {
		t.Errorf("of a credential in an event it is told %q, want it told once", wrong)
	}
	if again, err := l.news(); err != nil || len(again[log]) != 0 {
		t.Errorf("of the same log, without another whole line, there is news: %q (%v)", again[log], err)
	}
}

func TestWhatTheSenderKnows(t *testing.T) {
	answered := journal.Entry{Done: true, Worked: true, Status: 200}
	hit := answered
	hit.Fault = 1
	killed := journal.Entry{Done: true}
	for _, tt := range []struct {
		name         string
		entry        journal.Entry
		fault        fault.Fault
		heard, whole bool
		lost         bool
	}{
		{"answered", answered, fault.Fault{}, true, true, false},
		{"answered late", hit, fault.Fault{Action: fault.Delay}, true, true, false},
		{"half an answer", hit, fault.Fault{Action: fault.Truncate}, false, false, true},
		{"no answer", journal.Entry{Done: true, Worked: true, Fault: 1}, fault.Fault{Action: fault.Lost}, false, false, true},
		{"done, and another answer", journal.Entry{Done: true, Worked: true, Status: 503, Fault: 1}, fault.Fault{Action: fault.Status}, false, false, true},
		{"throttled", journal.Entry{Done: true, Status: 429, Fault: 1}, fault.Fault{Action: fault.Throttle}, true, false, false},
		{"the emulator was killed", killed, fault.Fault{}, false, false, false},
	} {
		r := requestOf(tt.entry, tt.fault)
		if r.Heard != tt.heard || r.Whole != tt.whole || answerLost(tt.entry, tt.fault) != tt.lost {
			t.Errorf("%s: heard %t, whole %t, lost %t, want %t, %t, %t", tt.name, r.Heard, r.Whole, answerLost(tt.entry, tt.fault), tt.heard, tt.whole, tt.lost)
		}
	}
}

func TestTheChronicleTellsSecretsApart(t *testing.T) {
	c := newChronicle("")
	key := &v1alpha1.ApiKey{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "ci", UID: "a"}}
	text, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte(`{"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"team","name":"ci","uid":"b"},"data":{"apiKey":"dmFsdWU="}}`)
	for _, event := range []watchEvent{
		{Now: keyPair{Key: []byte("/registry/workspace-operator.io/apikeys/team/ci"), Value: text, Revision: 7}},
		{Now: keyPair{Key: []byte("/registry/secrets/team/ci"), Value: secret, Revision: 8}},
		{Now: keyPair{Key: []byte("/registry/leases/team/ci"), Value: []byte("a lease"), Revision: 9}},
		{Type: "DELETE", Now: keyPair{Key: []byte("/registry/workspace-operator.io/apikeys/team/ci"), Revision: 10}, Before: keyPair{Value: text}},
	} {
		if err := c.note(event); err != nil {
			t.Fatal(err)
		}
	}
	all := c.of("team")
	if len(all) != 3 || all[0].Number != 7 || all[1].Number != 8 || all[2].Number != 10 || !all[2].Gone {
		t.Errorf("the versions are %+v, want those of the ApiKey and its Secret, and the end of the ApiKey", all)
	}
	if said := string(c.heard()); strings.Contains(said, "dmFsdWU=") || !strings.Contains(said, "a lease") {
		t.Errorf("what can be read without access to Secrets is %q", said)
	}
	if alive := living[*v1alpha1.ApiKey](c); len(alive) != 0 {
		t.Errorf("an ApiKey that is gone still lives: %+v", alive)
	}
}
