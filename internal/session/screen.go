package session

// screenModel is the screen as it is, fed from the ring when somebody asks for
// it or when the ring is about to forget. Off the byte path: a session that
// nobody joins never pays for it.
type screenModel struct {
	cols, rows uint16
}

func (s *screenModel) keepUp(*output, int)                 {}
func (s *screenModel) resize(at uint64, cols, rows uint16) { s.cols, s.rows = cols, rows }
func (s *screenModel) snapshot(o *output) []byte           { return nil }
