import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { refusalReply, refuse } from '../answer.ts'
import { REQUEST_ID, requestIdOf } from '../request-log.ts'

/** How often Node looks for connections that are too slow: its default of half a minute lets them live as long. */
const CHECK_EVERY_MS = 5000

/**
 * Creates the server: with limits on what one peer can hold open (slow headers, slow bodies, idle sockets; guarantee 6,
 * tested in test/raw-requests.test.ts), and without requests that say twice, or in two ways, whom they are for.
 */
export function createHttpServer(listener: RequestListener): Server {
  const server = createServer(
    {
      connectionsCheckingInterval: CHECK_EVERY_MS,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 5000,
    },
    (incoming, outgoing) => {
      // Named here, so that each answer and each line about it have the same name, whatever answers.
      const requestId = requestIdOf(incoming.headers['x-request-id'])
      incoming.headers['x-request-id'] = requestId
      const reason = ambiguity(incoming)
      if (reason === undefined) return listener(incoming, outgoing)
      const { status, headers, text } = refusalReply(refuse('malformed', reason))
      outgoing.writeHead(status, { ...headers, [REQUEST_ID]: requestId, Connection: 'close' }).end(text)
    },
  )
  server.maxConnections = 2000
  return server
}

/** What a proxy before us may have read in another way than we do; Node's parser refuses the rest by itself. */
function ambiguity({ url, rawHeaders }: IncomingMessage): string | undefined {
  if (!url?.startsWith('/') || url.startsWith('//')) return 'the target is no path of this server'
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
  const twice = ['host', 'authorization', 'content-type', 'content-encoding', 'origin'].find(
    (name) => names.indexOf(name) !== names.lastIndexOf(name),
  )
  return twice && `the header ${twice} is there twice`
}
