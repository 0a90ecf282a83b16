package fault

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
)

// The generated body is {"padding":"..."}.
const (
	bigHead = `{"padding":"`
	bigTail = `"}`
)

// MinBig is the smallest generated body.
const MinBig = int64(len(bigHead) + len(bigTail))

// Send writes the outcome to the client. For every ending but Whole it closes
// the connection and then panics with http.ErrAbortHandler, as net/http asks
// of a handler that breaks off.
func (o Outcome) Send(w http.ResponseWriter) {
	if o.Ending == Abort {
		reset(w)
	}
	if o.Ending == Abort || o.Ending == Nothing {
		panic(http.ErrAbortHandler)
	}
	length, body := int64(len(o.Reply.Body)), io.Reader(bytes.NewReader(o.Reply.Body))
	if o.Size > 0 {
		length, body = o.Size, padding(o.Size)
	}
	for name, values := range o.Reply.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	w.WriteHeader(o.Reply.Status)
	if o.Ending == Half {
		_, _ = io.CopyN(w, body, length/2)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	// A client that stops reading is no concern of the server.
	_, _ = io.Copy(w, body)
}

// padding streams a JSON document of exactly size bytes.
func padding(size int64) io.Reader {
	return io.MultiReader(
		bytes.NewReader([]byte(bigHead)),
		io.LimitReader(letters{}, size-MinBig),
		bytes.NewReader([]byte(bigTail)),
	)
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// reset closes the connection so that the client sees ECONNRESET rather than
// an orderly end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		// Closing the TLS layer would say goodbye first.
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
