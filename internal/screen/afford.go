package screen

// What a program may have the model do, in cells.
const (
	freeCells    = 20_000  // at a time: a screen of the sizes that people have
	savedCells   = 1 << 28 // beyond, in advance: seconds of work
	cellsForByte = 64      // beyond, for each byte of output
)

// affords says that so many cells may be touched by one sequence. Few bytes can ask
// for all of a huge screen, over and over, and the model would be minutes behind: who
// does that for seconds gets something simpler.
func (s *Screen) affords(cells int) bool {
	if cells <= freeCells {
		return true
	}
	if s.spent+uint64(cells) > savedCells+s.written*cellsForByte {
		return false
	}
	s.spent += uint64(cells)
	return true
}
