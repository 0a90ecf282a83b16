package manager

import "github.com/go-logr/logr"

// bodies is the verbosity from which on client-go logs the bodies of requests
// to the API server, Secrets included.
const bodies = 8

// discreet keeps those bodies out of the log, however verbose it is to be.
type discreet struct{ logr.LogSink }

// Enabled reports whether the level is logged.
func (d discreet) Enabled(level int) bool { return level < bodies && d.LogSink.Enabled(level) }

// WithValues stays discreet.
func (d discreet) WithValues(pairs ...any) logr.LogSink {
	return discreet{d.LogSink.WithValues(pairs...)}
}

// WithName stays discreet.
func (d discreet) WithName(name string) logr.LogSink { return discreet{d.LogSink.WithName(name)} }
