import { createHash } from 'node:crypto'
import type { Context } from 'hono'

/** A body with its ETag; 304 without it for whoever has this very body. */
export function answerText(
  c: Context,
  body: string,
  type: string,
  cacheControl = 'private, no-cache',
): Response {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const headers = { ETag: etag, 'Cache-Control': cacheControl }
  const known = c.req
    .header('if-none-match')
    ?.split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
  if (known?.includes(etag) || known?.includes('*')) return c.body(null, 304, headers)
  return c.body(body, 200, { ...headers, 'Content-Type': type })
}
