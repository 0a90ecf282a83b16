// Package groundfloor drives the Groundfloor control plane: workspaces, which
// it builds in its own time, freezes, and removes some weeks after that. It has
// no API keys.
//
// Vendor facts are from the vendor's documentation: the page "Workspaces API"
// and, where that page is silent, the pages on the API's introduction and
// authentication, on provisioning and on offboarding.
package groundfloor
