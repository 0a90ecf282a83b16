// Package oceanbase drives the API keys of the AI service of OceanBase Cloud.
// There are no workspaces in that API: a workspace is a project of an
// organization, both of which exist already.
//
// Vendor facts are from the vendor's documentation: the pages "Create an API
// key", "List API keys" and "Delete an API key" of the AI service, "Using the
// Open API", and "Manage API keys" of the console.
package oceanbase
