package arch

import "slices"

// layer is what the packages of one folder may import. Paths are relative to the module; a trailing "/..." includes everything below.
type layer struct {
	packages string
	// project lists the packages of this module it may import.
	project []string
	// external lists the modules, or parts of modules, it may import. The standard library is always allowed.
	external []string
	// tests lists what its tests may import from this module in addition. Their external imports are free, except that a layer which may not see Kubernetes
	// is not tested through it either.
	tests []string
}

// layers is the architecture as a table: three rules and their consequences. A driver cannot see Kubernetes, a controller cannot see a vendor, and the
// emulator shares no type with the drivers, so that every wire format has two independent witnesses. A package that is in no row fails the test.
func layers() []layer {
	// The external modules by what they are for.
	kubernetes := []string{"k8s.io", "sigs.k8s.io", "github.com/go-logr/logr"}
	metrics := []string{"github.com/prometheus/client_golang"}
	limits := []string{"golang.org/x/time/rate", "golang.org/x/sync"}

	dialect := []string{"internal/provider", "internal/provider/rest"}
	driverTests := []string{"internal/provider/...", "internal/emulator/..."}
	controller := []string{
		"api/v1alpha1", "internal/provider", "internal/plan", "internal/engine", "internal/account", "internal/publish", "internal/ledger",
		"internal/controller/watch", "internal/controller/limits",
	}
	controllerTests := []string{"api/v1alpha1", "internal/...", "test/..."}
	everything := []string{"api/...", "internal/...", "test/..."}

	return []layer{
		{packages: "api/v1alpha1", external: []string{"k8s.io/api", "k8s.io/apimachinery"}, tests: []string{"test/..."}},

		// The contract with any vendor, and the drivers.
		{packages: "internal/provider"},
		{packages: "internal/provider/rest", project: []string{"internal/provider"}, external: limits},
		{packages: "internal/provider/groundfloor", project: dialect, tests: driverTests},
		{packages: "internal/provider/guance", project: dialect, tests: driverTests},
		{packages: "internal/provider/portkey", project: dialect, tests: driverTests},
		{packages: "internal/provider/slaunchx", project: dialect, tests: driverTests},
		{packages: "internal/provider/oceanbase", project: dialect, external: []string{"github.com/icholy/digest"}, tests: driverTests},
		{packages: "internal/provider/catalog", project: []string{"internal/provider/..."}, tests: driverTests},
		{packages: "internal/provider/meter", project: []string{"internal/provider"}, external: metrics, tests: []string{"internal/provider/fake"}},
		{packages: "internal/provider/fake", project: []string{"internal/provider"}, tests: driverTests},
		{packages: "internal/provider/conformance", project: []string{"internal/provider", "internal/emulator/..."}, tests: driverTests},

		// Decisions, without input or output.
		{packages: "internal/plan", project: []string{"internal/provider"}},

		// What the controllers are made of.
		{packages: "internal/engine", project: []string{"api/v1alpha1", "internal/provider", "internal/plan", "internal/account"}, external: kubernetes, tests: controllerTests},
		{packages: "internal/account", project: []string{"api/v1alpha1", "internal/provider"}, external: slices.Concat(kubernetes, limits), tests: controllerTests},
		{packages: "internal/ledger", project: []string{"api/v1alpha1"}, external: slices.Concat(kubernetes, metrics), tests: controllerTests},
		{packages: "internal/publish", project: []string{"api/v1alpha1", "internal/provider", "internal/plan"}, external: kubernetes, tests: controllerTests},
		{packages: "internal/controller/...", project: controller, external: kubernetes, tests: controllerTests},

		// The second witness.
		{packages: "internal/emulator/...", project: []string{"internal/emulator/..."}},

		// Where everything is put together.
		{
			packages: "internal/manager",
			project:  slices.Concat([]string{"internal/provider/catalog", "internal/provider/meter", "internal/provider/rest", "internal/controller/..."}, controller),
			external: slices.Concat(kubernetes, metrics),
			tests:    controllerTests,
		},
		{packages: "cmd/manager", project: []string{"internal/manager"}, external: kubernetes},
		{packages: "cmd/emulator", project: []string{"internal/emulator/..."}},

		// Tools and tests see everything; nothing above sees them, except in its tests.
		{packages: "hack/...", project: everything, external: kubernetes},
		{packages: "test/...", project: everything, external: slices.Concat([]string{"github.com/onsi", "github.com/google/go-cmp", "pgregory.net/rapid", "github.com/yuin/gopher-lua"}, kubernetes)},
	}
}
