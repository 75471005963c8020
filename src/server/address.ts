/** Where a server listens, and which addresses and names mean this machine alone. */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { UsageError } from "../core/errors.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether `name`, a host of a URL or of a Host header without brackets, always means this machine. */
export function isLoopback(name: string): boolean {
  const plain = name.toLowerCase().replace(/\.$/, "");
  const family = isIP(plain);
  return family === 0 ? plain === "localhost" : loopback.check(plain, family === 6 ? "ipv6" : "ipv4");
}

/**
 * Resolves `host`, a name or an address, to an address.
 * @throws UsageError for a name that does not resolve, and for an empty one, which Node takes for all addresses
 */
export async function addressOf(host: string): Promise<string> {
  const plain = host.replace(/^\[(.*)\]$/, "$1");
  if (!/^[^\s/]+$/.test(plain))
    throw new UsageError(
      `"${host}" is no address to listen at; give one such as 127.0.0.1, or 0.0.0.0 for all networks.`,
      { option: "host", value: host, expected: "an address or a name" },
    );
  if (isIP(plain)) return plain;
  const found = await lookup(plain).catch(() => {
    throw new UsageError(
      `"${host}" does not resolve to an address; give an address such as 127.0.0.1, or 0.0.0.0 for all networks.`,
      { option: "host", value: host, expected: "a name that resolves" },
    );
  });
  return found.address;
}
