// Package agent is a machine's presence: it dials the server, says "here I am"
// every few seconds, and starts, calls and ends the holders of sessions. No byte
// of a session passes through it, so its death is not noticed by who types.
package agent
