package server

import (
	"net"
	"testing"
	"time"
)

// A connection that asks for nothing, as a browser opens them to be quick, does
// not keep a server that leaves.
func TestDrainDropsTheSilent(t *testing.T) {
	r := run(t, Config{})
	silent, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	began := time.Now()
	r.stop()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > drainTime+2*time.Second {
		t.Errorf("it took %v", took)
	}
}
