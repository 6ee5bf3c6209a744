/** Page is what an attachment wants to know of the page it lives in. */
export interface Page {
  /** hidden says that nobody sees it, and that its timers may be late. */
  hidden(): boolean;

  /** watch calls wake when this may be the moment at which the server can be reached again, or no more. It gives the way to stop. */
  watch(wake: () => void): () => void;
}

/** thisPage is the one in the browser: it comes back from sleep, to the network, or to the front, or loses the network. */
export const thisPage: Page = {
  hidden: () => document.hidden,

  watch(wake) {
    const seen = () => {
      if (!document.hidden) wake();
    };
    window.addEventListener("online", wake);
    window.addEventListener("offline", wake); // what is heard soon is not found out by the first key that nothing answers
    window.addEventListener("pageshow", wake);
    document.addEventListener("resume", wake);
    document.addEventListener("visibilitychange", seen);
    return () => {
      window.removeEventListener("online", wake);
      window.removeEventListener("offline", wake);
      window.removeEventListener("pageshow", wake);
      document.removeEventListener("resume", wake);
      document.removeEventListener("visibilitychange", seen);
    };
  },
};
