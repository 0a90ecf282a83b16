// Package slaunchx speaks the browser chain of the SlaunchX partner portal
// (/web/v1): the API keys of workspaces that exist already.
//
// Three things shape it. The credential is that of a person's session, a token
// that expires and the client hash it is bound to, and nothing but a person can
// renew it. There is no list of keys, so a key whose id is lost cannot be found
// again. And no limit, page or idempotency of the chain is documented.
//
// Vendor facts are from the vendor's documentation: the page "Create API Key"
// before all others, and where it is silent the pages "Get", "Enable",
// "Disable" and "Delete API Key", "Get Workspace", "Update Workspace",
// "Environments" and "Error model".
package slaunchx
