/** Settings of the Hub and its cache, from the environment variables of Python's huggingface_hub. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { optionNames } from "../core/options.ts";
import { checkedEndpoint, checkedSecret } from "../core/secret.ts";
import { hubLibrary } from "./library.ts";

export interface HubSettings {
  /** `HF_ENDPOINT`, without a trailing slash. */
  readonly endpoint: string;
  /** `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else in `~/.cache/huggingface`. */
  readonly cacheDir: string;
  /** `HF_TOKEN`, else the token that `huggingface-cli login` stored. */
  readonly token: string | undefined;
  /** `HF_HUB_OFFLINE`: never use the network. */
  readonly offline: boolean;
  /** Milliseconds before the first retry, doubled for each further one. */
  readonly retryDelayMs: number;
  /** Milliseconds that the Hub may be silent. Default 30,000. */
  readonly idleMs?: number | undefined;
}

export const hubSettingNames = optionNames<keyof HubSettings>()(
  "endpoint cacheDir token offline retryDelayMs idleMs",
);

/**
 * The settings from this process's environment, with those in `replaced`.
 * @throws UsageError for an endpoint that is no plain address, and for a token that no header can carry
 */
export async function hubSettings(replaced: Partial<HubSettings> = {}): Promise<HubSettings> {
  const env = process.env;
  const { getHFHubCachePath, HUB_URL } = hubLibrary();
  return {
    endpoint: checkedEndpoint("HF_ENDPOINT", env.HF_ENDPOINT || HUB_URL, HUB_URL),
    cacheDir: expandHome(getHFHubCachePath()),
    token:
      checkedSecret("HF_TOKEN", env.HF_TOKEN) ??
      checkedSecret("HUGGING_FACE_HUB_TOKEN", env.HUGGING_FACE_HUB_TOKEN) ??
      (await storedToken()),
    offline: isOn(env.HF_HUB_OFFLINE) || isOn(env.TRANSFORMERS_OFFLINE),
    retryDelayMs: 500,
    ...replaced,
  };
}

async function storedToken(): Promise<string | undefined> {
  const env = process.env;
  const home = env.HF_HOME ?? join(env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "huggingface");
  const path = expandHome(env.HF_TOKEN_PATH ?? join(home, "token"));
  const stored = await readFile(path, "utf8").catch(() => undefined); // not logged in
  return checkedSecret(`The token in ${path}`, stored);
}

function isOn(value: string | undefined): boolean {
  return /^(1|true|yes|on)$/i.test(value ?? "");
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}
