// Package wire is what both ends of vsay say to each other: frames, the bodies
// of the HTTP API, and one error type. Read this page to understand vsay.
//
// # Who talks
//
//	vsay agent ── control link ──►┐
//	vsay hold  ── session link ──►│ vsay serve │◄── viewer link ── vsay attach, a browser
//
// Every link is a WebSocket that its far end dialled. Every binary message on it
// is one [Frame]:
//
//	kind (1) │ stream (4) │ offset (8) │ payload (0 … 32768)        big endian
//
// A stream is a numbered lane in a link. Stream 0 is the link itself. On a
// viewer link each other stream is one view of one session, numbered by the
// client; on a session link the same view has a number of the server's choosing.
// Joining the two is all the server does to a frame: it changes the stream and
// passes the rest on, unread.
//
// # The frames of a session
//
//	kind       direction         offset                   payload
//	Open       viewer → holder   -                        JSON Open; the first on its stream
//	Opened     viewer ← holder   next output byte         JSON Opened; the answer, exact
//	Gap        viewer ← holder   next output byte         JSON Gap: output that is gone for good
//	Screen     viewer ← holder   next output byte         bytes to draw; no part of the output; empty: that was all
//	Input      viewer → holder   of its first byte        bytes typed
//	InputEnd   viewer → holder   of the end               -; nothing is typed after it
//	Output     viewer ← holder   of its first byte        bytes of the terminal, or of stdout
//	Stderr     viewer ← holder   of its first byte        bytes of stderr, in the same row of offsets
//	Ack        both ways         all before it is done    window (4): more that may be sent from there
//	Resize     viewer → holder   -                        cols (2), rows (2)
//	Signal     viewer → holder   -                        name: HUP INT QUIT TERM KILL USR1 USR2 …, for the
//	                                                      program in front; HUP, TERM and KILL for the
//	                                                      session's own as well, which waits behind it
//	Exit       viewer ← holder   the end of the output    JSON Exit; no output follows
//	Close      both ways         -                        JSON Error or empty; nothing follows
//	                                                      (a viewer's answer to Exit, too)
//	Ping       viewer → holder   -                        anything; the holder answers with the same
//	Pong       viewer ← holder   -                        what the Ping carried
//
// Offsets are absolute: the number of bytes since the session's first. Output
// and Stderr share one row of offsets, so one window, one Ack and one place to
// resume from serve both. Input has a row for each attachment: a client draws a
// random attachment name once, numbers what it types from 0, keeps what is not
// acknowledged, and after a broken link sends it again under the same name. The
// holder applies each offset once.
//
// Ack means done, not received: the viewer has drawn those bytes, the holder has
// written those keys. Nobody sends past the last Ack plus its window. A window
// never shrinks what was granted before.
//
// # Resume
//
// Open carries output_from, the first byte the viewer has not drawn. The answer
// is Opened at exactly that offset; or Opened further on, then Gap (what is
// missing) and Screen (what it looks like now); or Close with code "gone".
// Without output_from the viewer is new, and gets Screen, then what follows it.
// Each Open of an attachment counts one generation more: of two links the newest
// is the one, whichever arrives first, and the other is closed as superseded.
// A Screen may take several frames, and an empty one ends it. Only then has the
// viewer moved on: a link that breaks before is as if it had never been opened.
// A viewer whose terminal has another size than the program's gets no Output but
// Screens, drawn for its size, the next one once it has acknowledged the last by
// an Ack of the Screen's offset; it moves on with them without a Gap.
// An Open with redraw, of a viewer whose terminal shows something else, is
// answered exactly as well: the output up to now, then Screen at its end. It may
// come without the Screen when that output is more than the window.
// An Open with history, of a viewer that is new and whose terminal has the
// program's size, is answered by output first: Opened at an earlier offset, the
// first of a line, and Missed at its end; Output from there; then Screen at Missed.
// It is no more than was asked for, than the window, and than the holder kept. It
// does not come where it would not leave the same lines above the screen as the
// program's output did (printed for another size, begun inside a full-screen
// program): then it is Screen alone, with the lines above it, up to a thousand, as
// ever. A viewer is new until the Screen is whole: when the link breaks before, it
// asks once more, and empties its terminal when output comes again.
//
// # The frames of a link (stream 0)
//
//	Ping       both ways         -        anything; the other end answers with the same
//	Pong       both ways         -        what the Ping carried
//	Token      viewer → server   -        a JWT of the same login, in place of one that ends soon;
//	                                      or a ticket of it for the same machine, of a page that has no JWT
//	Ended      holder → server   -        JSON Exit; the session is over, write it down
//	Ack        holder ← server   -        Ended is on disk; the holder may leave
//	End        holder ← server   -        -; end the session: its agent is away
//	GoAway     any   ← server    -        JSON GoAway; dial again after that long
//
// # The frames of a control link (stream n is one question and its answer)
//
//	Hello      agent → server    -        JSON Hello; the first frame
//	Beat       agent → server    -        JSON Facts, every 15 s
//	Start      agent ← server    -        JSON Start: begin a session
//	Call       agent ← server    -        JSON Call: have its holder dial
//	End        agent ← server    -        JSON End: end a session
//	Look       agent ← server    -        JSON Look: how some sessions are; only to agents whose Hello knows it
//	Reply      agent → server    -        JSON Reply, on the stream of the question
//
// # Liveness
//
// Each end sends a Ping every [PingEvery] and takes a link that brought no
// frame for [DeadAfter] for dead.
//
// A viewer whose typing is not acknowledged cannot know whether the program
// does not read or the way there is broken. It sends a Ping to the holder, on
// its stream, and dials a second link when nothing of the stream comes for 3 s.
//
// # Versions
//
// The subprotocols are "vsay.v1" (viewers), "vsay.hold.v1" and "vsay.agent.v1".
// Within them ends may differ by one release: a kind that is not known is
// skipped, a JSON member that is not known is ignored, a member that is missing
// has its zero value. A stream that is not known is skipped as well, since its
// last frames may be on their way still.
package wire
