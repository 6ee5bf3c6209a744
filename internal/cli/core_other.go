//go:build !linux

package cli

// leaveNoCore is for Linux: elsewhere Go programs leave none, unless told to.
func leaveNoCore() error { return nil }
