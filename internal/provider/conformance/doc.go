// Package conformance holds what every driver must pass: a suite that plays
// the contract of package provider against a vendor's emulator, and a scripted
// server for the tests of a driver's own wire format.
package conformance
