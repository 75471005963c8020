/**
 * Keys, tokens and addresses from the environment, checked where they are read. No error message contains the
 * value: it may be a secret, or contain one.
 */
import { UsageError } from "./errors.ts";

/**
 * A key or token without the space around it; undefined where there is none.
 * @param name what the user calls it: a variable, a file, an option
 * @throws UsageError where no HTTP header can carry it
 */
export function checkedSecret(name: string, given: string | undefined): string | undefined {
  const value = given?.trim();
  if (!value) return undefined;
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  throw new UsageError(
    `${name} holds a line break, a space or a letter beyond ASCII, which no key does; set it again.`,
  );
}

/**
 * The address of a service, without a slash at its end.
 * @param example of such an address
 * @throws UsageError for what is no http address, or holds a password, a query or a fragment
 */
export function checkedEndpoint(name: string, given: string, example: string): string {
  const fail = (what: string) => new UsageError(`${name} ${what}.`);
  const address = given.trim();
  if (!/^https?:\/\/[\x21-\x7e]+$/i.test(address) || !URL.canParse(address))
    throw fail(`must be an address such as ${example}`);
  const { username, password, search, hash } = new URL(address);
  if (username || password || address.includes("@"))
    throw fail("must hold no user name or password, which would be seen in messages; give the address alone");
  if (search || hash || /[?#]/.test(address))
    throw fail(`must be an address without a query or fragment, such as ${example}`);
  return address.replace(/\/+$/, "");
}

/**
 * Headers given as `Name: value`, one a line.
 * @throws UsageError where no HTTP request can carry them
 */
export function checkedHeaders(name: string, given: string | undefined): Record<string, string> | undefined {
  const lines = given?.split(/\r?\n/).filter((line) => line.trim() !== "") ?? [];
  const headers = lines.map((line, i): [string, string] => {
    const [, field, value] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*:\s*([\t\x20-\x7e]*?)\s*$/.exec(line) ?? [];
    if (field === undefined || value === undefined)
      throw new UsageError(
        `${name}, line ${i + 1}, is no header of letters that HTTP carries; write one a line, as Name: value.`,
      );
    return [field, value];
  });
  return headers.length === 0 ? undefined : Object.fromEntries(headers);
}

/** The values of such headers, which may be secrets. */
export const headerValues = (given: string | undefined): string[] =>
  (given ?? "").split(/\r?\n/).map((line) => line.slice(line.indexOf(":") + 1).trim());

/** Shorter ones (`none`, `EMPTY`) are no secrets, and may be part of any word. */
const SHORTEST_SECRET = 8;

/** `text` with passwords in addresses and the given secrets as `***`, in a time that its length bounds: texts are untrusted. */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[] = []): string {
  const known = secrets.filter((secret) => secret !== undefined && secret.length >= SHORTEST_SECRET);
  return known.reduce<string>(
    (rest, secret) => rest.replaceAll(secret!, "***").replaceAll(JSON.stringify(secret).slice(1, -1), "***"),
    text
      .replace(/:\/\/[^\s/?#"'<>]*@/g, "://***@")
      .replace(
        /([?&](?=[^\s=&?"'<>]*?(?:token|key|secret|password|signature|credential))[^\s=&?"'<>]*=)[^\s&"'<>]+/gi,
        "$1***",
      ),
  );
}
