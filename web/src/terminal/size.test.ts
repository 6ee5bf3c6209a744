import { expect, test } from "vitest";
import { size } from "./size.ts";

test("numbers of bytes as people say them", () => {
  const said = [1, 999, 1000, 999_499, 999_600, 8_400_000].map(size);
  expect(said).toEqual(["1 byte", "999 bytes", "1 KB", "999 KB", "1.0 MB", "8.4 MB"]);
});
