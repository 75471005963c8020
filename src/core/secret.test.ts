import { expect, test } from "vitest";
import { checkedEndpoint, checkedSecret, withoutSecrets } from "./secret.ts";

test("a key is one word of ASCII; the space around it does not count, and no sentence holds it", () => {
  expect(checkedSecret("X", " hf_abc\n")).toBe("hf_abc");
  expect(checkedSecret("X", " \n")).toBeUndefined();
  for (const bad of ["hf_a\nhf_b", "hf_a b", "hf_ä", "hf_a\u0000"])
    expect(() => checkedSecret("X", bad)).toThrow(/^X holds a line break, a space or a letter beyond ASCII/);
});

test("an endpoint is a plain address", () => {
  expect(checkedEndpoint("X", "https://mirror.example/hf//", "e")).toBe("https://mirror.example/hf");
  for (const bad of [
    "https://me:s3cret@h",
    "https://s3cret@h",
    "https://h?t=s3cret",
    "ftp://s3cret",
    "s3cret",
    "http://h\ns3cret",
  ])
    expect(() => checkedEndpoint("X", bad, "http://e")).toThrow(/^X must (?!.*s3cret)/);
});

test("passwords in addresses, signatures and known keys are hidden in what is printed", () => {
  const text = "https://me:s3cret@host/x?X-Amz-Signature=s3cret&a=b and hf_0123456789, or none";
  expect(withoutSecrets(text, ["hf_0123456789", "none", undefined])).toBe(
    "https://***@host/x?X-Amz-Signature=***&a=b and ***, or none",
  );
});
