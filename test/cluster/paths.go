package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Root is the folder of this repository, found upwards from the working directory: tests run in the folder of their package.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		// PROJECT tells the root from the folders of the tools' own modules.
		if _, err := os.Stat(filepath.Join(dir, "PROJECT")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("not inside the repository: no PROJECT file in this folder or above")
		}
		dir = parent
	}
}

// BinDir is where `make controlplane` puts the programs of the control plane.
func BinDir() (string, error) {
	root, err := Root()
	return filepath.Join(root, "bin", "controlplane"), err
}

// CRDDir holds the generated CRDs of this repository, for Options.CRDDirs.
func CRDDir() (string, error) {
	root, err := Root()
	return filepath.Join(root, "config", "crd", "bases"), err
}

func resolveBinDir(dir string) (string, error) {
	if dir == "" {
		var err error
		if dir, err = BinDir(); err != nil {
			return "", err
		}
	}
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return "", fmt.Errorf("%w: run `make controlplane` first", err)
		}
	}
	return filepath.Abs(dir)
}
