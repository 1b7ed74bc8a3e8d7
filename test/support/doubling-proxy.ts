import { createServer, type IncomingMessage, request } from 'node:http'
import { freePort } from './free-port.ts'

/** A proxy before a collector that sends every batch twice, as a network with retries would. */
export interface DoublingProxy {
  url: string
  /** Batches that came by so far, each counted once. */
  batches(): number
  close(): void
}

/**
 * Starts the proxy. The answer is the second one's, so that the first may be lost; a collector that is down gives
 * 502, which is no collector's word.
 */
export async function startDoublingProxy(target: string): Promise<DoublingProxy> {
  const port = await freePort()
  let batches = 0
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', async () => {
      const body = Buffer.concat(chunks)
      try {
        if (incoming.method === 'POST') {
          batches++
          await forward(target, incoming, body)
        }
        const { status, headers, text } = await forward(target, incoming, body)
        outgoing.writeHead(status, headers).end(text)
      } catch {
        outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>')
      }
    })
  })
  await new Promise<void>((settle) => server.listen(port, '127.0.0.1', settle))
  return {
    url: `http://127.0.0.1:${port}`,
    batches: () => batches,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function forward(target: string, { method, url, headers }: IncomingMessage, body: Buffer) {
  return new Promise<{ status: number; headers: Record<string, string>; text: string }>((settle, fail) => {
    const { host: _, 'transfer-encoding': __, connection: ___, ...kept } = headers
    const call = request(new URL(url ?? '/', target), {
      method: method as string,
      headers: { ...kept, 'content-length': body.length },
      agent: false,
    })
    call.once('error', fail)
    call.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.once('error', fail)
      response.once('end', () => {
        const retryAfter = response.headers['retry-after']
        const answer = {
          'content-type': 'application/json',
          ...(retryAfter ? { 'retry-after': retryAfter } : {}),
        }
        settle({ status: response.statusCode ?? 502, headers: answer, text })
      })
    })
    call.end(body)
  })
}
