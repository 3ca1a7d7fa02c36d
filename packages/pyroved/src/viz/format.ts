/** Formatting of percentages, counts and durations. */

/** `0.8791` as "87.9%". */
export const formatPercent = (share: number, decimals = 1): string => `${(100 * share).toFixed(decimals)}%`;

/** `12000` as "12,000". */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** Seconds as "8.4 s", "2 min 41 s" or "1 h 5 min". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
