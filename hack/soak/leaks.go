package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/workspace-operator/workspace-operator/test/harness"
)

// stem is how much of a secret it takes to find it. All are longer.
const stem = 10

// leaks looks for every key and credential in everything that is said.
type leaks struct {
	dir     string
	secrets map[string][]string // by their stems
	known   map[string]bool
	// read is how far each log has been read.
	read map[string]int64
}

func newLeaks(dir string) *leaks {
	return &leaks{dir: dir, secrets: map[string][]string{}, known: map[string]bool{}, read: map[string]int64{}}
}

func (l *leaks) learn(secret string) {
	if len(secret) < stem || l.known[secret] {
		return
	}
	l.known[secret] = true
	l.secrets[secret[:stem]] = append(l.secrets[secret[:stem]], secret)
}

// learnCredentials takes in a vendor's credentials, in the forms in which they travel.
func (l *leaks) learnCredentials(vendor string, credentials []string) {
	for _, credential := range credentials {
		first, second, _ := strings.Cut(credential, ":")
		l.learn(second)
		if vendor == harness.Oceanbase { // whose first half is a name
			l.learn(base64.StdEncoding.EncodeToString([]byte(credential)))
			continue
		}
		l.learn(first)
	}
}

// learnHoldings takes in a vendor's keys.
func (l *leaks) learnHoldings(document json.RawMessage) error {
	have, err := holdingsOf(document)
	if err != nil {
		return err
	}
	for _, key := range have.keys {
		l.learn(key.Value)
	}
	return nil
}

// in tells which secrets stand in the text, without telling them.
func (l *leaks) in(where string, text []byte) (wrong []string) {
	for i := 0; i+stem <= len(text); i++ {
		for _, secret := range l.secrets[string(text[i:i+stem])] {
			if strings.HasPrefix(string(text[i:min(len(text), i+len(secret))]), secret) {
				wrong = append(wrong, fmt.Sprintf("invariant 11: a key or a credential (%s...) stands in %s, after %q", secret[:4], where, text[max(0, i-100):i]))
			}
		}
	}
	return wrong
}

// news is what the operators have logged since the last call. A line that is not whole yet is left for the next.
func (l *leaks) news() (map[string][]byte, error) {
	paths, err := filepath.Glob(filepath.Join(l.dir, "operator-*", "log"))
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for _, path := range paths {
		text, err := readFrom(path, l.read[path])
		if err != nil {
			return nil, err
		}
		text = text[:strings.LastIndexByte(string(text), '\n')+1]
		l.read[path] += int64(len(text))
		all[path] = text
	}
	return all, nil
}

func readFrom(path string, offset int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.NewSectionReader(file, offset, 1<<40))
}
