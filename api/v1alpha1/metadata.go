package v1alpha1

// Annotations a person sets.
const (
	// AnnotationDefaultClass marks the WorkspaceClass of Workspaces that name
	// none. Value "true"; the newest class wins if several have it.
	AnnotationDefaultClass = "workspace-operator.io/is-default-class"
	// AnnotationPaused stops all work on an object while its value is "true".
	AnnotationPaused = "workspace-operator.io/paused"
	// AnnotationReconcileAt asks for a pass now; its value is echoed in
	// status.lastHandledReconcileAt.
	AnnotationReconcileAt = "workspace-operator.io/reconcile-at"
	// AnnotationRotateAt asks for a new key now, whatever its value is; the value
	// is echoed in status.lastHandledRotateAt.
	AnnotationRotateAt = "workspace-operator.io/rotate-at"
	// AnnotationDoesNotExist says of a creation whose outcome is unknown, or of an
	// object that was restored without its status, that the vendor has nothing of
	// it. The condition that asks for it tells the value: it stands for that one
	// creation, so that it says nothing of a later one.
	AnnotationDoesNotExist = "workspace-operator.io/does-not-exist"
	// AnnotationAllowedHost, on a credential Secret, lists the hosts that the
	// credential may be sent to, separated by commas: each as it stands in the
	// class's endpoint, "host" or "host:port", in lower case. Where it stands it
	// always counts, and an empty list allows none. Where it does not, the
	// credential goes to the class's status.endpointHost alone.
	AnnotationAllowedHost = "workspace-operator.io/allowed-host"
)

// Annotations and labels the operator sets.
const (
	// LabelManagedBy, with the value ManagedBy, stands on every Secret the
	// operator made. It is for people and selectors: ownership is decided by
	// the owner's UID.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// ManagedBy is the value of LabelManagedBy.
	ManagedBy = "workspace-operator"
	// AnnotationValueKey is the key of a published Secret that holds the API key.
	AnnotationValueKey = "workspace-operator.io/value-key"
	// AnnotationIssuedAt is the RFC 3339 time the key in a Secret was issued.
	AnnotationIssuedAt = "workspace-operator.io/issued-at"
	// AnnotationKeyName is the vendor's name of the key in a Secret; until its id
	// is found that may be all there is to know it by.
	AnnotationKeyName = "workspace-operator.io/key-name"
	// AnnotationIssuedFor is the generation of the ApiKey that the key in a Secret
	// was issued for.
	AnnotationIssuedFor = "workspace-operator.io/issued-for"
	// AnnotationFingerprint tells whether the value in a Secret is the one that
	// was published, without showing it.
	AnnotationFingerprint = "workspace-operator.io/fingerprint"
	// AnnotationRotatedFor is the rotate-at annotation that the key in a Secret
	// was issued under.
	AnnotationRotatedFor = "workspace-operator.io/rotated-for"
	// AnnotationPublished names the labels and annotations of a Secret that
	// spec.secret asked for, so that they go when it no longer does.
	AnnotationPublished = "workspace-operator.io/published"
	// AnnotationWorkspace is the namespace/name a Secret in the operator's
	// own namespace was made for.
	AnnotationWorkspace = "workspace-operator.io/workspace"
)

// Finalizers.
const (
	// Finalizer keeps a Workspace or ApiKey until its vendor object is gone.
	Finalizer = "workspace-operator.io/vendor-object"
	// FinalizerInUse keeps a class or a credential Secret while it is needed.
	FinalizerInUse = "workspace-operator.io/in-use"
)

// Keys of a published Secret, and what a template can name: ".APIKey",
// ".KeyID", ".WorkspaceUUID", ".Endpoint", ".Provider".
const (
	// SecretKeyAPIKey holds the key unless spec.secret.valueKey names another.
	SecretKeyAPIKey = "apiKey"
	// SecretKeyKeyID holds the vendor's id of the key.
	SecretKeyKeyID = "keyID"
	// SecretKeyWorkspaceUUID holds the vendor's id of the workspace.
	SecretKeyWorkspaceUUID = "workspaceUUID"
	// SecretKeyEndpoint holds the vendor's base URL.
	SecretKeyEndpoint = "endpoint"
	// SecretKeyProvider holds the vendor's name.
	SecretKeyProvider = "provider"
)
