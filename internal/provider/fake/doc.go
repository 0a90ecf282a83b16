// Package fake is a vendor in memory, for the tests of whoever calls a driver.
// It keeps every promise of package provider, can be told to break its word
// once, and remembers what it was asked.
package fake
