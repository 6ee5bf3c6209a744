package client

import (
	"context"
	"net/http"
	"net/url"

	"vsay/internal/wire"
)

// Audit lists records of the audit log that fit a query.
func (c *Client) Audit(ctx context.Context, query url.Values) (wire.AuditRecords, error) {
	var out wire.AuditRecords
	err := c.call(ctx, http.MethodGet, "/api/audit?"+query.Encode(), nil, &out)
	return out, err
}

// VerifyAudit has the server walk the whole audit log.
func (c *Client) VerifyAudit(ctx context.Context) (wire.AuditCheck, error) {
	var out wire.AuditCheck
	err := c.call(ctx, http.MethodGet, "/api/audit/verify", nil, &out)
	return out, err
}
