// Package provider is the contract between the operator and any vendor. It
// knows neither Kubernetes nor HTTP: a driver implements it, a controller
// consumes it, and the two never meet.
//
// Three rules hold for every driver and are checked by the conformance suite:
//
//   - A call is exactly one attempt. Who retries, and when, is decided above.
//   - Every error is an [*Error]; its class comes from the vendor's documented
//     status and code, never from the words of a message.
//   - What cannot be said for certain is said so: an error of a mutating call
//     that may have taken effect is Uncertain, and a broken list is an error,
//     never a short list.
package provider
