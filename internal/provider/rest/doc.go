// Package rest makes one HTTP exchange out of one call: exactly one attempt,
// one classified error. It is the only place in the project that speaks HTTP
// to a vendor; a driver says what to send and what an answer means.
package rest
