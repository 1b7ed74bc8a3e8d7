import { Hono } from 'hono'
import { articleOf } from './articles.ts'
import { articlePage, missingPage } from './views/article.ts'
import { listPage } from './views/list.ts'
import { tablePage } from './views/table.ts'

/** What the pages need to know. */
export interface Site {
  /** Origin of the collector, such as `http://127.0.0.1:8787`. */
  collector: string
  /** The public write key that the pages carry. */
  key: string
  /** The built script and style sheet. */
  script: string
  style: string
}

/** The magazine as an app: its pages, and the two files that they load. */
export function createSite(site: Site): Hono {
  const app = new Hono()
  // Nothing inline and nothing foreign: the SDK needs no exception from it.
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    `connect-src ${new URL(site.collector).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
  app.use(async (c, next) => {
    await next()
    c.header('content-security-policy', policy)
    c.header('x-content-type-options', 'nosniff')
    c.header('referrer-policy', 'strict-origin-when-cross-origin')
  })
  app.get('/', (c) => c.html(listPage(site)))
  app.get('/table', (c) => c.html(tablePage(site)))
  app.get('/articles/:slug', (c) => {
    const article = articleOf(c.req.param('slug'))
    return article ? c.html(articlePage(site, article)) : c.html(missingPage(site), 404)
  })
  app.get('/app.js', (c) => c.body(site.script, 200, { 'content-type': 'text/javascript; charset=utf-8' }))
  app.get('/style.css', (c) => c.body(site.style, 200, { 'content-type': 'text/css; charset=utf-8' }))
  app.notFound((c) => c.html(missingPage(site), 404))
  return app
}
