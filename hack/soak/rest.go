package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

const (
	// restPatience is how long things may take to come to rest; the operator waits for five minutes between two tries at most.
	restPatience = 7 * time.Minute
	// askInterval is how often somebody asks for a pass of what is not as it should be.
	askInterval = 20 * time.Second
	// restLength is how long nothing may happen before it counts as rest: longer than a vendor's list is distrusted, and than a resync.
	restLength = 35 * time.Second
)

// comeToRest waits until nothing happens any more, and looks at everything; then it deletes everything, and does so again.
func (s *soak) comeToRest(ctx context.Context) error {
	for _, stage := range []struct {
		title string
		begin func(context.Context) error
	}{
		{"at rest", func(context.Context) error { return nil }},
		{"after everything was deleted", s.deleteAll},
	} {
		if err := stage.begin(ctx); err != nil {
			return err
		}
		began := time.Now()
		if err := s.rest(ctx); err != nil {
			s.report.broken("invariants 10 and 13: " + err.Error())
		}
		s.report.rested(stage.title, time.Since(began))
		if err := s.clearLedger(ctx); err != nil {
			return err
		}
		if err := s.lastLook(ctx, stage.title); err != nil {
			return err
		}
	}
	return nil
}

// deleteAll has every tenant leave.
func (s *soak) deleteAll(ctx context.Context) error {
	for _, p := range s.places.open() {
		p.leave()
		namespace := &corev1.Namespace{}
		namespace.Name = p.namespace
		if err := client.IgnoreNotFound(s.h.Client.Delete(ctx, namespace)); err != nil {
			return err
		}
	}
	return nil
}

// rest returns once all is as it should be, and nothing has happened for a while. The error says what is not.
func (s *soak) rest(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, restPatience)
	defer cancel()
	quiet, asked := time.Now(), time.Time{}
	happened, restless := s.happened(), []string{"nobody has looked"}
	for pause(ctx, pollInterval*4) {
		if now := s.happened(); now != happened {
			happened, quiet = now, time.Now()
		}
		var objects []client.Object
		objects, restless = s.restless()
		switch {
		case len(restless) == 0 && time.Since(quiet) > restLength:
			return nil
		case len(restless) > 0 && time.Since(asked) > askInterval:
			asked = time.Now()
			for _, object := range objects {
				s.annotate(ctx, object, v1alpha1.AnnotationReconcileAt, asked.Format(time.RFC3339))
			}
		}
	}
	return fmt.Errorf("there is no rest after %s: %d writes and changes; not as they should be are %q", restPatience, happened, restless)
}

// happened counts what the objects were written, and the vendors changed.
func (s *soak) happened() int { return s.past.written() + s.report.changes() }

// restless are the objects that are not as they should be, and why; of a namespace only why.
func (s *soak) restless() (objects []client.Object, why []string) {
	add := func(object client.Object, text string) {
		objects = append(objects, object)
		why = append(why, fmt.Sprintf("%T %s/%s: %s", object, object.GetNamespace(), object.GetName(), text))
	}
	for _, namespace := range living[*corev1.Namespace](s.past) {
		if !namespace.DeletionTimestamp.IsZero() {
			why = append(why, "namespace "+namespace.Name+" is still going")
		}
	}
	for _, ws := range living[*v1alpha1.Workspace](s.past) {
		s.judge(ws, add)
	}
	for _, key := range living[*v1alpha1.ApiKey](s.past) {
		s.judge(key, add)
	}
	return objects, why
}

func (s *soak) judge(object client.Object, add func(client.Object, string)) {
	ready := harness.Condition(object, v1alpha1.ConditionReady)
	switch {
	case !object.GetDeletionTimestamp().IsZero():
		add(object, fmt.Sprintf("it is still going: %+v", ready))
	case saysUnknown(object):
		add(object, "a person is asked")
	case !harness.IsReady(object):
		add(object, fmt.Sprintf("it is not Ready: %+v", ready))
	}
}

// lastLook looks at everything there is and ever was, once nothing happens any more.
func (s *soak) lastLook(ctx context.Context, when string) error {
	if err := s.past.catchUp(ctx); err != nil {
		return err
	}
	state, err := s.vendors.state(ctx)
	if err != nil {
		return err
	}
	for _, vendor := range vendorNames() {
		have, err := holdingsOf(state[vendor])
		if err != nil {
			return err
		}
		e := s.checker.evidence(vendor, have, s.belonging(vendor), s.past.ledger())
		s.checker.holds(e, func(check invariant.Check) bool { return check.Quiet })
		for _, wrong := range have.unheld(s.checker.foreign[vendor], living[*corev1.Secret](s.past), living[*v1alpha1.ApiKey](s.past), e) {
			s.report.broken(when + ": " + wrong)
		}
	}
	return nil
}

// belonging are the latest versions of all that was ever made at the vendor.
func (s *soak) belonging(vendor string) []invariant.Version {
	var all []invariant.Version
	for _, v := range s.past.now() {
		if strings.HasPrefix(v.Object.GetNamespace(), namespacePrefix(vendor)) {
			all = append(all, v)
		}
	}
	return all
}
