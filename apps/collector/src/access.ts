import type { Hono } from 'hono'

/**
 * Who may call a route. `anyone`; `write`: write and secret keys; `link`: write keys, in the query; `secret`: secret
 * keys; `read`: secret keys, and write keys for what is in `public.read`; `operator`: this machine, or whoever has the
 * DASHBOARD_TOKEN; `control`: nobody over the network, only the control socket. A key that is bound to datasets is
 * bound in each of these.
 */
export type Access = 'anyone' | 'write' | 'link' | 'secret' | 'read' | 'operator' | 'control'

/** Every route of a collector and who may call it. Parameters are written `:`. */
export const ROUTES: Readonly<Record<string, Access>> = {
  'GET /healthz': 'anyone',
  'GET /readyz': 'anyone',
  'GET /openapi.json': 'anyone',
  'GET /sdk.js': 'anyone',
  'GET /metrics': 'operator',
  'POST /v1/batches': 'write',
  'GET /v1/hit/:/:/:': 'link',
  'GET /v1/hit/:/:/:/pixel.gif': 'link',
  'GET /v1/go/:/:/:': 'link',
  'GET /v1/datasets': 'secret',
  'GET /v1/imports': 'secret',
  'POST /v1/imports/end': 'secret',
  'POST /v1/imports/undo': 'secret',
  'GET /v1/datasets/:/totals': 'read',
  'GET /v1/datasets/:/series': 'read',
  'GET /v1/datasets/:/top': 'secret',
  'GET /v1/datasets/:/badge.svg': 'read',
  'GET /v1/live': 'read',
  'GET /v1/export/:': 'secret',
  'GET /v1/admin/keys': 'control',
  'POST /v1/admin/keys': 'control',
  'DELETE /v1/admin/keys/:': 'control',
  'POST /v1/admin/grants': 'control',
  'GET /v1/admin/spiders': 'control',
  'POST /v1/admin/spiders': 'control',
  'POST /v1/admin/spiders/remove': 'control',
  'POST /v1/admin/spiders/test': 'control',
  'GET /v1/admin/imports': 'control',
  'GET /v1/admin/drops': 'control',
  'GET /v1/admin/log': 'control',
  'ALL /v1/admin/log/*': 'control',
  'GET /v1/admin/log/peek': 'control',
  'POST /v1/admin/log/fold': 'control',
  'POST /v1/admin/log/pause': 'control',
  'POST /v1/admin/log/replay': 'control',
  'GET /v1/admin/dead': 'control',
  'POST /v1/admin/dead/replay': 'control',
  'POST /v1/admin/dead/drop': 'control',
  'POST /v1/admin/migrate': 'control',
  'POST /v1/admin/query': 'control',
  'POST /v1/admin/verify': 'control',
}

/**
 * Gives an app back where each of its routes is declared, administrative ones where they belong alone. Guarantee 7: a
 * route that nobody has decided on is not served, and no collector starts with one. Tested in access.test.ts, and
 * that each is as declared in test/access.test.ts.
 * @throws Error naming the route
 */
export function declared(app: Hono, side: 'public' | 'control'): Hono {
  for (const { method, path } of app.routes) {
    const route = routeName(method, path)
    // What stands before every route, and answers none.
    if (route === 'ALL /*') continue
    const access = Object.hasOwn(ROUTES, route) ? ROUTES[route] : undefined
    if (access === undefined) throw new Error(`route ${route} is not in access.ts; say there who may call it`)
    if ((access === 'control') !== (side === 'control')) {
      throw new Error(`route ${route} is for ${access}, and is served on the ${side} side`)
    }
  }
  return app
}

/** A route's name in the table. */
export function routeName(method: string, path: string): string {
  return `${method} ${path.replace(/:[^/.]+/g, ':')}`
}
