package crash

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/controller/watch"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/manager"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
	"github.com/workspace-operator/workspace-operator/test/crash/store"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// longestPass is how long a pass may take: the engine's deadline, and the patience of a call that shows a key once, which outlives it.
const longestPass = 2*time.Minute + time.Minute

// process is one life of the operator's process: the controllers as the manager puts them together, their queues, and what its caches have seen.
type process struct {
	w           *World
	plan        *Plan
	controllers []manager.Controller
	queue       queue
	view        *store.View
	over        bool
	// number counts the lives of all processes, and current is what this one's pass is about.
	number  int
	current item
	// again begins the life after this one.
	again func()
	// held are the kinds of which the caches show nothing new, and until when.
	held  store.Position
	until time.Time
	// shown is what the caches showed in the last pass.
	shown store.Position
}

// start begins a new life.
func (w *World) start() {
	w.process = w.launch(w.plan)
	w.process.again = w.start
	w.process.wakeAll()
}

// launch makes a process whose calls go by the plan.
func (w *World) launch(plan *Plan) *process {
	w.starts++
	p := &process{w: w, plan: plan, number: w.starts}
	p.look(plan.afterCrash())
	ended := func() bool { return p.over }
	live := &server{Client: w.store.Client(engine.FieldManager), plan: plan, ended: ended}
	cached := &caching{server: live, view: p.view, indexes: map[string]client.IndexerFunc{}}
	drivers := map[string]provider.Driver{}
	for _, driver := range catalog.All() {
		drivers[driver.Name()] = driver
	}
	broker := account.NewBroker(account.Options{
		Reader: live, Cache: cached, Namespace: harness.OperatorNamespace, AllowHTTP: true, Now: time.Now,
		Drivers: func(name string) (provider.Driver, bool) { driver, ok := drivers[name]; return driver, ok },
		NewTransport: func([]byte) (http.RoundTripper, error) {
			return &wire{emulator: w.emulator, plan: plan, ended: ended, sender: p.sender, memory: &w.memory, sent: &w.sent}, nil
		},
	})
	p.controllers = manager.Controllers(
		manager.Parts{Client: cached, Live: live, Broker: broker, Recorder: &w.said, Now: time.Now},
		manager.Options{Namespace: harness.OperatorNamespace, WatchSecrets: true, CredentialsResync: w.pace.credentials},
	)
	for _, controller := range p.controllers {
		if indexed, ok := controller.Reconciler.(watch.Indexed); ok {
			for _, index := range indexed.Indexes() {
				cached.indexes[index.Field] = index.Values
			}
		}
	}
	return p
}

// wakeAll is what a start brings: everything there is, is new.
func (p *process) wakeAll() {
	for _, list := range []client.ObjectList{
		&corev1.NamespaceList{}, &corev1.SecretList{}, &v1alpha1.WorkspaceClassList{}, &v1alpha1.WorkspaceList{}, &v1alpha1.ApiKeyList{}, &v1alpha1.OrphanList{},
	} {
		must(p.w.t, p.view.List(context.Background(), list))
		objects, err := meta.ExtractList(list)
		must(p.w.t, err)
		for _, object := range objects {
			if obj, ok := object.(client.Object); ok {
				p.deliver(nil, obj)
			}
		}
	}
}

// catchUp has the caches see what was written since, and wakes those for whom it is news.
func (p *process) catchUp() {
	for _, change := range p.view.CatchUp(p.moving()...) {
		p.deliver(change.Old, change.New)
	}
}

// deliver shows a change to every controller that watches the kind.
func (p *process) deliver(before, after client.Object) {
	for number, controller := range p.controllers {
		for _, trigger := range controller.Triggers() {
			if !sameKind(trigger.Kind, before, after) {
				continue
			}
			for _, obj := range told(trigger.News, seen(trigger, before), seen(trigger, after)) {
				p.wake(number, trigger.Wakes, obj)
			}
		}
	}
}

// sameKind reports whether a change is of an object of the kind.
func sameKind(kind, before, after client.Object) bool {
	changed := after
	if changed == nil {
		changed = before
	}
	return reflect.TypeOf(kind) == reflect.TypeOf(changed)
}

// seen is what a controller's cache keeps of an object; the Secrets in it are those with our label.
func seen(trigger watch.Trigger, obj client.Object) client.Object {
	if obj == nil || !trigger.MetadataOnly {
		return obj
	}
	metadata := &metav1.PartialObjectMetadata{}
	if accessor, ok := obj.(metav1.ObjectMetaAccessor); ok {
		if whole, isWhole := accessor.GetObjectMeta().(*metav1.ObjectMeta); isWhole {
			whole.DeepCopyInto(&metadata.ObjectMeta)
		}
	}
	if _, isSecret := trigger.Kind.(*corev1.Secret); isSecret {
		if obj.GetLabels()[v1alpha1.LabelManagedBy] != v1alpha1.ManagedBy {
			return nil
		}
		metadata.Annotations = nil
	}
	return metadata
}

// told are the objects that a handler is shown of a change, if it passes the predicate.
func told(passes predicate.Predicate, before, after client.Object) []client.Object {
	switch {
	case before == nil && after == nil:
		return nil
	case before == nil && passes.Create(event.CreateEvent{Object: after}):
		return []client.Object{after}
	case before != nil && after == nil && passes.Delete(event.DeleteEvent{Object: before}):
		return []client.Object{before}
	case before != nil && after != nil && passes.Update(event.UpdateEvent{ObjectOld: before, ObjectNew: after}):
		return []client.Object{before, after}
	}
	return nil
}

func (p *process) wake(controller int, wakes handler.MapFunc, obj client.Object) {
	if wakes == nil {
		p.queue.add(item{controller, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(obj)}})
		return
	}
	for _, request := range wakes(context.Background(), obj) {
		p.queue.add(item{controller, request})
	}
}

// pass makes the next pass that is due; false if there is none. A crash in it begins a new life.
func (p *process) pass() bool {
	next, due := p.next()
	if !due {
		return false
	}
	p.w.passes++
	p.current = next
	began := time.Now()
	result, ended, err := p.reconcile(next)
	if ended {
		p.over = true
		p.again()
		return true
	}
	if took := time.Since(began); took > longestPass && p.w.crew == nil { // one of a crew waits for its turn
		p.w.wrongf("invariant 16: a pass of %s %s took %s", p.controllers[next.controller].Name, next.request, took)
	}
	p.put(next, result, err)
	p.shown = p.view.Position()
	p.w.look(false)
	return true
}

// sender is who sends a request: a pass about one object knows what those before it about the same have read, in the same life.
func (p *process) sender() string {
	return fmt.Sprintf("%s %s, in life %d", p.controllers[p.current.controller].Name, p.current.request, p.number)
}

// next is what the next pass is about, once the caches show what they are to show in it.
func (p *process) next() (item, bool) {
	p.catchUp()
	if lag := p.plan.lagNow(); lag != nil {
		p.plan.Turns = append(p.plan.Turns, Turn{item: lag.item})
		p.look(lag)
		if lag.For > 0 {
			p.queue.addAt(lag.item, time.Now().Add(time.Second)) // and again while it lasts
		}
		return lag.item, true
	}
	next, due := p.queue.take(time.Now())
	if due && p.plan.counting {
		p.plan.Turns = append(p.plan.Turns, Turn{item: next, News: p.news()})
	}
	return next, due
}

// ready reports whether a pass is due.
func (p *process) ready() bool {
	p.catchUp()
	return p.queue.due(time.Now())
}

// put is what controller-runtime does with the outcome of a pass.
func (p *process) put(done item, result reconcile.Result, err error) {
	switch {
	case err != nil:
		p.w.said.add(err.Error())
		p.queue.retry(done, time.Now())
	case result.RequeueAfter > 0:
		p.queue.forget(done)
		p.queue.addAt(done, time.Now().Add(result.RequeueAfter))
	default:
		p.queue.forget(done)
	}
}

// reconcile makes a pass, and reports whether a crash ended the process in it.
func (p *process) reconcile(i item) (result reconcile.Result, ended bool, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			if _, isCrash := recovered.(crashed); !isCrash {
				panic(recovered)
			}
			ended = true
		}
	}()
	ctx := logr.NewContext(context.Background(), funcr.New(func(prefix, args string) { p.w.said.add(prefix + args) }, funcr.Options{Verbosity: 1}))
	result, err = p.controllers[i.controller].Reconcile(ctx, i.request)
	return result, false, err
}
