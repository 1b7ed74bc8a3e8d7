import { setTimeout } from 'node:timers/promises'
import { environment } from './settings.ts'

declare global {
  /** True in the build that tests run; false in the published one, which has no failpoints. */
  const __FAILPOINTS__: boolean
}

/** The places where a test can make the collector die, throw, wait or do half of what it was about to do. */
export type Failpoint =
  | 'body-read'
  | 'validated'
  | 'append-queued'
  | 'append-durable'
  | 'reply-half'
  | 'fold-read'
  | 'fold-grouped'
  | 'commit-sent'
  | 'commit-answered'
  | 'trim-begun'
  | 'trim-half'
  | 'recover-half'
  | 'drain-half'

const DELAY_MS = 500

interface Armed {
  name: string
  action: string
  /** Hits until it acts. */
  left: number
}

let armed: Armed[] | undefined

/** `TRACKABLE_FAILPOINT=name:kill|throw|delay|half[:nth]`, several with commas; by default at the first hit. */
function arm(): Armed[] {
  const points = (environment.TRACKABLE_FAILPOINT ?? '').split(',').filter(Boolean)
  return points.map((text) => {
    const [name = '', action = '', nth = '1'] = text.split(':')
    return { name, action, left: Number(nth) }
  })
}

/**
 * Acts where this place is armed. Called behind the build's constant `__FAILPOINTS__`, so that none of it is in the
 * published build.
 * @returns `'half'` where the caller should do half of its work and then die by `die()`
 */
export async function failpoint(name: Failpoint): Promise<'half' | undefined> {
  armed ??= arm()
  const point = armed.find((each) => each.name === name && each.left > 0)
  if (!point || --point.left > 0) return undefined
  if (point.action === 'kill') die()
  if (point.action === 'throw') throw new Error(`failpoint ${name}`)
  if (point.action === 'delay') await setTimeout(DELAY_MS)
  return point.action === 'half' ? 'half' : undefined
}

/** Ends the process at once, as kill -9 does: nothing runs after it. */
export function die(): never {
  process.kill(process.pid, 'SIGKILL')
  // The signal is delivered before the system call returns; this line is for the compiler.
  throw new Error('killed')
}
