package v1alpha1

// Conditions. Ready sums up the others and is what to wait for. Reconciling
// and Stalled follow kstatus: they are True or absent.
const (
	// ConditionReady is True when the object is as its spec says and usable.
	ConditionReady = "Ready"
	// ConditionAccountReady is True when the class, its endpoint and its
	// credential serve this object.
	ConditionAccountReady = "AccountReady"
	// ConditionSynced is True when the vendor's object equals the spec.
	ConditionSynced = "Synced"
	// ConditionPublished is True when the Secret holds the live key.
	ConditionPublished = "Published"
	// ConditionPaused is True while the paused annotation stops all work on the
	// object, its deletion included; the others then say how it stood before.
	ConditionPaused = "Paused"
	// ConditionReconciling is True while work goes on that needs no person.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when a person or another object must act first.
	ConditionStalled = "Stalled"
)

// Reasons of conditions that are well.
const (
	// ReasonPaused: Paused; the annotation says so.
	ReasonPaused = "Paused"
	// ReasonAvailable: Ready; the object can be used.
	ReasonAvailable = "Available"
	// ReasonAccepted: AccountReady; the endpoint answers and takes the credential.
	ReasonAccepted = "Accepted"
	// ReasonInSync: Synced; nothing differs.
	ReasonInSync = "InSync"
	// ReasonNotApplied: Synced is not True; the vendor's object is otherwise than
	// the spec in what the message names, because the vendor cannot change it, was
	// told and shows something else, could not be told yet, or is only observed;
	// or the vendor does not show whether an edit was applied.
	ReasonNotApplied = "NotApplied"
	// ReasonPublished: Published; the Secret holds the live key.
	ReasonPublished = "Published"
)

// Reasons that pass by themselves; they come with Reconciling.
const (
	// ReasonProvisioning: the vendor is still building the workspace.
	ReasonProvisioning = "Provisioning"
	// ReasonUpdating: the vendor's object is being made as the spec says.
	ReasonUpdating = "Updating"
	// ReasonIdentifying: the key is in its Secret; its id is being looked for in
	// the vendor's list.
	ReasonIdentifying = "Identifying"
	// ReasonWorkspaceNotReady: the ApiKey waits for its Workspace.
	ReasonWorkspaceNotReady = "WorkspaceNotReady"
	// ReasonClassNotReady: the operator has yet to look at the class for the
	// first time.
	ReasonClassNotReady = "ClassNotReady"
	// ReasonVendorUnavailable: the vendor or the way to it is broken; retried.
	ReasonVendorUnavailable = "VendorUnavailable"
	// ReasonThrottled: the vendor limits the account's requests; retried.
	ReasonThrottled = "Throttled"
	// ReasonVendorConflict: the vendor's object is in a state that forbids the
	// call; retried.
	ReasonVendorConflict = "VendorConflict"
	// ReasonRecovering: the answer to a call was lost; the vendor's list is
	// read before anything else is done.
	ReasonRecovering = "Recovering"
	// ReasonRetained: an event's; something stays at the vendor, as asked.
	// An event is also the last that is heard of an object that was deleted with
	// reason Frozen, OutcomeUnknown or Restored.
	ReasonRetained = "Retained"
	// ReasonAbandoned: an event's; a deletion was given up after the class's
	// abandonAfter, and what the vendor may have left stands in the orphan ledger.
	ReasonAbandoned = "Abandoned"
	// ReasonRotated: an event's; a new key was published in place of another.
	ReasonRotated = "Rotated"
	// ReasonOrphaned: an event's; something may live at the vendor that nobody
	// here looks after any more, and the orphan ledger has an entry of it.
	ReasonOrphaned = "Orphaned"
	// ReasonDeleting: deletion has begun and goes on.
	ReasonDeleting = "Deleting"
	// ReasonInUse: deletion waits for the objects that use this one.
	ReasonInUse = "InUse"
)

// Reasons that need a person or another object; they come with Stalled.
const (
	// ReasonClassNotFound: the WorkspaceClass does not exist.
	ReasonClassNotFound = "ClassNotFound"
	// ReasonNoDefaultClass: no class is named and none is the default.
	ReasonNoDefaultClass = "NoDefaultClass"
	// ReasonClassNotAllowed: the class is not open to this namespace.
	ReasonClassNotAllowed = "ClassNotAllowed"
	// ReasonCredentialsNotFound: the credential Secret does not exist, or is
	// being deleted and serves nothing new.
	ReasonCredentialsNotFound = "CredentialsNotFound"
	// ReasonCredentialsMalformed: the credential Secret lacks a key, holds what
	// can be no credential, or is one that is for something else.
	ReasonCredentialsMalformed = "CredentialsMalformed"
	// ReasonHostNotAllowed: the credential must not be sent to the class's
	// endpoint: its Secret does not allow the host.
	ReasonHostNotAllowed = "HostNotAllowed"
	// ReasonCredentialRejected: the vendor does not take the credential.
	ReasonCredentialRejected = "CredentialRejected"
	// ReasonPermissionDenied: the credential is taken but may not do this.
	ReasonPermissionDenied = "PermissionDenied"
	// ReasonClassInvalid: the class's endpoint, caBundle or settings cannot
	// be used.
	ReasonClassInvalid = "ClassInvalid"
	// ReasonQuotaExhausted: a quota or subscription at the vendor is used up.
	ReasonQuotaExhausted = "QuotaExhausted"
	// ReasonRefused: the vendor refuses the request as the spec makes it.
	ReasonRefused = "Refused"
	// ReasonUnsupported: the vendor of the class has no such ability.
	ReasonUnsupported = "Unsupported"
	// ReasonExpired: the key is past its end; it needs a new spec.expiresAt or
	// spec.lifetime, in another ApiKey.
	ReasonExpired = "Expired"
	// ReasonNotAllowed: the class's keyPolicy does not allow what the spec asks.
	ReasonNotAllowed = "NotAllowed"
	// ReasonScopesRequired: a key without scopes fails or can do nothing.
	ReasonScopesRequired = "ScopesRequired"
	// ReasonDrifted: somebody changed the vendor's object in a way that its API
	// cannot change back. In an event: what could be changed back was.
	ReasonDrifted = "Drifted"
	// ReasonRestored: the object comes from a backup, without the status that
	// said what the vendor has of it, and the vendor's list does not tell either.
	// It is created anew only on a person's word that there is none.
	ReasonRestored = "Restored"
	// ReasonOutcomeUnknown: a lost answer the vendor offers no way to resolve.
	ReasonOutcomeUnknown = "OutcomeUnknown"
	// ReasonProvisioningOverdue: the vendor has not finished building the
	// workspace in time. It is not created again, and becomes Ready if the vendor
	// finishes after all.
	ReasonProvisioningOverdue = "ProvisioningOverdue"
	// ReasonFrozen: the workspace is frozen. It comes with Stalled if nobody asked
	// for that, and with Ready if spec.access did.
	ReasonFrozen = "Frozen"
	// ReasonConflict: the vendor's object is, or may be, another's: of two
	// Workspaces that name one the older has it.
	ReasonConflict = "Conflict"
	// ReasonRegionRequired: at this vendor a Workspace needs spec.region, or its
	// class a default.
	ReasonRegionRequired = "RegionRequired"
	// ReasonActionRequired: at this vendor a key needs spec.action.
	ReasonActionRequired = "ActionRequired"
	// ReasonVendorObjectMissing: the vendor no longer has the workspace.
	ReasonVendorObjectMissing = "VendorObjectMissing"
	// ReasonWorkspaceNotFound: the ApiKey's Workspace does not exist.
	ReasonWorkspaceNotFound = "WorkspaceNotFound"
	// ReasonWorkspaceDeleting: the ApiKey's Workspace is going away.
	ReasonWorkspaceDeleting = "WorkspaceDeleting"
	// ReasonSecretConflict: the target Secret exists and is not ours.
	ReasonSecretConflict = "SecretConflict"
	// ReasonSecretRefused: the API server refuses the Secret, or makes another of
	// it (quota, policy).
	ReasonSecretRefused = "SecretRefused"
	// ReasonTemplateInvalid: spec.secret.template does not render.
	ReasonTemplateInvalid = "TemplateInvalid"
)
