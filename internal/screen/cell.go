package screen

// cell is one column of a row, 16 bytes. The zero cell is empty, one column
// wide and of the default colours, so a row may end where its zero cells begin.
type cell struct {
	ch  uint32 // a rune or a cluster, and the width
	fg  uint32 // colour and attributes
	bg  uint32 // colour and attributes
	ext uint32 // underline style (3 bits), link (13), underline colour (16)
}

const (
	runeMask   = 1<<21 - 1
	isCluster  = 1 << 21 // the rune is an index of Screen.clusters
	glyphMask  = runeMask | isCluster
	widthShift = 22 // two bits, the lower one inverted: a zero cell is one column wide

	colorMask = 1<<24 - 1
	modeMask  = 3 << 24
	fullColor = modeMask | colorMask

	ulineMask   = 7
	linkShift   = 3
	linkMask    = 1<<13 - 1
	ucolorShift = 16
)

// Kinds of colour, in bits 24 and 25.
const (
	colorDefault = uint32(iota) << 24
	color16
	color256
	colorRGB
)

// Attributes beside the colours: those of fg, then those of bg.
const (
	attrInverse = uint32(1) << (26 + iota)
	attrBold
	attrBlink
	attrInvisible
	attrStrike

	attrItalic    = uint32(1) << 26
	attrDim       = uint32(1) << 27
	attrOverline  = uint32(1) << 28
	attrProtected = uint32(1) << 29
)

func glyph(r rune, width int) uint32 { return uint32(r) | packWidth(width) }

func packWidth(width int) uint32 { return uint32(width^1) << widthShift }

func (c cell) width() int { return int(c.ch>>widthShift&3) ^ 1 }

// empty tells that nothing was ever printed there, not even a space.
func (c cell) empty() bool { return c.ch&glyphMask == 0 }

// tail tells whether this is the second column of a wide character.
func (c cell) tail() bool { return c.empty() && c.width() == 0 }

// plain tells that it is empty and has no more than a background, so that an
// erasure can make it.
func (c cell) plain() bool { return c.empty() && c.style() == style{bg: c.bg & fullColor} }

// style is a cell without its character: what SGR and OSC 8 set.
type style struct{ fg, bg, ext uint32 }

func (c cell) style() style { return style{c.fg, c.bg, c.ext} }

func (s style) with(ch uint32) cell { return cell{ch, s.fg, s.bg, s.ext} }

// blank is what an erasure leaves behind: the background colour alone.
func (s style) blank() cell { return cell{bg: s.bg & fullColor} }

func (s style) link() uint32   { return s.ext >> linkShift & linkMask }
func (s style) uline() uint32  { return s.ext & ulineMask }
func (s style) ucolor() uint32 { return s.ext >> ucolorShift }
