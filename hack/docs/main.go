// Command docs writes what the documentation says from data: the table of what
// each vendor can do stands between two markers in the files it is given.
package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
)

const (
	start = "<!-- capabilities -->\n"
	end   = "<!-- /capabilities -->\n"
)

func main() {
	for _, path := range os.Args[1:] {
		if err := rewrite(path); err != nil {
			fmt.Fprintln(os.Stderr, "docs:", err)
			os.Exit(1)
		}
	}
}

func rewrite(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(text, []byte(start))
	_, after, closed := bytes.Cut(rest, []byte(end))
	if !found || !closed {
		return fmt.Errorf("%s lacks the markers %q and %q", path, start, end)
	}
	written := bytes.Join([][]byte{before, []byte(start), []byte("\n" + catalog.Table() + "\n"), []byte(end), after}, nil)
	if bytes.Equal(written, text) {
		return nil
	}
	return os.WriteFile(path, written, 0o644) //nolint:gosec // documentation is for everybody to read
}
