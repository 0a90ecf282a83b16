package crash

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
	"github.com/workspace-operator/workspace-operator/test/crash/store"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// The names of what is in every world.
const (
	team          = "team"
	className     = "class"
	workspaceName = "workspace"
	keyName       = "key"
	// user is who writes what tenants and admins write.
	user = "kubectl"
)

// pace is how fast a world lives.
type pace struct {
	// resync is how long the operator leaves a quiet object alone, and credentials the same of a credential Secret that is in use.
	resync, credentials time.Duration
	// passes are the most there may be.
	passes int
}

// usual is a world that ends within hours. A credential Secret is read less often than by default: that is most of what there would be to see otherwise.
func usual() pace { return pace{resync: 5 * time.Minute, credentials: 10 * time.Minute, passes: 2000} }

const (
	// calm is how long nothing may change before the world is at rest: two resyncs, and what they are spread by.
	calm = 11 * time.Minute
	// breath is the same while the world comes to what a scenario begins with.
	breath = time.Minute
	// longest bounds the time in which the world has to come to rest. The longest the operator waits for anything is half an hour, for a workspace that groundfloor
	// may yet be making.
	longest = 3 * time.Hour
)

// World is a cluster, a vendor and the operator, in one goroutine and in the time of a bubble.
type World struct {
	t        testing.TB
	pace     pace
	began    time.Time
	vendor   string
	can      provider.Capabilities
	store    *store.Store
	user     client.Client
	emulator *emulator.Emulator
	address  *harness.Vendors
	plan     *Plan
	memory   memory
	process  *process
	// crew is who works in the place of the one process, if there are several.
	crew *crew
	// existing is the vendor's workspace that is taken over, where its API cannot create any.
	existing string
	// changed is when anything last did.
	changed time.Time
	// passes counts those of all processes, and starts the processes.
	passes, starts int
	// sent counts the requests to the emulator.
	sent int64
	// credential is the one in force.
	credential string
	// said is all that the operator has said, in logs, events and errors.
	said said
}

// Lab is what all worlds share: nothing that any of them changes.
type Lab struct {
	scheme *runtime.Scheme
	seed   byte
}

// NewLab makes a laboratory. Labs of one seed give the same history for the same faults, to the letter; others differ in the ids that the vendors give, and with
// them in the order of what goes by ids.
func NewLab(t testing.TB, seed byte) *Lab {
	t.Helper()
	scheme := runtime.NewScheme()
	must(t, clientgoscheme.AddToScheme(scheme))
	must(t, v1alpha1.AddToScheme(scheme))
	return &Lab{scheme: scheme, seed: seed}
}

// world makes a place with a namespace and a class, and starts the operator.
func (l *Lab) world(t testing.TB, vendor string, pace pace) *World {
	t.Helper()
	pass(time.Now().Truncate(time.Hour).Add(time.Hour)) // every world begins at a full hour
	cluster, err := store.New(store.Options{Scheme: l.scheme})
	must(t, err)
	vendors, err := emulator.New(emulator.Options{Random: rand.NewChaCha8([32]byte{l.seed})})
	must(t, err)
	w := &World{
		t: t, pace: pace, began: time.Now(), vendor: vendor, store: cluster, user: cluster.Client(user), emulator: vendors, plan: &Plan{},
		address: &harness.Vendors{Emulator: vendors, URL: emulatorURL}, existing: harness.Importable(vendor),
	}
	for _, driver := range catalog.All() {
		if driver.Name() == vendor {
			w.can = driver.Capabilities()
		}
	}
	for _, name := range []string{harness.OperatorNamespace, team} {
		w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	credentials, err := vendors.Credentials(vendor)
	must(t, err)
	w.credential = credentials[0]
	w.create(w.credentialSecret())
	w.memory.begin(w)
	w.start()
	w.create(w.class())
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// credentialSecret has the credential in force.
func (w *World) credentialSecret() *corev1.Secret {
	data := map[string][]byte{}
	for name, value := range harness.CredentialData(w.vendor, w.credential) {
		data[name] = []byte(value)
	}
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: harness.OperatorNamespace, Name: className}, Data: data, Type: corev1.SecretTypeOpaque}
}

func (w *World) class() *v1alpha1.WorkspaceClass {
	mods := []gen.WorkspaceClassModifier{
		gen.SetWorkspaceClassProvider(w.address.Provider(w.vendor)), gen.SetWorkspaceClassCredentials(harness.OperatorNamespace, className),
		gen.SetWorkspaceClassOpen(), gen.SetWorkspaceClassImportableIDs("*"), gen.SetWorkspaceClassResyncInterval(w.pace.resync), gen.SetWorkspaceClassRateLimit(60000, 30000),
	}
	if w.vendor == harness.Groundfloor {
		mods = append(mods, gen.SetWorkspaceClassFreezeOnDelete(v1alpha1.Enabled))
	}
	return gen.WorkspaceClass(className, mods...)
}

// create, and what follows, is what users do. None of it goes wrong.
func (w *World) create(obj client.Object) {
	w.t.Helper()
	must(w.t, w.user.Create(w.t.Context(), obj))
}

// get reads an object; false if there is none.
func (w *World) get(obj client.Object) bool {
	w.t.Helper()
	err := w.user.Get(w.t.Context(), client.ObjectKeyFromObject(obj), obj)
	must(w.t, client.IgnoreNotFound(err))
	return err == nil
}

// edit changes an object that is there.
func edit[T client.Object](w *World, obj T, change func(T)) {
	w.t.Helper()
	if !w.get(obj) {
		return
	}
	change(obj)
	must(w.t, w.user.Update(w.t.Context(), obj))
}

func (w *World) annotate(obj client.Object, name, value string) {
	w.t.Helper()
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, name, value)
	must(w.t, client.IgnoreNotFound(w.user.Patch(w.t.Context(), obj, client.RawPatch(types.MergePatchType, patch))))
}

func (w *World) delete(obj client.Object) {
	w.t.Helper()
	must(w.t, client.IgnoreNotFound(w.user.Delete(w.t.Context(), obj)))
}

// workspace, key and secret are as read from the cluster, or empty but for their names.
func (w *World) workspace() *v1alpha1.Workspace {
	ws := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: workspaceName}}
	w.get(ws)
	return ws
}

func (w *World) key() *v1alpha1.ApiKey {
	key := &v1alpha1.ApiKey{ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: keyName}}
	w.get(key)
	return key
}

func (w *World) secret() *corev1.Secret {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: keyName}}
	w.get(secret)
	return secret
}

// settle goes on until the world is at rest.
func (w *World) settle() { w.settleFor(calm) }

// settleFor goes on until nothing has changed for so long.
func (w *World) settleFor(calm time.Duration) {
	w.t.Helper()
	w.changed = time.Now()
	end := w.changed.Add(longest)
	for {
		w.run()
		due, waits := w.wakes()
		quiet := w.changed.Add(calm)
		switch {
		case waits && due.Before(quiet):
			pass(due)
		case !w.busy() || !waits || due.After(end):
			pass(quiet)
			return
		default:
			pass(due)
		}
	}
}

// pass lets the bubble's time go on, which takes none.
func pass(until time.Time) {
	time.Sleep(time.Until(until)) //nolint:forbidigo // there is nobody else to wait for
}

// busy reports whether the operator says that it is in the middle of something.
func (w *World) busy() bool {
	for _, obj := range []client.Object{w.workspace(), w.key()} {
		if reconciling := harness.Condition(obj, v1alpha1.ConditionReconciling); reconciling != nil && reconciling.Status == metav1.ConditionTrue {
			return true
		}
	}
	return false
}

// run makes all passes that are due.
func (w *World) run() {
	if w.crew != nil {
		w.crew.run()
		return
	}
	for {
		collected := w.collect()
		if !w.process.pass() && collected == 0 {
			return
		}
	}
}

// collect is what the garbage collector does, and how much that was.
func (w *World) collect() int {
	collected, err := w.store.CollectGarbage()
	must(w.t, err)
	if w.passes > w.pace.passes {
		w.t.Fatalf("%d passes, and no end", w.passes)
	}
	return collected
}

// wakes is when the operator has something to do the next time; false if never.
func (w *World) wakes() (time.Time, bool) {
	if w.crew != nil {
		return w.crew.wakes()
	}
	return w.process.wakes()
}
