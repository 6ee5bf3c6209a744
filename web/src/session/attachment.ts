import type { Connect } from "./connect.ts";
import type { Events, Screen, State, Where } from "./view.ts";

/**
 * Attachment is one view of one session, over as many links as it takes: when one breaks it dials again and goes on
 * where it was, with no byte lost and none doubled in either direction. It begins to dial when it is made.
 */
export class Attachment {
  /** state is how it is now; Events.state is told each change. */
  readonly state: State = { is: "connecting" };

  constructor(_where: Where, _screen: Screen, _events: Events, _connect?: Connect) {}

  /**
   * type sends what was typed or pasted, now or when the session can be reached, once and in order. It may be a
   * megabyte: it goes as fast as the program takes it. False when so much waits already that this is not taken at all.
   */
  type(_keys: string | Uint8Array): boolean {
    return false;
  }

  /** unacknowledged is how many typed bytes the session has not taken yet: leaving now may lose them. */
  get unacknowledged(): number {
    return 0;
  }

  /** resize says that the screen has another size now. */
  resize(_cols: number, _rows: number): void {}

  /** signal sends a signal, named as in "INT", to the program in the foreground. */
  signal(_name: string): void {}

  /** redraw has the session draw its whole screen anew: this one shows something that is not the session's. */
  redraw(): void {}

  /** retryNow dials at once where it is "away", and goes on where it was "signed out". */
  retryNow(): void {}

  /** takeBack goes on where it was "superseded", and leaves the others out. */
  takeBack(): void {}

  /** leave ends the attachment and leaves the session running. */
  leave(): void {}
}
