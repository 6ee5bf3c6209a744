import { expect, test } from "vitest";
import { command, loopback } from "./command.ts";

test.each([
  [
    "https://vsay.example.com",
    "service",
    "",
    "sudo vsay agent install --host vsay.example.com --token-file -",
  ],
  [
    "https://vsay.example.com:8443",
    "user",
    "box",
    "vsay agent install --user --host vsay.example.com:8443 --token-file - --name box",
  ],
  ["http://127.0.0.1:8080", "terminal", " ", "vsay agent --host 127.0.0.1:8080 --token-file -"],
  ["https://localhost:8443", "terminal", "", "vsay agent --host https://localhost:8443 --token-file -"],
  [
    "http://10.0.0.7:8080",
    "terminal",
    "",
    "vsay agent --host http://10.0.0.7:8080 --insecure-http --token-file -",
  ],
  ["https://a.b", "terminal", "it's $(me)", `vsay agent --host a.b --token-file - --name 'it'\\''s $(me)'`],
] as const)("%s as %s, called %j", (origin, how, name, line) => {
  expect(command(origin, how, name)).toBe(line);
});

test("what only the machine itself can reach", () => {
  expect(loopback("http://127.0.0.1:8080")).toBe(true);
  expect(loopback("http://localhost")).toBe(true);
  expect(loopback("https://127.example.com")).toBe(false);
});
