import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ask } from "../api/request.ts";
import { sentence } from "../api/sentence.ts";
import type { ServerInfo } from "../api/types.ts";

/** Asked is what the server said, last time that it did. */
export interface Asked<T> {
  readonly value: T | undefined;
  readonly error: string; // a sentence, empty where nothing failed
  again(): Promise<void>;
}

/** useAsked asks for what is at an address, at once and again when that is wanted. */
export function useAsked<T>(address: string): Asked<T> {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState("");
  const running = useRef<AbortController>(undefined);
  const again = useCallback(async () => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    try {
      setValue(await ask<T>("GET", address, undefined, mine.signal));
      setError("");
    } catch (e) {
      if (!mine.signal.aborted) setError(sentence(e));
    }
  }, [address]);
  useEffect(() => {
    void again();
    return () => running.current?.abort();
  }, [again]);
  return { value, error, again };
}

/** useSignup is who may make an account on this server. It is unknown until the server has said so: then nothing is offered. */
export function useSignup(): ServerInfo["signup"] | undefined {
  return useAsked<ServerInfo>("/api/server").value?.signup;
}
