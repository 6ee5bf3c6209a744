import { useEffect, useState } from "preact/hooks";
import { ask } from "../../api/request.ts";
import type { ServerInfo } from "../../api/types.ts";

/** Signup is who may make an account on this server. */
export type Signup = ServerInfo["signup"];

/** useSignup asks the server; undefined until it answered. */
export function useSignup(): Signup | undefined {
  const [signup, set] = useState<Signup>();
  useEffect(() => {
    const gone = new AbortController();
    ask<ServerInfo>("GET", "/api/server", undefined, gone.signal).then(
      (server) => set(server.signup),
      () => undefined, // then nothing is offered; the form itself says why it fails
    );
    return () => gone.abort();
  }, []);
  return signup;
}
