import type { FastifyPluginCallback } from 'fastify'
import type { Tracker } from '../types.ts'
import { requestTracker } from './for-request.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The tracker for this request, by the plugin of `@trackable/sdk/fastify`. */
    tracker: Tracker
  }
}

/**
 * A Fastify plugin that puts a tracker for each request into `request.tracker`: its events carry the visitor's user
 * agent and address. The setting `trustProxy` is respected.
 * @example app.register(trackable(tracker))
 */
export function trackable(tracker: Tracker<any, any>): FastifyPluginCallback {
  const plugin: FastifyPluginCallback = (app, _options, done) => {
    app.decorateRequest('tracker')
    app.addHook('onRequest', (request, _reply, next) => {
      const socket = { remoteAddress: request.ip }
      request.tracker = requestTracker(tracker, { headers: request.headers, socket })
      next()
    })
    done()
  }
  // What fastify-plugin does: the decoration is for the whole app and not for this plugin alone.
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: '@trackable/sdk',
  })
}
