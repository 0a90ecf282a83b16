package rest

import (
	"context"
	"net/http"
)

// admit builds the request of a call and takes it through the gate. Built a
// second time for the same call, it has the same bytes, and a new signature.
func (c *Client) admit(ctx context.Context, call Call) (*http.Request, error) {
	request, err := c.request(ctx, call)
	if err != nil {
		return nil, err
	}
	if c.gate != nil {
		if err := c.gate.Take(ctx); err != nil {
			return nil, err
		}
	}
	return request, nil
}

// challenged reports whether a request was refused for want of a credential
// that can be had now. Only 401 says that: a server that answers it has not
// begun, and so even a call that changes something may be sent again. The
// answer is nil where none came.
func (c *Client) challenged(request *http.Request, answer *Answer) bool {
	return c.dialect.Challenged != nil && answer != nil && answer.Status == http.StatusUnauthorized &&
		c.dialect.Challenged(request, answer)
}
