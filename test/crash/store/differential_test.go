package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/cluster"
)

const (
	workers = 8
	// sequences is how many are compared; shortSequences with -short.
	sequences, shortSequences = 10_400, 800
	// enough failures end the comparison.
	enough = 6
	// flaky is how many sequences may hold one that the API server answers in another way when it is repeated. It was seen once in 20,000, on a busy machine:
	// a patch that changed nothing got a new version, and did so in none of 40 repetitions.
	flaky = 2000
	// seedVariable names one sequence, by the seed that a failure printed, to run alone.
	seedVariable = "STORE_SEED"
)

// TestAgainstKubeAPIServer replays the same requests on the store and on a real API server, and wants the same answers.
func TestAgainstKubeAPIServer(t *testing.T) {
	crds, err := cluster.CRDDir()
	if err != nil {
		t.Fatal(err)
	}
	server, err := cluster.Start(t.Context(), cluster.Options{CRDDirs: []string{crds}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	config := server.Config()
	config.WarningHandler = rest.NoWarnings{}
	c, err := client.New(config, client.Options{Scheme: testScheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("garbage", func(t *testing.T) { compareGarbage(t, c) })
	t.Run("times", func(t *testing.T) { compareTimes(t, c) })
	t.Run("sequences", func(t *testing.T) { compareSequences(t, c) })
}

func testScheme(t testing.TB) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	return scheme
}

func newStore(t testing.TB, now func() time.Time) *Store {
	t.Helper()
	s, err := New(Options{Scheme: testScheme(t), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func compareSequences(t *testing.T, server client.Client) {
	first, count := uint64(1), sequences
	if testing.Short() {
		count = shortSequences
	}
	if text := os.Getenv(seedVariable); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, count = seed, 1
	}
	start := time.Now()
	var next, operations, failed, repeated atomic.Uint64
	var done sync.WaitGroup
	for worker := range min(workers, count) {
		pair := newPair(t, server, fmt.Sprintf("worker-%d", worker), nil)
		done.Go(func() {
			for seed := next.Add(1) - 1; seed < uint64(count) && failed.Load() < enough; seed = next.Add(1) - 1 {
				all := generate(first + seed)
				operations.Add(uint64(len(all.operations)))
				diff := pair.replay(t, all)
				if diff == "" {
					continue
				}
				// The store would differ in the same way again.
				repeated.Add(1)
				pair.leaveOut(all)
				if again := pair.replay(t, all.renamed()); again != "" {
					failed.Add(1)
					t.Error(again)
				} else {
					t.Logf("the API server did not repeat this:\n%s", diff)
				}
			}
			pair.compareAll(t)
		})
	}
	done.Wait()
	t.Logf("%d sequences with %d operations compared in %s: %d differ, %d differed once", count, operations.Load(), time.Since(start).Round(time.Second), failed.Load(), repeated.Load()-failed.Load())
	if repeated.Load() > uint64(1+count/flaky) {
		t.Errorf("%d sequences had to be repeated: that is more than chance", repeated.Load())
	}
}

// pair is both servers, with a namespace of the same name in each.
type pair struct {
	model, real *side
	store       *Store
}

func newPair(t *testing.T, server client.Client, namespace string, now func() time.Time) *pair {
	t.Helper()
	s := newStore(t, now)
	p := &pair{
		store: s,
		model: &side{client: s.Client("model"), namespace: namespace},
		real:  &side{client: server, namespace: namespace, loose: true},
	}
	for _, one := range []*side{p.model, p.real} {
		anchor := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "anchor", Namespace: namespace}}
		for _, obj := range []client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, anchor} {
			// Several pairs may share a namespace of the real server.
			err := one.client.Create(t.Context(), obj)
			if apierrors.IsAlreadyExists(err) {
				err = one.client.Get(t.Context(), client.ObjectKeyFromObject(obj), obj)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		one.anchor = anchor.UID
	}
	return p
}

// leaveOut keeps the objects of a sequence out of the comparison in the end.
func (p *pair) leaveOut(all sequence) {
	for _, one := range []*side{p.model, p.real} {
		one.ignored = append(one.ignored, fmt.Sprintf("s%d-", all.seed))
	}
}

// replay compares every answer of one sequence and describes the first difference.
func (p *pair) replay(t *testing.T, all sequence) string {
	p.model.reset()
	p.real.reset()
	for i, o := range all.operations {
		want, got := p.real.do(t.Context(), all, o), p.model.do(t.Context(), all, o)
		if diff := cmp.Diff(asText(want), asText(got)); diff != "" {
			history := ""
			for _, earlier := range all.operations[:i+1] {
				history += "\n  " + earlier.String()
			}
			return fmt.Sprintf("%s=%d, %s: operation %d differs (-real +model):\n%s\nafter%s", seedVariable, all.seed, all.kinds[o.slot].name, i+1, diff, history)
		}
	}
	return ""
}

// compareAll compares everything there is in the end, in the order of the latest writes.
func (p *pair) compareAll(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range specimens() {
		if seen[kind.name] || kind.name == "WorkspaceClass" && workers > 1 {
			continue // the classes of all workers are in one place
		}
		seen[kind.name] = true
		want, got := p.real.all(context.WithoutCancel(t.Context()), kind), p.model.all(context.WithoutCancel(t.Context()), kind)
		if diff := cmp.Diff(asText(want), asText(got)); diff != "" {
			t.Errorf("the objects of kind %s differ in the end (-real +model):\n%s", kind.name, diff)
		}
	}
}
