package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	// servingCertificate is where the API server puts the certificate that it signs for itself.
	servingCertificate = "apiserver.crt"
	// tokenLifetime is longer than any demo or test run.
	tokenLifetime = 24 * time.Hour
	pollInterval  = 50 * time.Millisecond
)

func newToken() string { return rand.Text() }

// connect waits for the API server to be ready and makes the administrator's access.
func (c *Cluster) connect(ctx context.Context, l layout) error {
	err := c.poll(ctx, "the API server to be ready", func(ctx context.Context) (bool, error) {
		ca, err := os.ReadFile(l.file(certDir + "/" + servingCertificate))
		if errors.Is(err, os.ErrNotExist) {
			return false, nil // not started far enough
		}
		if err != nil {
			return false, err
		}
		c.config = &rest.Config{Host: l.apiURL(), BearerToken: l.adminToken, TLSClientConfig: rest.TLSClientConfig{CAData: ca}, QPS: -1}
		return Ready(ctx, c.config) == nil, nil
	})
	if err != nil {
		return err
	}
	c.client, err = kubernetes.NewForConfig(c.config)
	return err
}

// waitForControllers waits for something that only the controllers do: the default ServiceAccount of a namespace.
func (c *Cluster) waitForControllers(ctx context.Context) error {
	return c.poll(ctx, "the controllers to work", func(ctx context.Context) (bool, error) {
		_, err := c.client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	})
}

// poll repeats the check until it holds, fails, or one of the processes is gone.
func (c *Cluster) poll(ctx context.Context, what string, check wait.ConditionWithContextFunc) error {
	err := wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) {
		for _, p := range c.services {
			select {
			case <-p.Done():
				return false, fmt.Errorf("%w:\n%s", errEnded, p.Tail(5))
			default:
			}
		}
		return check(ctx)
	})
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", what, err)
	}
	return nil
}

// Ready returns nil if the API server behind the config accepts its credential and says that it is ready.
func Ready(ctx context.Context, config *rest.Config) error {
	transport, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, config.Host+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := transport.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the API server is not ready: %s", response.Status)
	}
	return nil
}

// ServiceAccountConfig is the access of a ServiceAccount that exists, by a token that the API server issues for it and RBAC restricts: what a pod
// running as that account would have. The token is valid for a day.
func (c *Cluster) ServiceAccountConfig(ctx context.Context, namespace, name string) (*rest.Config, error) {
	lifetime := int64(tokenLifetime.Seconds())
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &lifetime}}
	token, err := c.client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, request, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("token for service account %s/%s: %w", namespace, name, err)
	}
	config := rest.AnonymousClientConfig(c.config)
	config.BearerToken = token.Status.Token
	return config, nil
}

// WriteKubeconfig writes the access as a kubeconfig that only the current user can read. The file appears whole or not at all.
func WriteKubeconfig(path string, config *rest.Config) error {
	const name = "workspace-operator"
	kubeconfig := clientcmdapi.Config{
		CurrentContext: name,
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: name}},
		Clusters:       map[string]*clientcmdapi.Cluster{name: {Server: config.Host, CertificateAuthorityData: config.CAData}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{name: {Token: config.BearerToken}},
	}
	content, err := clientcmd.Write(kubeconfig)
	if err != nil {
		return err
	}
	partial := path + ".partial"
	if err := os.WriteFile(partial, content, 0o600); err != nil {
		return err
	}
	return os.Rename(partial, path)
}
