import { expect, test } from "vitest";
import { link } from "./link.ts";

test("addresses of the web may be opened, and are shown as they really are", () => {
  expect(link("https://example.com/a?b=c#d")).toEqual({
    href: "https://example.com/a?b=c#d",
    before: "https://",
    host: "example.com",
    after: "/a?b=c#d",
  });
  expect(link("HTTP://Example.COM:8080")?.host).toBe("example.com:8080");
  expect(link("https://bücher.example/")?.host).toBe("xn--bcher-kva.example");
  expect(link("https://exаmple.com/")?.host).toMatch(/^xn--/); // a Cyrillic а
  expect(link("https://example.com/\u202Egpj")?.after).toBe("/%E2%80%AEgpj");
});

test("nothing else may", () => {
  const bad = [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "vbscript:x",
    "blob:https://example.com/x",
    "ftp://example.com/",
    "mailto:a@example.com",
    "//example.com",
    "/machines",
    "example.com",
    "",
    "https://",
    "https://bank.example@evil.example/",
    "https://a:b@example.com/",
    `https://example.com/${"a".repeat(2048)}`,
  ];
  for (const text of bad) expect(link(text), text).toBeUndefined();
});
