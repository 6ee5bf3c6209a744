import { useState } from "preact/hooks";
import { ask } from "../api/request.ts";
import { Button } from "./button.tsx";
import { Code } from "./code.tsx";
import { Failure } from "./notice.tsx";
import { useTask } from "./task.ts";

/** ApiKey fetches the key when somebody wants to see it, and forgets it with the page. */
export function ApiKey({ fresh }: { fresh?: string | undefined }) {
  const [key, setKey] = useState(fresh);
  const show = useTask(async () => {
    const { user } = await ask<{ user: { api_key: string } }>("GET", "/api/profile");
    setKey(user.api_key);
  });
  return (
    <div class="stack tight">
      {key ? (
        <Code text={key} what="the API key" />
      ) : (
        <div>
          <Button busy={show.busy} onClick={() => void show.run()}>
            Show my API key
          </Button>
        </div>
      )}
      <Failure of={show.error} />
    </div>
  );
}
