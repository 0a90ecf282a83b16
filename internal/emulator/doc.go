// Package emulator is a server that speaks the HTTP APIs of the vendors, as
// strictly as their documentation allows, and can be made to fail in every way
// that has been seen or is to be feared. It shares no code with the operator's
// drivers: it is an independent witness of the wire formats.
//
// Vendors are mounted below their names: /guance, /portkey, /slaunchx,
// /groundfloor and /oceanbase. State is kept
// in memory and, with a state file, saved before each answer that follows a
// change, so that killing the process loses nothing that was answered. The
// request log and the counters outlive it with a journal file. The faults are
// not saved.
//
// # Control API
//
// Everything below /_control is JSON. GET /_control lists it:
//
//	GET    /_control/state             all objects of all vendors, deleted ones and secrets included
//	GET    /_control/requests          the request log; ?vendor= ?method= ?route= ?since=ID select
//	DELETE /_control/requests          empties the log and the counters
//	GET    /_control/counts            per vendor and route: requests, worked, changed, statuses
//	POST   /_control/reset             back to the state, settings and credentials of the start
//	GET    /_control/settings          per vendor; see the type Settings of each vendor's package
//	PUT    /_control/settings          {"guance":{"keyRequestsPerMinute":20}}: what is not named stays
//	GET    /_control/credentials       per vendor, the accepted credentials
//	PUT    /_control/credentials       {"portkey":["a","b"]}: replaces those of the vendors named
//	GET    /_control/faults            the faults in force, with counters
//	POST   /_control/faults            adds one; see fault.Fault
//	DELETE /_control/faults            removes all
//	DELETE /_control/faults/{id}       removes one
//	POST   /_control/{vendor}/{kind}        makes an object out of band; kind is workspaces or keys,
//	                                        (a vendor that has none refuses them), the fields are
//	                                        those that GET /_control/state shows
//	PATCH  /_control/{vendor}/{kind}/{id}   sets fields of an object out of band
//	DELETE /_control/{vendor}/{kind}/{id}   deletes an object out of band
//
// A credential is what its owner would send: an API key, a token,
// "TOKEN:CLIENTHASH" at slaunchx, "AK:SK" at oceanbase.
//
// An error is answered with a status of 400 or more and {"error": "..."}.
//
// A fault that makes the vendor do the work and lose the answer of the first
// key creation:
//
//	{"vendor":"portkey","method":"POST","route":"/api-keys/{type}/{sub-type}","times":1,"action":"lost"}
//
// In a request log entry and in the counters, "worked" means that the vendor
// handled the request and "changed" that its objects changed by it: the number
// of things really done, whatever the client was told.
package emulator
