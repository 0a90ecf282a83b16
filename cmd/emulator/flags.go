package main

import (
	"flag"
	"fmt"
	"io"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
)

func newFlags(o *emulator.Options, l *emulator.Listener, out io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("emulator", flag.ContinueOnError)
	f.SetOutput(out)
	f.Usage = func() {
		fmt.Fprint(out, usage)
		f.PrintDefaults()
	}
	f.StringVar(&l.Address, "listen", "127.0.0.1:0", "loopback `address` to listen on; port 0 picks a free one")
	f.StringVar(&l.CertFile, "tls-cert", "", "PEM `file` with a TLS certificate; needs --tls-key")
	f.StringVar(&l.KeyFile, "tls-key", "", "PEM `file` with the certificate's key")
	f.StringVar(&o.StateFile, "state", "", "`file` that keeps the state over restarts; empty keeps it in memory")
	f.StringVar(&o.JournalFile, "journal", "", "`file` that keeps the request log over restarts, credentials included; empty keeps it in memory")
	f.StringVar(&o.GuanceOwnerKey, "guance-owner-key", emulator.DefaultGuanceOwnerKey,
		"access `key` of the guance workspace that exists from the start")
	f.StringVar(&o.PortkeyAdminKey, "portkey-admin-key", emulator.DefaultPortkeyAdminKey, "portkey Admin `key`, with all scopes")
	f.StringVar(&o.SlaunchxCredential, "slaunchx-credential", emulator.DefaultSlaunchxToken+":"+emulator.DefaultSlaunchxClientHash,
		"`token:hash` of the owner of the slaunchx workspace that exists from the start")
	f.StringVar(&o.GroundfloorToken, "groundfloor-token", emulator.DefaultGroundfloorToken, "bearer `token` of the administrator of the groundfloor account")
	f.StringVar(&o.OceanbaseCredential, "oceanbase-credential", emulator.DefaultOceanbaseAccessKeyID+":"+emulator.DefaultOceanbaseAccessKeySecret,
		"oceanbase access key and its secret, as `AK:SK`")
	f.IntVar(&o.GuanceKeyRateLimit, "guance-rate-limit", 0,
		"guance `requests` a key may make in any 60 seconds, 0 for no limit (documented: 20)")
	f.IntVar(&o.GuanceWorkspaceRateLimit, "guance-workspace-rate-limit", 0,
		"guance `requests` all keys of a workspace may make in any 60 seconds, 0 for no limit (documented: 200)")
	f.IntVar(&o.PortkeyRateLimit, "portkey-rate-limit", 0,
		"portkey `requests` a credential may make in any 60 seconds, 0 for no limit (documented: none)")
	f.IntVar(&o.GuanceKeyNameLimit, "guance-key-name-limit", emulator.DefaultKeyNameLimit,
		"longest guance key name in `characters` (documented: 50 or 256)")
	return f
}
