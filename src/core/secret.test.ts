import { expect, test } from "vitest";
import { checkedEndpoint, checkedHeaders, checkedSecret, headerValues, withoutSecrets } from "./secret.ts";

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

test("a text of any letters is searched once, not again from each of its letters", () => {
  for (const piece of ["x", "?", "?token", "x://", "?x=y"]) {
    // Searched again from each letter, it would take hours.
    const long = piece.repeat(1_000_000 / piece.length);
    expect(withoutSecrets(long)).toHaveLength(long.length);
  }
});

test("a key is hidden as JSON and traces write it, too", () => {
  const key = 'sk-"quoted"\\0123';
  expect(withoutSecrets(JSON.stringify({ key }), [key])).toBe('{"key":"***"}');
});

test("headers are lines of Name: value, and no sentence holds what is wrong with them", () => {
  expect(checkedHeaders("X", "X-Team: hens\n\nCookie: a=b; c=d\r\n")).toEqual({
    "X-Team": "hens",
    Cookie: "a=b; c=d",
  });
  expect(checkedHeaders("X", " \n")).toBeUndefined();
  for (const bad of [
    "s3cret",
    "X Team: s3cret",
    "X: s3cret\u0000",
    "X: s3cr\u2028et",
    "X: s3crét",
    ": s3cret",
  ])
    expect(() => checkedHeaders("X", `A: b\n${bad}`)).toThrow(/^X, line 2, is no header(?!.*s3cr)/);
  expect(headerValues("X-Team: hens\nCookie: a:b")).toEqual(["hens", "a:b"]);
});
