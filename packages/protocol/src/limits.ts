/** Limits of the wire. Sizes are bytes as read, after gunzip too, and not what a header claims. */
export const LIMITS = {
  /** Largest body of a batch. */
  bodyBytes: 1024 * 1024,
  /** Most events in a batch. */
  events: 1000,
  /** Deepest nesting of arrays and objects in a body. */
  depth: 8,
  /** Longest text parent, in characters. */
  parentLength: 200,
  /** Most parents in one call of the totals. */
  readParents: 500,
  /** Most rows in one answer of the series. */
  readRows: 10_000,
} as const
