// Package meter counts and times what a driver does, by decorating it: neither
// the driver nor its caller knows.
package meter
