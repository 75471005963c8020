/** Numbers and times for people. */

/** `1,234,567`. Not by `toLocaleString`, for which Node loads data of languages. */
export function formatCount(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** A rate with three significant digits: `0.42`, `12.3`, `38.1k`, `1.20M`. */
export function formatRate(n: number): string {
  if (!Number.isFinite(n)) return "?";
  if (n >= 999_500) return `${threeFigures(n / 1e6)}M`;
  if (n >= 999.5) return `${threeFigures(n / 1e3)}k`;
  return threeFigures(n);
}

function threeFigures(n: number): string {
  return n >= 99.95 ? n.toFixed(0) : n >= 9.995 ? n.toFixed(1) : n.toFixed(2);
}

/** Seconds as `0.8s`, `38s`, `2m 10s`, `1h 05m`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)}s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${String(s % 60).padStart(2, "0")}s`;
  const minutes = Math.round(s / 60);
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}

/** The same of an estimate, without parts of a second: `1s`, `38s`, `2m 10s`. */
export const formatLeft = (seconds: number): string =>
  formatDuration(seconds < 9.95 ? Math.ceil(seconds) : seconds).replace(".0", "");

/** Bytes as `512 B`, `1.5 MB`, `2.30 GB` (powers of 1000). */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ] as const) {
    if (bytes >= size) return `${threeFigures(bytes / size)} ${unit}`;
  }
  return `${Math.round(bytes)} B`;
}
