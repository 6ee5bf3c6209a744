import type { FunctionComponent, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/notice.tsx";

/** lazy is a component that is fetched when it is needed for the first time. */
export function lazy(load: () => Promise<FunctionComponent>): () => JSX.Element {
  let loaded: FunctionComponent | undefined;
  return function Lazy() {
    const [, redraw] = useState(0);
    const [failed, fail] = useState(false);
    useEffect(() => {
      if (loaded || failed) return;
      load().then(
        (component) => {
          loaded = component;
          redraw(1);
        },
        () => fail(true),
      );
    }, [failed]);
    if (loaded) {
      const Loaded = loaded;
      return <Loaded />;
    }
    if (!failed) return <div aria-busy="true" />;
    return (
      <Empty title="This part of the page could not be loaded">
        <p>The server may be away, or newer than this page.</p>
        <Button onClick={() => location.reload()}>Load the page again</Button>
      </Empty>
    );
  };
}
