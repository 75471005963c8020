/** Text for a person: without control characters, and without secrets. */
import { printable } from "../../core/printable.ts";
import { headerValues, withoutSecrets } from "../../core/secret.ts";

/** Environment variables that hold secrets. */
const secretNames = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "OPENAI_API_KEY", "PUNCHLINE_API_KEY"];

/** `text` without keys of this environment and passwords in addresses, and with control characters as `\x1b`. */
export function safeText(text: string): string {
  const secrets = secretNames.map((name) => process.env[name]?.trim());
  return printable(withoutSecrets(text, [...secrets, ...headerValues(process.env.OPENAI_CUSTOM_HEADERS)]));
}

/** Escape sequences of colours and weights, as picocolors writes them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: styles consist of them
const styled = /(\x1b\[\d{1,2}m)/;

/** `text` with its styles, and with other control characters made visible. */
export const printableStyled = (text: string): string =>
  text
    .split(styled)
    .map((part, i) => (i % 2 === 1 ? part : printable(part)))
    .join("");
