import { request } from 'node:http'
import { isHeld, socketPath } from '../lock.ts'

/** An answer of an administrative route. */
export interface AdminAnswer {
  status: number
  body: any
}

/** Calls an administrative route. */
export type AdminCall = (method: string, path: string, body?: unknown) => Promise<AdminAnswer>

/** The collector that holds a data folder, over its control socket; undefined where none runs. */
export async function controlOf(dataDir: string): Promise<AdminCall | undefined> {
  const path = await socketPath(dataDir)
  return (await isHeld(path)) ? (method, url, body) => callSocket(path, method, url, body) : undefined
}

function callSocket(socket: string, method: string, path: string, body: unknown): Promise<AdminAnswer> {
  return new Promise((settle, fail) => {
    const call = request({
      socketPath: socket,
      method,
      path,
      headers: { 'Content-Type': 'application/json' },
    })
    call.once('error', (cause) =>
      fail(new Error(`the collector did not answer on ${socket}: ${cause.message}`, { cause })),
    )
    call.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').once('error', fail)
      response.on('data', (chunk) => {
        text += chunk
      })
      response.once('end', () => settle({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
    })
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
