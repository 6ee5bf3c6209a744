//go:build !unix

package server

import "os"

// lockFile only makes the file: a server here is for trying things out.
func lockFile(path string) (*os.File, error) { return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) }
