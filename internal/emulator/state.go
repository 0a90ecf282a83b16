package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// stateVersion is the form of the state file. A file of another version is
// refused rather than guessed at.
const stateVersion = 1

type stateFile struct {
	Version int                   `json:"version"`
	Vendors map[string]savedState `json:"vendors"`
}

type savedState struct {
	Settings json.RawMessage `json:"settings"`
	State    json.RawMessage `json:"state"`
}

// load restores the vendors from the state file, if there is one. It is called
// before the emulator serves.
func (e *Emulator) load() error {
	if e.options.StateFile == "" {
		return nil
	}
	data, err := os.ReadFile(e.options.StateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := e.restore(data); err != nil {
		return fmt.Errorf("state file %s: %w", e.options.StateFile, err)
	}
	return nil
}

func (e *Emulator) restore(data []byte) error {
	var file stateFile
	if err := wire.Decode(data, &file); err != nil {
		return err
	}
	if file.Version != stateVersion {
		return fmt.Errorf("version %d, want %d", file.Version, stateVersion)
	}
	for name, saved := range file.Vendors {
		v, ok := e.vendors[name]
		if !ok {
			return fmt.Errorf("vendor %q: %w", name, errNotFound)
		}
		if err := v.Configure(saved.Settings); err != nil {
			return fmt.Errorf("settings of %s: %w", name, err)
		}
		if err := v.Restore(saved.State); err != nil {
			return fmt.Errorf("state of %s: %w", name, err)
		}
	}
	return nil
}

// save writes the state file so that at any moment either the old or the new
// state is there whole. It does not wait for the disk: it guards against the
// process being killed, not against the machine losing power. e.mu is held.
func (e *Emulator) save() error {
	if e.options.StateFile == "" {
		return nil
	}
	file := stateFile{Version: stateVersion, Vendors: map[string]savedState{}}
	for name, v := range e.vendors {
		settings, err := json.Marshal(v.Settings())
		if err != nil {
			return err
		}
		state, err := json.Marshal(v.State())
		if err != nil {
			return err
		}
		file.Vendors[name] = savedState{Settings: settings, State: state}
	}
	data, err := json.Marshal(file)
	if err != nil {
		return err
	}
	return replace(e.options.StateFile, data)
}

// replace writes a file beside path and renames it to path. The file holds
// secrets: it is readable by its owner only.
func replace(path string, data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Close()); err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}
