import type { Settings } from '../settings.ts'
import { type AdminCall, controlOf } from './control.ts'

/** A command that failed, with a sentence for the person who typed it. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** An administrative call whose refusal is thrown as a sentence. */
export type Ask = <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>

/** What a command needs where no collector runs. */
export type Needs = 'database' | 'log' | 'schema'

/**
 * Runs a command against the collector that holds the data folder. Where none runs the command opens folder and
 * database itself; one that `needs` the database alone leaves the folder be where the database is a server.
 */
export async function withAdmin<T>(
  settings: Settings,
  needs: Needs,
  act: (ask: Ask) => Promise<T>,
): Promise<T> {
  const running = await controlOf(settings.dataDir)
  if (running) return act(asking(running))
  // What opens folder and database takes longest to load, and a command mostly finds a collector that has both.
  const { inPlace } = await import('./in-place.ts')
  return inPlace(settings, needs, (call) => act(asking(call)))
}

function asking(call: AdminCall): Ask {
  return async (method, path, body) => {
    const { status, body: answer } = await call(method, path, body)
    if (status >= 300) throw new CommandError(answer.message ?? `the collector answered ${status}`)
    return answer
  }
}
