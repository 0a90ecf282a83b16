// Package portkey drives the admin API of the Portkey AI gateway: workspaces
// and the API keys in them.
//
// Vendor facts are from the vendor's documentation: the pages "Create
// Workspace" and "Errors" of its admin API, its OpenAPI description and the
// source of its Terraform provider.
package portkey
