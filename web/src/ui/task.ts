import { useCallback, useRef, useState } from "preact/hooks";
import { sentence } from "../api/sentence.ts";

/** Task is something that takes a while and may fail. */
export interface Task<A extends unknown[]> {
  readonly busy: boolean;
  readonly error: string; // a sentence, empty where nothing failed
  run(...args: A): Promise<boolean>;
  clear(): void;
}

/** useTask runs one thing at a time, and keeps why it failed. */
export function useTask<A extends unknown[]>(work: (...args: A) => Promise<unknown>): Task<A> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const running = useRef(false);
  const latest = useRef(work);
  latest.current = work;
  const run = useCallback(async (...args: A) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError("");
    try {
      await latest.current(...args);
      return true;
    } catch (e) {
      setError(sentence(e));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setError(""), []);
  return { busy, error, run, clear };
}
