// Package perf looks at whole runs of the operator, as a program under its own ServiceAccount: what they cost, and that they leave no secret behind.
//
// Costs are counted where they cannot be talked away, in the API server's audit log, the vendor's request log and the operator's metrics. Nothing is timed, so a slow
// machine gives the same numbers.
package perf
