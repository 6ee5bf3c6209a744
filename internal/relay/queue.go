package relay

import (
	"bytes"

	"vsay/internal/wire"
)

// maxQueued bytes wait for one viewer. A holder that keeps to the window never
// reaches it: the largest window is 4 MiB.
const maxQueued = 6 << 20

// frameCost is what a frame takes beside its payload, in bytes: empty ones are
// not free, and a machine might send nothing else.
const frameCost = 64

// queue is the frames that wait for a viewer, and what they take.
type queue struct {
	frames []wire.Frame // the first next ones were handed out
	next   int
	bytes  int
}

func (q *queue) empty() bool { return q.next == len(q.frames) }

// push takes a copy of a frame, and joins output to the output before it: a program that
// writes byte by byte would take many times what it wrote.
func (q *queue) push(f wire.Frame) {
	if !q.empty() {
		if last := &q.frames[len(q.frames)-1]; follows(*last, f) {
			last.Payload = append(last.Payload, f.Payload...)
			q.bytes += len(f.Payload)
			return
		}
	}
	if q.next > 32 && q.next > len(q.frames)/2 { // or it would grow for as long as it is never empty
		n := copy(q.frames, q.frames[q.next:])
		clear(q.frames[n:])
		q.frames, q.next = q.frames[:n], 0
	}
	f.Payload = bytes.Clone(f.Payload)
	q.frames = append(q.frames, f)
	q.bytes += len(f.Payload) + frameCost
}

func (q *queue) pop() (f wire.Frame) {
	f, q.frames[q.next] = q.frames[q.next], wire.Frame{}
	q.next++
	q.bytes -= len(f.Payload) + frameCost
	if !q.empty() {
		return f
	}
	q.frames, q.next = q.frames[:0], 0
	if cap(q.frames) > 8 {
		q.frames = nil // an idle viewer should cost little
	}
	return f
}

// follows says that output goes on where last ends, and fits into its frame.
func follows(last, f wire.Frame) bool {
	output := f.Kind == wire.KindOutput || f.Kind == wire.KindStderr
	return output && last.Kind == f.Kind && last.Offset+uint64(len(last.Payload)) == f.Offset &&
		len(last.Payload)+len(f.Payload) <= wire.MaxPayload
}
