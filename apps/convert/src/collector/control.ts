import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ConvertError } from '../error.ts'

/** The longest path of a Unix socket that Linux and macOS take. */
const SOCKET_PATH = 100

/**
 * Adds user agents to the operator's list of the collector that runs on a data folder, over its control socket: what
 * that list is no key may decide. Which are in it already does not matter.
 * @returns how many entries they came to
 * @throws ConvertError where none runs there, or it refuses
 */
export async function addSpiders(dataDir: string, agents: readonly string[]): Promise<number> {
  const { path, forget } = socketOf(resolve(dataDir))
  try {
    const { status, body } = await post(path, '/v1/admin/spiders', { agents, kind: 'bot' })
    const { added, message } = JSON.parse(body) as { added?: number; message?: string }
    if (status === 200 && added !== undefined) return added
    throw new ConvertError('refused', `the collector refuses: ${message ?? `status ${status}`}`)
  } catch (error) {
    if (error instanceof ConvertError) throw error
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    throw new ConvertError(
      'unreachable',
      `no collector answers in the data folder ${dataDir} (${reason}); name its folder with --data-dir, or write the list with --out FILE and run: trackable spiders import FILE`,
    )
  } finally {
    forget()
  }
}

/** The control socket of a folder, by a path that the system takes however deep the folder is. */
function socketOf(folder: string): { path: string; forget(): void } {
  const direct = join(folder, 'control.sock')
  if (direct.length <= SOCKET_PATH) return { path: direct, forget: () => {} }
  const short = mkdtempSync(join(tmpdir(), 'trackable-'))
  symlinkSync(folder, join(short, 'f'))
  return {
    path: join(short, 'f', 'control.sock'),
    forget: () => rmSync(short, { recursive: true }),
  }
}

function post(socketPath: string, path: string, body: object): Promise<{ status: number; body: string }> {
  return new Promise((settle, fail) => {
    const headers = { 'content-type': 'application/json' }
    const call = request({ socketPath, method: 'POST', path, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').once('error', fail)
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.once('end', () => settle({ status: response.statusCode ?? 0, body: text }))
    })
    call.once('error', fail)
    call.end(JSON.stringify(body))
  })
}
