// Package wire holds what every emulated vendor needs to read a request the
// strict way and to answer it: a JSON decoder that refuses whatever a lenient
// one would let pass, a reader that walks an object field by field, and a
// routing table.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a document. No documented request is deeper
// than five levels.
const maxDepth = 64

// Parse reads exactly one JSON value. Unlike encoding/json it refuses
// duplicate keys, text after the value, bytes that are not UTF-8 and nesting
// deeper than 64 levels.
//
// Objects come back as map[string]any, arrays as []any, numbers as json.Number
// (so that 10 and 10.0 can be told apart), null as nil.
func Parse(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("body is not UTF-8")
	}
	// The token reader below is lenient about some separators; this is not.
	if !json.Valid(data) {
		return nil, errors.New("body is not one JSON value")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return parseValue(dec, 0)
}

// Decode fills into from data, as strictly as [Parse] reads, and refuses
// fields that into does not have. Fields that data does not name keep their
// value. It is for the emulator's own documents (settings, faults, saved
// state); vendor requests are read through [Object], which also tells null
// from absent and matches names by case.
func Decode(data []byte, into any) error {
	if _, err := Parse(data); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

// Merge replaces the top-level fields that data names and keeps the others. If
// anything in data does not fit, into stays as it was.
func Merge[T any](into *T, data []byte) error {
	old, err := json.Marshal(into)
	if err != nil {
		return err
	}
	var fields, changes map[string]json.RawMessage
	if err := Decode(old, &fields); err != nil {
		return err
	}
	if err := Decode(data, &changes); err != nil {
		return err
	}
	maps.Copy(fields, changes)
	whole, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	var merged T
	if err := Decode(whole, &merged); err != nil {
		return err
	}
	*into = merged
	return nil
}

// parseValue reads one value inside depth containers.
func parseValue(dec *json.Decoder, depth int) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, unexpected(err)
	}
	delim, isContainer := token.(json.Delim)
	switch {
	case !isContainer:
		return token, nil
	case depth == maxDepth:
		return nil, fmt.Errorf("nested deeper than %d levels", maxDepth)
	case delim == '{':
		return parseObject(dec, depth+1)
	}
	return parseArray(dec, depth+1)
}

func parseObject(dec *json.Decoder, depth int) (any, error) {
	members := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, unexpected(err)
		}
		name, ok := token.(string)
		if !ok {
			return nil, fmt.Errorf("object key %v is not a string", token)
		}
		if _, dup := members[name]; dup {
			return nil, fmt.Errorf("duplicate key %q", name)
		}
		if members[name], err = parseValue(dec, depth); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return members, unexpected(err)
}

func parseArray(dec *json.Decoder, depth int) (any, error) {
	items := []any{}
	for dec.More() {
		item, err := parseValue(dec, depth)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	_, err := dec.Token()
	return items, unexpected(err)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
