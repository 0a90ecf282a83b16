// Package arch holds the rules for the shape of the source as tests: who may import whom, how long a thing may be, and what may not be there at all.
package arch

import (
	"go/ast"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	// functionLimit and fileLimit are in lines. What reaches them has stopped being one thing.
	functionLimit = 60
	fileLimit     = 300
)

func TestImports(t *testing.T) {
	table := layers()
	for _, s := range sources(t) {
		row := slices.IndexFunc(table, func(l layer) bool { return covers(l.packages, s.folder()) })
		if row < 0 {
			t.Errorf("%s: package %s is in no row of the table in layers_test.go", s.path, s.folder())
			continue
		}
		for _, spec := range s.file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !table[row].allows(imported, s) {
				t.Errorf("%s:%d: %s may not import %s", s.path, s.line(spec), s.folder(), imported)
			}
		}
	}
}

// covers reports whether a pattern of the table names the folder. A row for a folder itself comes before one for everything below its parent.
func covers(pattern, folder string) bool {
	parent, below := strings.CutSuffix(pattern, "/...")
	return folder == parent || below && strings.HasPrefix(folder, parent+"/")
}

func (l layer) allows(imported string, s source) bool {
	if relative, ours := strings.CutPrefix(imported, module+"/"); ours {
		allowed := append([]string{s.folder()}, l.project...) // an external test imports its own package
		if s.isTest() {
			allowed = append(allowed, l.tests...)
		}
		return slices.ContainsFunc(allowed, func(pattern string) bool { return covers(pattern, relative) })
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return true // the standard library
	}
	if s.isTest() {
		return !isKubernetes(imported) || slices.ContainsFunc(l.external, isKubernetes)
	}
	return slices.ContainsFunc(l.external, func(prefix string) bool { return covers(prefix+"/...", imported) })
}

func isKubernetes(imported string) bool {
	return covers("k8s.io/...", imported) || covers("sigs.k8s.io/...", imported)
}

func TestLengths(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() || s.generated() {
			continue
		}
		if s.lines >= fileLimit {
			t.Errorf("%s: %d lines, the limit is %d: split it by what its parts are for", s.path, s.lines, fileLimit)
		}
		for _, declaration := range s.file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if lines := s.fileSet.Position(function.End()).Line - s.line(function) + 1; lines >= functionLimit {
				t.Errorf("%s:%d: %s has %d lines, the limit is %d", s.path, s.line(function), function.Name.Name, lines, functionLimit)
			}
		}
	}
}

func TestPackageNamesSayWhatTheyAreFor(t *testing.T) {
	empty := []string{"util", "utils", "common", "helper", "helpers", "types", "models", "misc", "shared"}
	for _, s := range sources(t) {
		for _, name := range append(strings.Split(s.folder(), "/"), s.file.Name.Name) {
			if slices.Contains(empty, name) {
				t.Errorf("%s: a package called %q says nothing about what is in it", s.path, name)
			}
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, s := range sources(t) {
		for _, declaration := range s.file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if ok && !s.generated() && function.Recv == nil && function.Name.Name == "init" {
				t.Errorf("%s:%d: init() runs unasked and in an order nobody sees; call a function from main", s.path, s.line(function))
			}
		}
	}
}

// TestPlanIsPure keeps decisions repeatable: the same facts give the same plan, at any time and on any machine.
func TestPlanIsPure(t *testing.T) {
	impure := []string{"os", "net", "net/http", "io/fs", "context", "sync", "math/rand", "math/rand/v2", "crypto/rand"}
	clocks := []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Sleep"}
	for _, s := range sources(t) {
		if !covers("internal/plan/...", s.folder()) || s.isTest() {
			continue
		}
		for _, spec := range s.file.Imports {
			if imported, err := strconv.Unquote(spec.Path.Value); err != nil || slices.Contains(impure, imported) {
				t.Errorf("%s:%d: a plan is made from facts, not from %s", s.path, s.line(spec), spec.Path.Value)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if from, ok := selector.X.(*ast.Ident); ok && from.Name == "time" && slices.Contains(clocks, selector.Sel.Name) {
				t.Errorf("%s:%d: time.%s: the time is one of the facts a plan is given", s.path, s.line(selector), selector.Sel.Name)
			}
			return true
		})
	}
}

// TestStandsAlone keeps out references to files beside the repository: they mean nothing to whoever has only the repository.
func TestStandsAlone(t *testing.T) {
	outside := []string{"../" + "shared", "shared/" + "vendors", "shared/" + "contracts"}
	walk(t, func(name string, content []byte) {
		for number, line := range strings.Split(string(content), "\n") {
			for _, text := range outside {
				if strings.Contains(line, text) {
					t.Errorf("%s:%d: mentions %s, which is not part of this repository", name, number+1, text)
				}
			}
		}
	})
}

// TestTheRulesBite makes sure that the table is read as it is meant: the three rules of the architecture, each broken once.
func TestTheRulesBite(t *testing.T) {
	tests := []struct{ path, imports string }{
		{path: "internal/provider/portkey/driver.go", imports: "k8s.io/api/core/v1"},
		{path: "internal/provider/portkey/driver_test.go", imports: "sigs.k8s.io/controller-runtime/pkg/client"},
		{path: "internal/provider/portkey/driver.go", imports: module + "/internal/provider/guance"},
		{path: "internal/provider/provider.go", imports: "golang.org/x/time/rate"},
		{path: "internal/controller/workspace/act.go", imports: module + "/internal/provider/portkey"},
		{path: "internal/controller/workspace/act.go", imports: module + "/internal/provider/catalog"},
		{path: "internal/controller/workspace/act.go", imports: module + "/internal/controller/apikey"},
		{path: "internal/emulator/portkey/wire.go", imports: module + "/internal/provider"},
		{path: "internal/emulator/portkey/wire_test.go", imports: module + "/internal/provider/portkey"},
		{path: "internal/plan/key.go", imports: module + "/api/v1alpha1"},
	}
	table := layers()
	for _, test := range tests {
		s := source{path: test.path}
		row := slices.IndexFunc(table, func(l layer) bool { return covers(l.packages, s.folder()) })
		if row < 0 || table[row].allows(test.imports, s) {
			t.Errorf("the table lets %s import %s", test.path, test.imports)
		}
	}
}
