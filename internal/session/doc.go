// Package session is one session: a program on this machine, the last bytes it
// put out, who watches, and what they typed.
//
// [Core] is the hard part and knows no network, no process and no clock: it says
// which bytes go to whom and which keys are new. The holder (see [Run]) is the
// world around it: the program in its terminal, the link to the server, and the
// control socket by which an agent finds it again.
//
//	program ──read──► Core.Output ──► Core.Next ──► link
//	program ◄─write── Core.Keys  ◄── Core.Take ◄── link
package session
