import { setTimeout as sleep } from 'node:timers/promises'
import { type AdminAnswer, controlOf } from '../../apps/collector/src/cli/control.ts'

/**
 * Asks a running collector over its control socket, as the commands do: they take half a second each, this takes none.
 * @param folder the one with `control.sock`
 * @throws Error where no collector holds it
 */
export async function askControl(
  folder: string,
  method: string,
  path: string,
  body?: object,
): Promise<AdminAnswer> {
  const call = await controlOf(folder)
  if (!call) throw new Error(`no collector holds ${folder}`)
  return call(method, path, body)
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
