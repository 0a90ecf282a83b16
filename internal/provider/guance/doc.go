// Package guance speaks the Guance Cloud open API (TrueWatch abroad).
//
// Three things in it are unlike any other vendor. The key decides the
// workspace: apart from creation, every call acts on the workspace that owns
// the calling key, so a workspace is managed with an admin key that is made
// along with it. The API has neither a list nor a deletion of workspaces. And
// the answer to too many requests is 401, to a bad key 403.
package guance
