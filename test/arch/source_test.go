package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/test/cluster"
)

const module = "github.com/workspace-operator/workspace-operator"

// source is one Go file of the repository.
type source struct {
	path    string // relative to the root, with slashes
	fileSet *token.FileSet
	file    *ast.File
	lines   int
}

func (s source) folder() string  { return path.Dir(s.path) }
func (s source) isTest() bool    { return strings.HasSuffix(s.path, "_test.go") }
func (s source) generated() bool { return ast.IsGenerated(s.file) }
func (s source) line(n ast.Node) int {
	return s.fileSet.Position(n.Pos()).Line
}

// sources parses every Go file of the module, for all platforms. Reading the files, rather than asking `go list`, also lets the test cache notice a change.
func sources(t *testing.T) []source {
	t.Helper()
	var found []source
	walk(t, func(name string, content []byte) {
		if path.Ext(name) != ".go" {
			return
		}
		fileSet := token.NewFileSet()
		file, err := parser.ParseFile(fileSet, name, content, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, source{path: name, fileSet: fileSet, file: file, lines: fileSet.File(file.Pos()).LineCount()})
	})
	if len(found) == 0 {
		t.Fatal("no Go file found: the test looks in the wrong place")
	}
	return found
}

// walk visits every file of the repository that somebody wrote or generated.
func walk(t *testing.T, visit func(name string, content []byte)) {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		if entry.IsDir() {
			if relative == ".git" || relative == "bin" {
				return filepath.SkipDir
			}
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		visit(relative, content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
