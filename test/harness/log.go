package harness

import (
	"bytes"
	"sync"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
)

// everything is beyond any verbosity that is in use.
const everything = 100

// logBuffer collects log lines.
type logBuffer struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

func (b *logBuffer) logger() logr.Logger {
	return funcr.New(func(prefix, arguments string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.lines.WriteString(prefix + " " + arguments + "\n")
	}, funcr.Options{LogTimestamp: true, Verbosity: everything})
}

// String is everything logged so far.
func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines.String()
}
