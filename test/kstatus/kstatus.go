// Package kstatus holds our objects against the rules by which `kubectl wait`, Argo CD, Flux and everybody else who knows kstatus read a status. Suites that make
// passes use it after each of them; see Violations.
package kstatus

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// maxMessage bounds what a person is asked to read, in characters.
const maxMessage = 1024

var (
	camelCase = regexp.MustCompile(`^([A-Z][a-z]+)+$`)
	address   = regexp.MustCompile(`://[^\s,]`)
	denial    = regexp.MustCompile(v1alpha1.AnnotationDoesNotExist + `=\S+`)
	unstable  = regexp.MustCompile(`\d\d:\d\d:\d\d|(?i)\b(request|trace|correlation)[-_ ]?id\b`)
)

// subject is what the rules are about.
type subject struct {
	Metadata struct {
		Generation int64 `json:"generation"`
	} `json:"metadata"`
	Status struct {
		ObservedGeneration int64              `json:"observedGeneration"`
		Conditions         []metav1.Condition `json:"conditions"`
	} `json:"status"`
}

// Violations names the rules that an object breaks, a WorkspaceClass, a Workspace or an ApiKey, typed or not. now is the present by the clock that wrote the status.
// A status that has not caught up with the spec breaks none: whoever reads it compares the generations.
func Violations(object client.Object, now time.Time) []string {
	s, err := subjectOf(object)
	if err != nil {
		return []string{"it cannot be read: " + err.Error()}
	}
	all := s.generations()
	seen := map[string]bool{}
	for _, c := range s.Status.Conditions {
		if seen[c.Type] {
			all = append(all, c.Type+" is there twice")
		}
		seen[c.Type] = true
		all = append(all, form(c, now)...)
		all = append(all, words(c)...)
	}
	return append(all, s.summary()...)
}

// subjectOf reads an object as its JSON has it; where the type is known, without making any.
func subjectOf(object client.Object) (*subject, error) {
	s := &subject{}
	s.Metadata.Generation = object.GetGeneration()
	switch o := object.(type) {
	case *v1alpha1.WorkspaceClass:
		s.Status.ObservedGeneration, s.Status.Conditions = o.Status.ObservedGeneration, o.Status.Conditions
	case *v1alpha1.Workspace:
		s.Status.ObservedGeneration, s.Status.Conditions = o.Status.ObservedGeneration, o.Status.Conditions
	case *v1alpha1.ApiKey:
		s.Status.ObservedGeneration, s.Status.Conditions = o.Status.ObservedGeneration, o.Status.Conditions
	default:
		text, err := json.Marshal(object)
		if err != nil {
			return nil, err
		}
		return s, json.Unmarshal(text, s)
	}
	return s, nil
}

func (s *subject) condition(kind string) *metav1.Condition {
	return meta.FindStatusCondition(s.Status.Conditions, kind)
}

// generations is about which spec the status speaks of. Synced and Published may speak of an earlier one, the last that was applied; Paused follows an annotation.
func (s *subject) generations() []string {
	generation, observed := s.Metadata.Generation, s.Status.ObservedGeneration
	var all []string
	if observed > generation {
		all = append(all, fmt.Sprintf("the status is for generation %d, which is yet to come after %d", observed, generation))
	}
	for _, c := range s.Status.Conditions {
		switch c.Type {
		case v1alpha1.ConditionSynced, v1alpha1.ConditionPublished, v1alpha1.ConditionPaused:
			if c.ObservedGeneration > generation {
				all = append(all, fmt.Sprintf("%s is for generation %d, which is yet to come after %d", c.Type, c.ObservedGeneration, generation))
			}
		default:
			if c.ObservedGeneration != observed {
				all = append(all, fmt.Sprintf("%s is for generation %d and the status for %d", c.Type, c.ObservedGeneration, observed))
			}
		}
	}
	return all
}

// summary is about Ready and the two abnormal conditions.
func (s *subject) summary() []string {
	ready, reconciling, stalled := s.condition(v1alpha1.ConditionReady), s.condition(v1alpha1.ConditionReconciling), s.condition(v1alpha1.ConditionStalled)
	var all []string
	for _, abnormal := range []*metav1.Condition{reconciling, stalled} {
		if abnormal != nil && abnormal.Status != metav1.ConditionTrue {
			all = append(all, fmt.Sprintf("%s is %s: it is True or absent", abnormal.Type, abnormal.Status))
		}
	}
	isReady, isAbnormal := ready != nil && ready.Status == metav1.ConditionTrue, reconciling != nil || stalled != nil
	switch {
	case ready == nil && (s.Status.ObservedGeneration > 0 || isAbnormal):
		all = append(all, "there is no Ready although the object was looked at")
	case ready == nil:
	case reconciling != nil && stalled != nil:
		all = append(all, "it is Reconciling and Stalled at the same time")
	case isReady && isAbnormal:
		all = append(all, "it is Ready, and Reconciling or Stalled")
	case !isReady && !isAbnormal:
		all = append(all, "it is not Ready, and neither Reconciling nor Stalled: nobody knows whether to wait")
	}
	return all
}

// form is about what programs read of a condition.
func form(c metav1.Condition, now time.Time) []string {
	var all []string
	if !camelCase.MatchString(c.Reason) {
		all = append(all, fmt.Sprintf("%s has the reason %q, want words in CamelCase", c.Type, c.Reason))
	}
	switch c.Status {
	case metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown:
	default:
		all = append(all, fmt.Sprintf("%s is %q, want True, False or Unknown", c.Type, c.Status))
	}
	switch at := c.LastTransitionTime.Time; {
	case at.IsZero():
		all = append(all, c.Type+" has no time")
	case at.After(now):
		all = append(all, fmt.Sprintf("%s has changed at %s, which is yet to come", c.Type, at.Format(time.RFC3339)))
	}
	return all
}

// words is about what people read. What differs from one attempt to the next would be written, and wake everybody up, for ever.
func words(c metav1.Condition) []string {
	var all []string
	complain := func(is bool, what string) {
		if is {
			all = append(all, fmt.Sprintf("%s %s: %q", c.Type, what, c.Message))
		}
	}
	complain(strings.TrimSpace(c.Message) == "", "says nothing")
	complain(utf8.RuneCountInString(c.Message) > maxMessage, fmt.Sprintf("has more than %d characters", maxMessage))
	complain(strings.ContainsFunc(c.Message, Unreadable), "has characters that nobody can read")
	complain(address.MatchString(c.Message), "shows an address")
	// What a person is to write down word for word is the time of one call, and stays what it is.
	stable := denial.ReplaceAllString(c.Message, "")
	complain(unstable.MatchString(stable), "has what differs from one attempt to the next")
	return all
}

// Unreadable reports whether a character has no place in a text for people: it shows as nothing, moves the cursor, or turns the text around.
func Unreadable(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r == utf8.RuneError
}
