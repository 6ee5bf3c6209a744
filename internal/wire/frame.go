package wire

import (
	"encoding/binary"
	"fmt"
)

// Kind says what a frame is. The table in the package comment says the rest.
type Kind uint8

const (
	KindOpen     Kind = 0x01 // viewer → holder: JSON Open
	KindOpened   Kind = 0x02 // holder → viewer: JSON Opened, output goes on at Offset
	KindGap      Kind = 0x03 // holder → viewer: JSON Gap
	KindScreen   Kind = 0x04 // holder → viewer: bytes to draw, output goes on at Offset
	KindInput    Kind = 0x05 // viewer → holder: keys, the first one at Offset
	KindInputEnd Kind = 0x06 // viewer → holder: input ends at Offset
	KindOutput   Kind = 0x07 // holder → viewer: output, the first byte at Offset
	KindStderr   Kind = 0x08 // holder → viewer: the same, of stderr
	KindAck      Kind = 0x09 // both ways: everything before Offset is done; payload: window
	KindResize   Kind = 0x0a // viewer → holder: cols, rows
	KindSignal   Kind = 0x0b // viewer → holder: a signal's name
	KindExit     Kind = 0x0c // holder → viewer: JSON Exit, output ended at Offset
	KindClose    Kind = 0x0d // both ways: the stream is over; JSON Error or empty

	KindPing   Kind = 0x20 // both ways; on a viewer's stream: viewer → holder
	KindPong   Kind = 0x21 // both ways; on a viewer's stream: holder → viewer
	KindToken  Kind = 0x22 // viewer → server: a fresh JWT
	KindEnded  Kind = 0x23 // holder → server: JSON Exit
	KindGoAway Kind = 0x24 // server → any: JSON GoAway

	KindHello Kind = 0x40 // agent → server: JSON Hello
	KindBeat  Kind = 0x41 // agent → server: JSON Facts
	KindStart Kind = 0x42 // server → agent: JSON Start
	KindCall  Kind = 0x43 // server → agent: JSON Call
	KindEnd   Kind = 0x44 // server → agent: JSON End; server → holder: no payload
	KindReply Kind = 0x45 // agent → server: JSON Reply
	KindLook  Kind = 0x46 // server → agent: JSON Look
)

// Sizes in bytes.
const (
	HeaderLen  = 13
	MaxPayload = 32 << 10 // of one frame; longer bytes are cut into several
)

// Frame is one message of a link.
type Frame struct {
	Kind    Kind
	Stream  uint32
	Offset  uint64
	Payload []byte
}

// AppendFrame appends the frame as it travels.
func AppendFrame(b []byte, f Frame) []byte {
	b = append(b, byte(f.Kind))
	b = binary.BigEndian.AppendUint32(b, f.Stream)
	b = binary.BigEndian.AppendUint64(b, f.Offset)
	return append(b, f.Payload...)
}

// ParseFrame reads one message. The payload is part of b, not a copy.
func ParseFrame(b []byte) (Frame, error) {
	if len(b) < HeaderLen {
		return Frame{}, fmt.Errorf("wire: a frame of %d bytes is shorter than its header", len(b))
	}
	if len(b) > HeaderLen+MaxPayload {
		return Frame{}, fmt.Errorf("wire: a payload of %d bytes is over the limit", len(b)-HeaderLen)
	}
	return Frame{
		Kind:    Kind(b[0]),
		Stream:  binary.BigEndian.Uint32(b[1:]),
		Offset:  binary.BigEndian.Uint64(b[5:]),
		Payload: b[HeaderLen:],
	}, nil
}

// AckFrame says that everything before offset is done and that window more
// bytes may be sent from there.
func AckFrame(stream uint32, offset uint64, window uint32) Frame {
	return Frame{KindAck, stream, offset, binary.BigEndian.AppendUint32(nil, window)}
}

// Window is what an Ack grants from its offset on.
func (f Frame) Window() uint32 {
	if len(f.Payload) < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(f.Payload)
}

// ResizeFrame carries a terminal's size in character cells.
func ResizeFrame(stream uint32, cols, rows uint16) Frame {
	b := binary.BigEndian.AppendUint16(nil, cols)
	return Frame{KindResize, stream, 0, binary.BigEndian.AppendUint16(b, rows)}
}

// Size reads a Resize. A size of 0 in either direction is an error.
func (f Frame) Size() (cols, rows uint16, err error) {
	if len(f.Payload) != 4 {
		return 0, 0, ErrProtocol
	}
	cols, rows = binary.BigEndian.Uint16(f.Payload), binary.BigEndian.Uint16(f.Payload[2:])
	if cols == 0 || rows == 0 {
		return 0, 0, ErrProtocol
	}
	return cols, rows, nil
}
