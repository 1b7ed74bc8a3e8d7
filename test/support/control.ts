import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the control socket of a running collector answered. */
export interface ControlAnswer {
  status: number
  body: any
}

/**
 * Asks a running collector over its control socket, as the commands do: they take half a second each, this takes none.
 * @param folder the one with `control.sock`
 */
export function askControl(
  folder: string,
  method: string,
  path: string,
  body?: object,
): Promise<ControlAnswer> {
  return new Promise((settle, fail) => {
    const headers = { 'content-type': 'application/json' }
    const call = request({ socketPath: join(folder, 'control.sock'), method, path, headers })
    call.once('error', fail)
    call.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.once('error', fail)
      response.once('end', () => settle({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
    })
    call.end(body && JSON.stringify(body))
  })
}

/**
 * Has a running collector fold again and again, about so many events a commit, as `trackable fold --once --max-events`
 * does: a fold every second meets few of the faults. Failures are the fault's. Gives what stops it.
 */
export function foldOften(folder: string, maxEvents: number): () => Promise<void> {
  let stopped = false
  async function run(): Promise<void> {
    while (!stopped) {
      await askControl(folder, 'POST', '/v1/admin/log/fold', { maxEvents }).catch(() => undefined)
      await sleep(5)
    }
  }
  const running = run()
  return () => {
    stopped = true
    return running
  }
}
