/** Numbers as people read them, the same everywhere in the report and the terminal. */
import { intervalDigits } from "../evaluate/intervals.ts";

/** The no-break space between a number and its unit. */
const space = "\u00a0";
const missing = "–";

function known(value: number | null | undefined, write: (value: number) => string): string {
  if (value === undefined || value === null) return missing;
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return write(value);
}

function fixed(value: number, digits: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A number with a fixed count of decimals: `decimal(1.8, 2)` is `1.80`. */
export function decimal(value: number | null | undefined, digits: number): string {
  return known(value, (v) => fixed(v, digits));
}

/** A whole number with commas: `231,657`. */
export function count(value: number | undefined): string {
  return known(value, (v) => fixed(Math.round(v), 0));
}

/** A large number in three digits: `38.4k`, `124M`. */
export function compact(value: number | undefined): string {
  return known(value, (v) => {
    for (const [size, suffix] of [
      [1e12, "T"],
      [1e9, "B"],
      [1e6, "M"],
      [1e3, "k"],
    ] as const) {
      if (Math.abs(v) >= size * 0.9995) return significant(v / size, 3) + suffix;
    }
    return significant(v, 3);
  });
}

/** `n` significant digits, without an exponent or trailing zeros after the point: `38.4`, `0.0021`. */
export function significant(value: number, n: number): string {
  return Number(value.toPrecision(n)).toLocaleString("en-US", { maximumSignificantDigits: n });
}

/** Seconds as a duration: `180 ms`, `3.2 s`, `42 s`, `3 min 5 s`, `1 h 12 min`. */
export function duration(seconds: number | undefined): string {
  return known(seconds, (s) => {
    if (s === 0) return `0${space}s`;
    if (s < 0.9995) return milliseconds(s * 1000);
    if (s < 9.95) return `${fixed(s, 1)}${space}s`;
    const whole = Math.round(s);
    if (whole < 60) return `${whole}${space}s`;
    if (whole < 3600) return `${Math.floor(whole / 60)}${space}min${rest(whole % 60, "s")}`;
    const minutes = Math.round(s / 60);
    return `${count(Math.floor(minutes / 60))}${space}h${rest(minutes % 60, "min")}`;
  });
}

function rest(value: number, unit: string): string {
  return value === 0 ? "" : ` ${value}${space}${unit}`;
}

/** Milliseconds in three significant digits: `0.42 ms`, `17.1 ms`. */
export function milliseconds(ms: number | undefined): string {
  return known(ms, (v) => `${significant(v, 3)}${space}ms`);
}

/** A loss per token: `1.83 nats`. */
export function nats(value: number | undefined): string {
  return known(value, (v) => `${fixed(v, 2)}${space}nats`);
}

/** Information per character or byte: `2.64 bits`. */
export function bits(value: number | undefined): string {
  return known(value, (v) => `${fixed(v, 2)}${space}bits`);
}

/** A share between 0 and 1 as `3.5 %`; from 10 % without decimals, except between 99.5 % and 100 %. */
export function percent(share: number | null | undefined): string {
  return known(share, (s) => {
    const p = s * 100;
    if (p > 0 && p < 0.05) return `<${space}0.1${space}%`;
    if (p > 99.95 && p < 100) return `>${space}99.9${space}%`;
    return `${fixed(p, p === 0 ? 0 : percentDigits(p))}${space}%`;
  });
}

/** From 10 % without decimals, except between 99.5 % and 100 %. */
const percentDigits = (p: number): number => (p === 100 || (p >= 9.95 && p < 99.5) ? 0 : 1);

/** A share and its interval, both with as many digits as the interval needs: `3.5 %` and `1.7–7.0 %`. */
export function shareAndInterval(
  share: number,
  interval: readonly [low: number, high: number],
): { readonly share: string; readonly interval: string } {
  const [low, high] = [100 * interval[0], 100 * interval[1]];
  const usual = percentDigits(100 * share);
  const digits = intervalDigits([low, high], usual);
  return {
    share: digits === usual ? percent(share) : `${fixed(100 * share, digits)}${space}%`,
    interval: `${fixed(low, digits)}–${fixed(high, digits)}${space}%`,
  };
}

/** A share with its interval: `3.5 % (1.7–7.0 %)`. */
export function percentInterval(share: number, interval: readonly [low: number, high: number]): string {
  const written = shareAndInterval(share, interval);
  return `${written.share} (${written.interval})`;
}

/** Bytes in decimal units: `4.2 MB`. */
export function bytes(value: number | undefined): string {
  return known(value, (v) => {
    for (const [size, unit] of [
      [1e9, "GB"],
      [1e6, "MB"],
      [1e3, "kB"],
    ] as const) {
      if (v >= size * 0.9995) return `${significant(v / size, 3)}${space}${unit}`;
    }
    return `${v}${space}B`;
  });
}

/** Something per second in three significant digits: `38,400/s`, or with its unit `38,400 tokens/s`. */
export function rate(perSecond: number | undefined, unit?: string): string {
  return known(perSecond, (v) => `${significant(v, 3)}${unit === undefined ? "" : `${space}${unit}`}/s`);
}

/** A token as a word, also where it is only white space. */
export function wordOfToken(token: string): string {
  if (token.trim() !== "") return token.trim();
  return token.includes("\n") ? "(new line)" : "(space)";
}

/** A token as the vocabulary writes it, without the mark of a leading space. */
export const bareToken = (token: string): string =>
  token.replace(/^[ĠĊ\s]+/u, "").replace(/\p{Cc}/gu, "·") || "·";
