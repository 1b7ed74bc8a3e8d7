import type { IncomingMessage, ServerResponse } from 'node:http'
import { Hono } from 'hono'
import { refusalReply, refuse, responseOf } from '../answer.ts'
import { die, failpoint } from '../failpoint.ts'
import type { Report } from '../report.ts'
import { answerFacts, REQUEST_ID, reportAnswer, requestIdOf } from '../request-log.ts'
import type { Traces } from '../traces.ts'
import { readFetched, readIncoming } from './body.ts'
import type { BatchRequest, Ingest } from './ingest.ts'
import { requestOf } from './link.ts'

const PATH = '/v1/batches'

/** The route in Hono: what a collector that is mounted in another app answers with. */
export function createBatchRoute(ingest: Ingest): Hono {
  return new Hono().post(PATH, async (c) =>
    responseOf(
      await ingest({
        ...requestOf(c),
        dry: c.req.query('dry') !== undefined,
        body: () => readFetched(c.req.raw.body),
      }),
    ),
  )
}

/** Answers a Node request, or gives false where it is not for it. */
export type NodeRoute = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean

/**
 * The same route on Node's own request and response. Fetch's wrapping of both was measured at half of the
 * throughput of small batches; everything else goes through Hono.
 */
export function createNodeBatchRoute(ingest: Ingest, report: Report, traces: Traces): NodeRoute {
  return (incoming, outgoing) => {
    const [path, query] = (incoming.url ?? '').split('?', 2)
    if (incoming.method !== 'POST' || path !== PATH) return false
    const { headers } = incoming
    const requestId = requestIdOf(headers['x-request-id'])
    const route = `POST ${PATH}`
    let failure: unknown
    const request: BatchRequest = {
      header: (name) => headers[name] as string | undefined,
      peer: incoming.socket.remoteAddress,
      dry: query !== undefined && new URLSearchParams(query).has('dry'),
      body: () => readIncoming(incoming),
    }
    traces
      .step(
        'request',
        () => ingest(request),
        ({ status }) => answerFacts(route, status, requestId),
      )
      .catch((error) => {
        failure = error
        return refusalReply(refuse('unavailable', 'the collector could not answer; try again'))
      })
      .then(async ({ status, headers, text }) => {
        reportAnswer(report, { requestId, route, status, text, error: failure })
        outgoing.writeHead(status, {
          ...headers,
          [REQUEST_ID]: requestId,
          'Content-Length': Buffer.byteLength(text),
        })
        if (__FAILPOINTS__ && (await failpoint('reply-half')) === 'half') {
          outgoing.write(text.slice(0, text.length / 2), die)
          return
        }
        outgoing.end(text)
      })
    return true
  }
}
