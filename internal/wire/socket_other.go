//go:build !unix

package wire

import (
	"net"
	"syscall"
)

func rawConn(net.Conn) syscall.RawConn { return nil }

func (s *socket) fill() error { panic("a socket without a descriptor is read directly") }

func (s *socket) roomy() bool { return false }
