/** Text on its way to a person: names and messages of others come without control characters, and without secrets. */
import { printable } from "../../core/printable.ts";
import { headerValues, withoutSecrets } from "../../core/secret.ts";

/** What the environment holds that nobody else may see. */
const secretNames = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "OPENAI_API_KEY", "PUNCHLINE_API_KEY"];

/** `text` without keys of this environment and passwords of addresses, its control characters as `\x1b`. */
export function said(text: string): string {
  const secrets = secretNames.map((name) => process.env[name]?.trim());
  return printable(withoutSecrets(text, [...secrets, ...headerValues(process.env.OPENAI_CUSTOM_HEADERS)]));
}

/** Colours and weights, as picocolors writes them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are made of
const styled = /(\x1b\[\d{1,2}m)/;

/** Text with styles of its own for a terminal, which obeys no other control character of it. */
export const shownStyled = (text: string): string =>
  text
    .split(styled)
    .map((part, i) => (i % 2 === 1 ? part : printable(part)))
    .join("");
