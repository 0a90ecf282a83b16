// Package store is a model of the Kubernetes API server: small, in memory and deterministic, so that the operator can be run on it hundreds of thousands of
// times with every call counted, failed, delayed or crossed by another. TestAgainstKubeAPIServer holds it against a real control plane: the answers to random
// requests, the times in managedFields, and what the controllers clear up. A sequence that differs is run alone with the variable that the failure prints:
//
//	STORE_SEED=7 go test -run TestAgainstKubeAPIServer/sequences ./test/crash/store
//
// # Modelled
//
//   - The kinds in kinds.go: WorkspaceClass, Workspace, ApiKey, Orphan, Secret, ConfigMap and Namespace.
//   - Create, Update, Patch (JSON merge patch), Delete, DeleteAllOf, dry runs, the status subresource of the custom kinds, optimistic locks, preconditions,
//     finalizers, generations, immutable Secrets, generated names, and the errors with their reason, code, details and causes.
//   - One resourceVersion counter over everything. A write that changes nothing keeps the version, but for the first one after the creation of a custom
//     resource whose status has a default: the default is not stored before.
//   - managedFields by operation, manager and subresource, with the time of the last change and the exact set of fields.
//   - Garbage collection and the end of namespaces, in a step of its own: CollectGarbage.
//   - Reads from the past, as the cache of an informer would answer them: View.
//
// # Not modelled
//
//   - Validation by the CRDs (patterns, bounds, CEL, pruning of unknown fields) and by admission policies: whoever writes here writes valid objects.
//     The metadata, and what Kubernetes itself checks of a Secret, are validated. A valid but unusual type of Secret is not looked into.
//   - Server-side apply, JSON patches, strategic merge patches, foreground and orphaning deletion, lists by other fields than name and namespace, the
//     subresources of namespaces: each is an error that says so.
//   - The eleventh manager of an object (the server merges the oldest entries), entries of managedFields for another apiVersion, the conditions of
//     namespaces, the difference between nil and empty bytes in a Secret.
//   - Authorization, quotas, watches over a connection, pages of lists, what the controllers of a cluster put into a namespace.
//   - The client library's habit of decoding an answer over what the caller's object holds: here the object is replaced. In a real cluster the key of a map
//     that the server does not have stays in the caller's object.
package store
