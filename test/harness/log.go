package harness

import (
	"bytes"
	"sync"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
)

// verbosity is everything but the bodies of requests to the API server, which client-go logs from 8 on.
const verbosity = 7

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
	}, funcr.Options{LogTimestamp: true, Verbosity: verbosity})
}

// String is everything logged so far.
func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines.String()
}
