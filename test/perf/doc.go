// Package perf holds what the operator costs to numbers, counted where it cannot be talked away: in the API server's audit log, the vendor's request log and the
// operator's own metrics. Nothing is timed, so a slow machine gives the same numbers.
package perf
