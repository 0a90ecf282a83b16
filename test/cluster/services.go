package cluster

import (
	"context"
	_ "embed" // for the audit policy
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/keyutil"
)

// Files in the cluster's folder.
const (
	auditLog             = "audit.log"
	auditPolicyFile      = "audit-policy.yaml"
	tokenFile            = "tokens.csv"
	signingKeyFile       = "service-account.key"
	certDir              = "certificates"
	controllerKubeconfig = "controller-manager.kubeconfig"
)

//go:embed audit-policy.yaml
var auditPolicy []byte

// service is one program of the control plane with its arguments.
type service struct {
	name, path string
	args       []string
}

// layout is everything that is decided before the first process starts: folders, ports and tokens.
type layout struct {
	dir, binDir         string
	etcdPort, apiPort   string
	adminToken, kcToken string
}

// newLayout picks ports and tokens and writes the files that the processes read when they start.
func newLayout(ctx context.Context, dir, binDir string) (layout, error) {
	ports, err := freePorts(ctx, 2)
	if err != nil {
		return layout{}, err
	}
	l := layout{dir: dir, binDir: binDir, etcdPort: ports[0], apiPort: ports[1], adminToken: newToken(), kcToken: newToken()}
	key, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return layout{}, err
	}
	files := map[string][]byte{
		auditPolicyFile: auditPolicy,
		signingKeyFile:  key,
		// token, user, uid, groups
		tokenFile: fmt.Appendf(nil, "%s,admin,admin,system:masters\n%s,system:kube-controller-manager,kcm,system:masters\n", l.adminToken, l.kcToken),
	}
	for name, content := range files {
		if err := os.WriteFile(l.file(name), content, 0o600); err != nil {
			return layout{}, err
		}
	}
	return l, nil
}

// freePorts returns loopback ports that nobody listens on at the moment.
func freePorts(ctx context.Context, n int) ([]string, error) {
	ports := make([]string, n)
	for i := range ports {
		// All listeners stay open until the function returns, or the same port could be given out twice.
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = listener.Close() }()
		if _, ports[i], err = net.SplitHostPort(listener.Addr().String()); err != nil {
			return nil, err
		}
	}
	return ports, nil
}

func (l layout) file(name string) string { return filepath.Join(l.dir, name) }

func (l layout) service(name string, args ...string) service {
	return service{name: name, path: filepath.Join(l.binDir, name), args: args}
}

func (l layout) apiURL() string { return "https://127.0.0.1:" + l.apiPort }

func (l layout) etcdURL() string { return "http://127.0.0.1:" + l.etcdPort }

func (l layout) etcd() service {
	return l.service("etcd",
		"--data-dir="+l.file("etcd"),
		"--listen-client-urls="+l.etcdURL(),
		"--advertise-client-urls="+l.etcdURL(),
		"--listen-peer-urls=http://127.0.0.1:0",
		// Nothing here outlives the machine, so nothing has to reach the disk.
		"--unsafe-no-fsync",
		"--log-level=warn",
	)
}

func (l layout) apiServer() service {
	return l.service("kube-apiserver",
		"--etcd-servers="+l.etcdURL(),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--secure-port="+l.apiPort,
		"--cert-dir="+l.file(certDir), // it signs its own certificate
		"--token-auth-file="+l.file(tokenFile),
		"--authorization-mode=RBAC",
		"--service-cluster-ip-range=10.0.0.0/24",
		"--service-account-issuer="+l.apiURL(),
		"--service-account-key-file="+l.file(signingKeyFile),
		"--service-account-signing-key-file="+l.file(signingKeyFile),
		"--endpoint-reconciler-type=none", // a loopback address is no valid endpoint
		"--audit-policy-file="+l.file(auditPolicyFile),
		"--audit-log-path="+l.file(auditLog),
		"--audit-log-mode=blocking-strict",
		"--audit-log-maxsize=0", // one file, or a reader would miss what was rotated away
		"--profiling=false",
	)
}

// controllerManager runs the controllers whose absence a user of custom resources would notice.
func (l layout) controllerManager() service {
	controllers := []string{
		"clusterrole-aggregation-controller",
		"garbage-collector-controller",
		"namespace-controller",
		"resourcequota-controller",
		"root-ca-certificate-publisher-controller",
		"serviceaccount-controller",
		"serviceaccount-token-controller",
		"validatingadmissionpolicy-status-controller",
	}
	return l.service("kube-controller-manager",
		"--kubeconfig="+l.file(controllerKubeconfig),
		"--controllers="+strings.Join(controllers, ","),
		"--service-account-private-key-file="+l.file(signingKeyFile),
		"--root-ca-file="+l.file(filepath.Join(certDir, servingCertificate)),
		"--secure-port=0", // nobody asks for its metrics
		"--leader-elect=false",
		"--use-service-account-credentials", // each controller has no more rights than in a cluster that somebody installed
		"--kube-api-qps=200",
		"--kube-api-burst=400",
		"--profiling=false",
	)
}

func (l layout) writeControllerKubeconfig(admin *rest.Config) error {
	config := rest.CopyConfig(admin)
	config.BearerToken = l.kcToken
	return WriteKubeconfig(l.file(controllerKubeconfig), config)
}
