import { useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { CheckIcon, CopyIcon } from "./icons.tsx";
import { toast } from "./toast.tsx";

/** Code is something to be pasted elsewhere. What it is called is said to those who cannot see it. */
export function Code({ text, what }: { text: string; what: string }) {
  return (
    <div class="code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may have to be scrolled by keyboard */}
      <pre tabIndex={0}>{text}</pre>
      <Copy text={text} what={what} />
    </div>
  );
}

/** Copy puts text into the clipboard. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      toast("The browser does not let this page copy: select the text and copy it", true);
      return;
    }
    toast("Copied");
    setDone(true);
    setTimeout(() => setDone(false), 2000);
  };
  return (
    <Button look="quiet icon" aria-label={`Copy ${what}`} title="Copy" onClick={() => void copy()}>
      {done ? <CheckIcon /> : <CopyIcon />}
    </Button>
  );
}
