package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Open returns a log that goes on where the file's ended, and writes every entry
// to it when the request arrives and when it has ended. The file holds
// credentials: it is readable by its owner only. It does not wait for the disk.
//
// Nobody was answered what was under way when the last process was killed:
// its entry says that it is done, and no more than that.
func Open(path string) (*Log, error) {
	data, err := os.ReadFile(path) //nolint:gosec // whoever starts the emulator says where
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l := New()
	whole := bytes.LastIndexByte(data, '\n') + 1 // a line that was cut off tells nothing
	if err := l.read(data[:whole]); err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	if l.tape, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil { //nolint:gosec // as above
		return nil, err
	}
	if err := l.tape.Truncate(int64(whole)); err != nil {
		return nil, errors.Join(err, l.tape.Close())
	}
	return l, nil
}

// read takes in what another process wrote.
func (l *Log) read(data []byte) error {
	at := map[int64]int{}
	for line := range bytes.Lines(data) {
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		if i, known := at[e.ID]; known {
			l.entries[i] = e
			continue
		}
		at[e.ID] = len(l.entries)
		l.entries = append(l.entries, e)
		l.last = e.ID
	}
	for i := range l.entries {
		l.entries[i].Done = true
		l.count(&l.entries[i])
	}
	if excess := len(l.entries) - capacity; excess > 0 {
		l.entries, l.dropped = l.entries[excess:], int64(excess)
	}
	return nil
}

// write puts the entry on the tape. A witness that cannot write has nothing more
// to say: the request breaks off.
func (l *Log) write(e *Entry) {
	if l.tape == nil {
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = l.tape.Write(append(line, '\n'))
	}
	if err != nil {
		panic(fmt.Sprintf("the journal cannot be written: %v", err))
	}
}
