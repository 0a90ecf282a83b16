package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

const (
	// tenantsPerVendor are at work at the same time.
	tenantsPerVendor = 4
	// resync is how often the operator looks by itself: often enough to meet every fault.
	resync = 30 * time.Second
	// progressInterval is how often a line is printed.
	progressInterval = 30 * time.Second
)

// soak is one run.
type soak struct {
	dir       string
	seed      uint64
	report    *report
	h         *harness.Harness
	vendors   *vendors
	operators *operators
	past      *chronicle
	places    *places
	checker   *checker
}

// run starts everything, lets it go wrong for so long, and sees it come to rest.
func (s *soak) run(ctx context.Context, long time.Duration) (err error) {
	var cleanups []func() error
	defer func() {
		for i := len(cleanups) - 1; i >= 0; i-- {
			err = errors.Join(err, cleanups[i]())
		}
	}()
	if s.h, err = harness.StartIn(ctx, s.dir); err != nil {
		return err
	}
	cleanups = append(cleanups, s.h.Stop)
	if err := s.startVendors(ctx); err != nil {
		return err
	}
	cleanups = append(cleanups, s.vendors.stop)
	endWatching, err := s.startWitnesses(ctx)
	if err != nil {
		return err
	}
	cleanups = append(cleanups, endWatching)
	if s.operators, err = startOperators(ctx, s.h, s.report); err != nil {
		return err
	}
	cleanups = append(cleanups, s.operators.stop)
	if err := s.openClasses(ctx); err != nil {
		return err
	}
	if err := s.goWrong(ctx, long); err != nil {
		return err
	}
	return s.comeToRest(ctx)
}

func (s *soak) startVendors(ctx context.Context) (err error) {
	program, err := s.h.BuildEmulator(ctx)
	if err != nil {
		return err
	}
	s.vendors, err = startVendors(ctx, program, s.dir, faults(s.chance("faults")))
	return err
}

// startWitnesses begins to look, before there is anything to see. What it returns ends that, with a last look.
func (s *soak) startWitnesses(ctx context.Context) (end func() error, err error) {
	s.places = &places{}
	s.past = newChronicle(s.h.Cluster.EtcdURL())
	foreign, err := layBait(ctx, s.vendors)
	if err != nil {
		return nil, err
	}
	if s.checker, err = newChecker(ctx, s, foreign); err != nil {
		return nil, err
	}
	following, endFollowing := context.WithCancel(ctx)
	watching, endWatching := context.WithCancel(ctx)
	var follower, watchers sync.WaitGroup
	follower.Go(func() {
		if err := s.past.follow(following); err != nil && following.Err() == nil {
			s.report.failed(fmt.Errorf("following etcd: %w", err))
		}
	})
	watchers.Go(func() { s.checker.watch(watching) })
	watchers.Go(func() { each(watching, personInterval, s.settle) })
	watchers.Go(func() {
		each(watching, progressInterval, func(context.Context) { s.report.progress(s.places.open(), s.checker.alive()) })
	})
	return func() error {
		endWatching()
		watchers.Wait()
		err := s.checker.look(ctx)
		endFollowing()
		follower.Wait()
		return err
	}, nil
}

// openClasses makes a class of each vendor and waits until it can be used.
func (s *soak) openClasses(ctx context.Context) error {
	for _, vendor := range vendorNames() {
		mods := []gen.WorkspaceClassModifier{
			gen.SetWorkspaceClassProvider(s.vendors.address.Provider(vendor)), gen.SetWorkspaceClassCredentials(harness.OperatorNamespace, className(vendor)),
			gen.SetWorkspaceClassOpen(), gen.SetWorkspaceClassImportableIDs("*"), gen.SetWorkspaceClassResyncInterval(resync),
			gen.SetWorkspaceClassRateLimit(60000, 30000),
		}
		if vendor == harness.Groundfloor {
			mods = append(mods, gen.SetWorkspaceClassFreezeOnDelete(v1alpha1.Enabled))
		}
		credential, err := s.vendors.credential(ctx, vendor)
		if err != nil {
			return err
		}
		class := gen.WorkspaceClass(className(vendor), mods...)
		for _, obj := range []client.Object{harness.CredentialSecretFor(vendor, harness.OperatorNamespace, className(vendor), credential), class} {
			if err := s.h.Client.Create(ctx, obj); err != nil {
				return err
			}
		}
		ready := func(ctx context.Context) (bool, error) {
			err := s.h.Client.Get(ctx, client.ObjectKeyFromObject(class), class)
			return err == nil && harness.IsReady(class), err
		}
		if err := until(ctx, startPatience, "class "+class.Name+" to be Ready", ready); err != nil {
			return err
		}
	}
	return nil
}

// goWrong is the time in which everything may happen.
func (s *soak) goWrong(ctx context.Context, long time.Duration) error {
	if err := s.vendors.beginFailing(ctx); err != nil {
		return err
	}
	s.report.begin(long)
	busy, end := context.WithTimeout(ctx, long)
	defer end()
	var all sync.WaitGroup
	for _, vendor := range vendorNames() {
		for number := range tenantsPerVendor {
			name := strconv.Itoa(number + 1)
			all.Go(func() { s.tenant(busy, vendor, name, s.chance(vendor+name)) })
		}
	}
	all.Go(func() { s.villain(busy, s.chance("villain")) })
	all.Wait()
	return s.vendors.stopFailing(ctx)
}

// chance is one person's, so that what one chooses does not depend on when another does.
func (s *soak) chance(who string) *rand.Rand {
	var stream uint64
	for _, letter := range who {
		stream = stream*31 + uint64(letter)
	}
	return rand.New(rand.NewPCG(s.seed, stream)) //nolint:gosec // nothing secret comes of it
}

func className(vendor string) string { return vendor + "-soak" }

func vendorNames() []string {
	return []string{harness.Portkey, harness.Guance, harness.Slaunchx, harness.Groundfloor, harness.Oceanbase}
}
