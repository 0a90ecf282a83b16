package plan

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestStories tells, pass by pass, what is decided when things go wrong, so
// that a change of a decision shows in review as a change of these logs.
func TestStories(t *testing.T) {
	const lag = 4 * time.Second
	stories := map[string]func() []string{
		"key-happy": func() []string {
			return keyStory(newKeyWorld(), lag, smooth, smooth, "later", smooth, "deleted", smooth)
		},
		"key-answer-lost": func() []string {
			return keyStory(newKeyWorld(), lag, unanswered, smooth, smooth, smooth, smooth, "deleted", smooth)
		},
		"key-request-lost": func() []string { return keyStory(newKeyWorld(), lag, unsent, smooth, smooth, smooth) },
		"key-crashed":      func() []string { return keyStory(newKeyWorld(), lag, crashed, smooth, smooth, smooth, smooth, smooth) },
		"key-secret-lost": func() []string {
			return keyStory(newKeyWorld(), lag, smooth, "later", "secret lost", smooth, smooth, smooth, smooth, "later", smooth)
		},
		"key-finalizer-taken": func() []string {
			return keyStory(newKeyWorld(), lag, smooth, "finalizer lost", smooth, smooth, "later", smooth, "deleted", smooth)
		},
		"key-reissued-then-deleted": func() []string {
			return keyStory(newKeyWorld(), lag, smooth, "later", "secret lost", smooth, smooth, smooth, smooth, smooth, smooth, "deleted", smooth, smooth, smooth, smooth)
		},
		"key-answer-lost-late": func() []string {
			return keyStory(newKeyWorld(), lag, "slow", unanswered, smooth, smooth, smooth, smooth)
		},
		"key-crashed-late": func() []string {
			return keyStory(newKeyWorld(), lag, "slow", crashed, smooth, smooth, smooth, smooth)
		},
		"key-secret-taken": func() []string {
			return keyStory(newKeyWorld(), lag, smooth, "later", smooth, "secret taken", smooth, smooth, "secret lost", smooth, "later", smooth)
		},
		"key-secret-taken-unrecorded": func() []string {
			return keyStory(newKeyWorld(), lag, unanswered, "secret taken", "later", smooth, "later", smooth, "deleted", smooth, smooth)
		},
		"key-unlisted-answer-lost": func() []string {
			return keyStory(unlisted(), 0, unanswered, smooth, "later", smooth, "deleted", smooth)
		},
		"key-id-listed": func() []string {
			return keyStory(unnumbered(), lag, smooth, smooth, smooth, smooth, smooth, "later", smooth, "deleted", smooth)
		},
		"key-id-listed-crashed": func() []string {
			return keyStory(unnumbered(), lag, unwritten, smooth, smooth, smooth, unwritten, smooth, smooth)
		},
		"key-rotated": func() []string {
			return keyStory(turning(2*time.Hour, time.Hour), lag, smooth, "hours later", smooth, smooth, smooth, "hours later", smooth, smooth, smooth, smooth, smooth, "hours later", smooth, "deleted", smooth, smooth, smooth)
		},
		"key-rotated-crashed": func() []string {
			return keyStory(turning(2*time.Hour, time.Hour), lag, smooth, "hours later", crashed, smooth, smooth, smooth, smooth, smooth, smooth, smooth, smooth, smooth, smooth, smooth, "later", "later", "later", "later", "later", smooth)
		},
		"key-rotated-unwritten": func() []string {
			return keyStory(turning(2*time.Hour, 0), lag, smooth, "hours later", unwritten, smooth, smooth, smooth, smooth, smooth)
		},
		"key-rotated-answer-lost": func() []string {
			return keyStory(turning(2*time.Hour, time.Hour), lag, smooth, "hours later", unanswered, smooth, smooth, smooth, smooth, smooth, smooth, smooth)
		},
		"key-edited-in-the-overlap": func() []string {
			return keyStory(turning(2*time.Hour, 20*time.Minute), lag, smooth, "hours later", smooth, "spec edited", smooth, smooth, smooth, smooth, smooth, smooth, smooth, smooth, smooth)
		},
		"key-asked-for": func() []string {
			return keyStory(turning(0, 2*time.Minute), lag, smooth, "later", smooth, "rotation asked", smooth, smooth, smooth, smooth, smooth, smooth, smooth)
		},
		"key-secret-lost-in-the-overlap": func() []string {
			return keyStory(turning(2*time.Hour, 20*time.Minute), 0, smooth, "hours later", smooth, smooth, "secret lost", smooth, smooth, smooth, smooth, smooth, smooth)
		},
		"key-secret-altered": func() []string {
			return keyStory(newKeyWorld(), 0, smooth, "later", "secret altered", smooth, smooth, smooth)
		},
		"key-secret-renamed": func() []string {
			return keyStory(newKeyWorld(), lag, smooth, "later", "secret renamed", crashed, smooth, smooth)
		},
		"key-unlisted-rotation-lost": func() []string {
			w := unlisted()
			w.interval, w.overlap = 2*time.Hour, 20*time.Minute
			return keyStory(w, 0, smooth, "hours later", unanswered, smooth, smooth, "console cleaned", smooth, smooth, smooth, smooth, smooth)
		},
		"key-id-listed-rotated": func() []string {
			w := unnumbered()
			w.interval, w.overlap = 2*time.Hour, 20*time.Minute
			return keyStory(w, lag, smooth, "later", smooth, "hours later", smooth, smooth, smooth, smooth, smooth, smooth, smooth, smooth, smooth)
		},
		"workspace-ordered": func() []string {
			return wsStory(building(6*time.Second, 5*time.Second), smooth, smooth, smooth, smooth, smooth, smooth, smooth, smooth, "later", smooth, "deleted", smooth, smooth, smooth, "later", smooth)
		},
		"workspace-ordered-overdue": func() []string {
			return wsStory(building(never, 0), smooth, smooth, "later", smooth, "much later", smooth, "deleted", smooth, "retained", smooth)
		},
		"workspace-imported": func() []string {
			return wsStory(existing(), smooth, smooth, smooth, "later", smooth)
		},
		"workspace-happy": func() []string {
			return wsStory(listing(lag), smooth, smooth, "later", smooth, "deleted", smooth)
		},
		"workspace-answer-lost": func() []string {
			return wsStory(listing(lag), unanswered, smooth, smooth, smooth, "deleted", smooth)
		},
		"workspace-crashed": func() []string { return wsStory(listing(lag), crashed, smooth, smooth, smooth) },
		"workspace-unrecoverable": func() []string {
			return wsStory(&wsWorld{recovery: provider.RecoverNever}, unanswered, smooth, "later", smooth)
		},
		"workspace-list-fails": func() []string {
			return wsStory(listing(lag), unanswered, unread, "later", unread, smooth, smooth)
		},
	}
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(story(), "\n") + "\n"
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the decisions changed; if they are meant to, run this test with -update\n%s", diff)
			}
		})
	}
}

func keyStory(w *keyWorld, lag time.Duration, events ...fault) []string {
	w.lag = lag
	for _, event := range events {
		switch event {
		case "deleted":
			w.deleting = true
		case "later":
			w.now += time.Minute
		case "slow":
			w.span, w.late = patience, 5*time.Second
		default:
			switch {
			case meddled(event):
				w.disturb(event)
			case !w.gone:
				w.pass(event)
			}
		}
	}
	return append(w.log, "left at the vendor: "+strings.Join(w.living(), " "))
}

// unlisted is a vendor without a list of keys, unnumbered one that tells a key's
// id in its list only.
func unlisted() *keyWorld {
	w := newKeyWorld()
	w.recovery = provider.RecoverNever
	return w
}

func unnumbered() *keyWorld {
	w := newKeyWorld()
	w.idListed = true
	return w
}

// listing is a vendor whose list shows marks.
func listing(lag time.Duration) *wsWorld {
	w := &wsWorld{recovery: provider.RecoverByMark}
	w.lag = lag
	return w
}

// building is a vendor that shows a workspace, and has it built, in its time.
func building(shown, built time.Duration) *wsWorld {
	w := listing(4 * time.Second)
	w.asynchronous, w.freezes, w.shown, w.building = true, true, shown, built
	return w
}

// existing is a vendor that has a workspace which is to be taken over.
func existing() *wsWorld {
	w := listing(0)
	w.external, w.unlike = w.make(0, smooth).id, true
	return w
}

func wsStory(w *wsWorld, events ...fault) []string {
	for _, event := range events {
		switch event {
		case "deleted":
			w.deleting = true
		case "later":
			w.now += time.Minute
		case "much later":
			w.now += time.Hour
		case "retained":
			w.retain = true
		default:
			if !w.gone {
				w.pass(event)
			}
		}
	}
	return append(w.log, "left at the vendor: "+strings.Join(w.living(), " "))
}
