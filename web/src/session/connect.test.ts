import { afterEach, describe, expect, test, vi } from "vitest";
import { opening, ownServer } from "./connect.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

const never = new AbortController().signal;
const ask = { machine: "box", session: undefined, readOnly: false };

/** answers has the server answer so, and tells what it was asked. */
function answers(status: number, body: string, headers: Record<string, string> = {}) {
  const fetched = vi.fn(
    async (_url: string, _request: RequestInit) => new Response(body, { status, headers }),
  );
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

describe("a ticket", () => {
  test("is asked for one machine, one session, and what is to be done there", async () => {
    const fetched = answers(200, '{"ticket":"t1","expires_at":"2026-11-23T16:00:00Z"}');
    expect(await ownServer.ticket({ machine: "box", session: "id", readOnly: true }, never)).toBe("t1");
    const [url, request] = fetched.mock.calls[0] ?? [];
    expect([url, request?.method, request?.body]).toEqual([
      "/api/terminal/tickets",
      "POST",
      '{"agent_id":"box","session_id":"id","mode":"read_only"}',
    ]);
  });

  test.each([
    [401, "unauthorized", '{"error":"not signed in"}', "unauthorized", "not signed in"],
    [404, "gone", '{"error":"that session has ended"}', "gone", "that session has ended"],
    [503, "offline", '{"error":"machine is offline"}', "offline", "machine is offline"],
    [
      502,
      "",
      "<html>Bad Gateway</html>",
      "internal",
      "something went wrong on the server; its log has the details",
    ],
    [413, "", "", "too_large", "that is too large"],
  ])("%i %s is refused by what it says", async (status, header, body, code, message) => {
    answers(status, body, header ? { "Vsay-Error": header } : {});
    await expect(ownServer.ticket(ask, never)).rejects.toMatchObject({ code, message });
  });

  test("that is for later says when", async () => {
    answers(429, '{"error":"too many tickets"}', { "Vsay-Error": "slow_down", "Retry-After": "7" });
    await expect(ownServer.ticket(ask, never)).rejects.toMatchObject({
      code: "slow_down",
      retryAfter: 7_000,
    });
  });

  test.each(["<html>sign in to the hotel's network</html>", "{}", '{"ticket":7}'])(
    "of somebody in between is none: %s",
    async (body) => {
      answers(200, body);
      await expect(ownServer.ticket(ask, never)).rejects.toMatchObject({ code: "unreachable" });
    },
  );

  test("that cannot be asked for is out of reach", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(ownServer.ticket(ask, never)).rejects.toMatchObject({ code: "unreachable" });
  });
});

/** FakeSocket is a browser's WebSocket, as far as a page sees it. */
class FakeSocket {
  static readonly OPEN = 1;
  static made: FakeSocket[] = [];
  readyState = 0;
  binaryType = "blob";
  onopen = () => {};
  onclose = (_: { code: number; reason: string }) => {};
  onmessage = (_: { data: unknown }) => {};
  readonly sent: unknown[] = [];
  readonly closes: (number | undefined)[] = [];
  readonly address: string;
  readonly protocols: string[];

  constructor(address = "", protocols: string[] = []) {
    this.address = address;
    this.protocols = protocols;
    FakeSocket.made.push(this);
  }

  send(message: unknown) {
    this.sent.push(message);
  }

  close(code?: number) {
    this.closes.push(code);
  }

  opens() {
    this.readyState = FakeSocket.OPEN;
    this.onopen();
  }
}

const asSocket = (s: FakeSocket) => s as unknown as WebSocket; // of which it has all that is used

describe("a WebSocket", () => {
  test("goes to the server of the page, with the ticket where no log has it", async () => {
    vi.stubGlobal("WebSocket", FakeSocket);
    vi.stubGlobal("location", { protocol: "https:", host: "vsay.example:8443" });
    const socket = ownServer.open("a/b", "t1", never);
    const made = FakeSocket.made.at(-1);
    expect([made?.address, made?.protocols, made?.binaryType]).toEqual([
      "wss://vsay.example:8443/api/terminal/a%2Fb/ws",
      ["vsay.v1", "vsay.t.t1"],
      "arraybuffer",
    ]);
    made?.opens();
    const heard: unknown[] = [];
    const open = await socket;
    open.message = (bytes) => heard.push(bytes);
    open.closed = (code, reason) => heard.push([code, reason]);
    made?.onmessage({ data: Uint8Array.of(7).buffer });
    made?.onmessage({ data: "text" });
    made?.onclose({ code: 4401, reason: "unauthorized" });
    expect(heard).toEqual([Uint8Array.of(7), new Uint8Array(0), [4401, "unauthorized"]]);
  });

  test("that does not open says why, where that is known", async () => {
    for (const [code, reason, is] of [
      [1006, "", "unreachable"],
      [4409, "superseded", "superseded"],
    ] as const) {
      const s = new FakeSocket();
      const socket = opening(asSocket(s), never);
      s.onclose({ code, reason });
      await expect(socket).rejects.toMatchObject({ code: is });
    }
  });

  test("that nobody waits for any more is closed", async () => {
    const s = new FakeSocket();
    const stop = new AbortController();
    const socket = opening(asSocket(s), stop.signal);
    stop.abort();
    await expect(socket).rejects.toMatchObject({ code: "unreachable" });
    expect(s.closes).toEqual([4000]);
  });

  test("is left with 1000 and nothing else, and takes nothing once it closes", async () => {
    vi.stubGlobal("WebSocket", FakeSocket);
    const s = new FakeSocket();
    const socket = opening(asSocket(s), never);
    s.opens();
    const open = await socket;
    open.close("back soon");
    open.close("leaving");
    s.readyState = 2;
    open.send(Uint8Array.of(1));
    expect([s.closes, s.sent]).toEqual([[4000, 1000], []]);
  });
});
