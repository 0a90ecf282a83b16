// Package catalog is the one place that names the vendors. A new driver is
// one more line here.
package catalog
