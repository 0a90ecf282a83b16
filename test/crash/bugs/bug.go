// Package bugs has mistakes that could be in the operator, each as a patch, and tries whether the crash tests notice them. A harness that has never been seen to fail
// proves nothing.
package bugs

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is where the patches are, from the root of the repository.
const Folder = "test/crash/bugs"

// The words that begin the lines before a patch.
const (
	noticed = "Noticed by: "
	run     = "Run: "
)

// Mistake is a patch, and what is said of it.
type Mistake struct {
	// Name is the file's, without its ending.
	Name string
	// Says is what the mistake is, in a sentence, and Noticed which promise it breaks.
	Says, Noticed string
	// Run selects the test that should notice it, as -run takes it.
	Run string
	// Files are those that it is in, from the root of the repository.
	Files []string

	patch []byte
}

// All reads the bugs of the repository that has its root there.
func All(root string) ([]Mistake, error) {
	folder := os.DirFS(filepath.Join(root, Folder))
	names, err := fs.Glob(folder, "*.patch")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	all := make([]Mistake, 0, len(names))
	for _, name := range names {
		patch, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		bug, err := parse(strings.TrimSuffix(name, ".patch"), patch)
		if err != nil {
			return nil, err
		}
		all = append(all, bug)
	}
	return all, nil
}

// parse reads what stands before the patch, and which files it is about.
func parse(name string, patch []byte) (Mistake, error) {
	bug, before := Mistake{Name: name, patch: patch}, true
	lines := bufio.NewScanner(bytes.NewReader(patch))
	for lines.Scan() {
		line := lines.Text()
		if file, isFile := strings.CutPrefix(line, "+++ b/"); isFile {
			bug.Files = append(bug.Files, file)
		}
		switch before = before && !strings.HasPrefix(line, "diff --git ") && !strings.HasPrefix(line, "--- a/"); {
		case !before:
		case strings.HasPrefix(line, noticed):
			bug.Noticed = strings.TrimPrefix(line, noticed)
		case strings.HasPrefix(line, run):
			bug.Run = strings.TrimPrefix(line, run)
		default:
			bug.Says = strings.TrimSpace(bug.Says + " " + line)
		}
	}
	if bug.Says == "" || bug.Noticed == "" || bug.Run == "" || len(bug.Files) == 0 {
		return Mistake{}, fmt.Errorf("%s: a sentence, a line %q, a line %q and a patch are needed", name, noticed, run)
	}
	return bug, lines.Err()
}

// Apply makes the mistake in copies of the files, in the folder, and gives the copies by the paths of the originals.
func (m Mistake) Apply(ctx context.Context, root, folder string) (map[string]string, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	copies := map[string]string{}
	for _, file := range m.Files {
		original, copied := filepath.Join(root, file), filepath.Join(folder, file)
		text, err := os.ReadFile(original)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		if err := os.MkdirAll(filepath.Dir(copied), 0o750); err != nil {
			return nil, err
		}
		if err := os.WriteFile(copied, text, 0o600); err != nil {
			return nil, err
		}
		copies[original] = copied
	}
	git := exec.CommandContext(ctx, "git", "apply", "-C1", "-")
	git.Dir, git.Stdin = folder, bytes.NewReader(m.patch)
	git.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(folder)) // whatever repository the folder is in
	if said, err := git.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s does not apply: %w: %s", m.Name, err, said)
	}
	return copies, nil
}
