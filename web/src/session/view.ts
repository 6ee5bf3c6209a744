import type { Exit, Opened } from "../wire/body.ts";
import type { WireError } from "../wire/error.ts";

/**
 * Where says which session of which machine, and how it is watched. `session` is an id. Without one, `name` is joined
 * or created; without that, `fresh` starts a new session and otherwise the latest one that nobody watches is taken up.
 */
export interface Where {
  readonly machine: string; // its agent_id
  readonly session?: string | undefined;
  readonly name?: string | undefined;
  readonly fresh?: boolean;
  readonly readOnly?: boolean;
  readonly steal?: boolean; // leave the other viewers out
  readonly cols: number;
  readonly rows: number;
  readonly history?: number; // bytes of earlier output wanted before the screen
}

/** Screen is what a session is drawn on: xterm's Terminal is one as it is. */
export interface Screen {
  /** write draws bytes, in order and in its own time, and calls drawn once they are on the screen. */
  write(bytes: Uint8Array, drawn: () => void): void;
}

/**
 * State is how an attachment is. Times are those of Date.now().
 *
 * - `connecting`: the session has not answered yet.
 * - `live`: what is typed gets there.
 * - `away`: it cannot be reached, since then; the next try is at `next` (undefined: it is being made right now).
 *   What is typed is kept, and gets there once.
 * - `signed out`: dialling goes on, exactly where it was, after retryNow().
 * - `superseded`: another viewer took the session over; takeBack() goes on exactly.
 * - `ended`: the program has; nothing more comes.
 * - `gone`: there is no such session or machine any more; nothing more comes.
 * - `refused`: the server or the machine does not allow it, or one end broke the rules; nothing more comes.
 * - `left`: leave() was called.
 */
export type State =
  | { readonly is: "connecting" }
  | { readonly is: "live" }
  | {
      readonly is: "away";
      readonly since: number;
      readonly next: number | undefined;
      readonly why: WireError;
    }
  | { readonly is: "signed out"; readonly why: WireError }
  | { readonly is: "superseded"; readonly why: WireError }
  | { readonly is: "ended"; readonly exit: Exit }
  | { readonly is: "gone"; readonly why: WireError }
  | { readonly is: "refused"; readonly why: WireError }
  | { readonly is: "left" };

/** isOver says that nothing more comes, and nothing is typed any more. */
export function isOver(state: State): boolean {
  return ["ended", "gone", "refused", "left"].includes(state.is);
}

/** Events are what an attachment tells. None of them may throw. */
export interface Events {
  /** state is told each State, the first one ("connecting") from within the constructor. */
  state?(now: State): void;

  /** opened is told what the session says of itself, when it answers for the first time. */
  opened?(session: Opened): void;

  /** unacknowledged is told how many typed bytes the session has not taken, whenever that changes. */
  unacknowledged?(bytes: number): void;

  /** gap is told how many bytes of output are gone for good: the machine keeps the last megabytes only. */
  gap?(bytes: number): void;
}
