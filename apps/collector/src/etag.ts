import { createHash } from 'node:crypto'
import type { Context } from 'hono'

/** The ETag of a body: the same for the same text, whoever asks. */
export function etagOf(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
}

/**
 * A body with its ETag; 304 without it for whoever has this very body.
 * @param more headers of both answers
 * @param etag of the body, where it is known already
 */
export function answerText(
  c: Context,
  body: string,
  type: string,
  cacheControl = 'private, no-cache',
  more: Record<string, string> = {},
  etag = etagOf(body),
): Response {
  const headers = { ...more, ETag: etag, 'Cache-Control': cacheControl }
  const known = c.req
    .header('if-none-match')
    ?.split(',')
    // Whoever compresses the body on its way makes the tag a weak one.
    .map((tag) => tag.trim().replace(/^W\//, ''))
  if (known?.includes(etag) || known?.includes('*')) return c.body(null, 304, headers)
  return c.body(body, 200, { ...headers, 'Content-Type': type })
}
