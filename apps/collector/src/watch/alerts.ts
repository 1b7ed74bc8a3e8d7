import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { type Report, reasonOf } from '../report.ts'

/** What an operator is called for. */
export type Alert = 'fold_stuck' | 'database_away' | 'log_old' | 'log_damaged' | 'log_refuses' | 'clock_moved'

/** Calls an operator. */
export interface Alerts {
  /** Says that something is wrong; the same `about` again only after an hour, or once it was cleared. */
  raise(alert: Alert, message: string, about?: string): void
  /** Says that it is right again, where it was raised. */
  clear(alert: Alert): void
  /** Resolves when what was said has arrived, or after 3 s. */
  settled(): Promise<void>
}

const AGAIN_MS = 3_600_000
const TIMEOUT_MS = 5000
const TRIES = 3
const PATIENCE_MS = 3000

/**
 * Reports, and posts `{ alert, state, message, at, host }` to a webhook where there is one: `state` is `raised` or
 * `cleared`. A webhook that does not answer is tried three times, and never holds anything up.
 */
export function createAlerts(webhook: string | undefined, report: Report, now: () => number): Alerts {
  const raised = new Map<string, number>()
  let sending: Promise<void> = Promise.resolve()

  function say(alert: Alert, state: 'raised' | 'cleared', message: string): void {
    report(state === 'raised' ? 'error' : 'info', message)
    if (!webhook) return
    const body = JSON.stringify({ alert, state, message, at: new Date(now()), host: hostname() })
    sending = sending.then(() => post(webhook, body, report))
  }

  return {
    raise(alert, message, about = alert) {
      const before = raised.get(about)
      if (before !== undefined && now() - before < AGAIN_MS) return
      raised.set(about, now())
      say(alert, 'raised', message)
    },
    clear(alert) {
      if (raised.delete(alert)) say(alert, 'cleared', `${alert.replace('_', ' ')}: right again`)
    },
    settled: () => Promise.race([sending, setTimeout(PATIENCE_MS, undefined, { ref: false })]),
  }
}

async function post(url: string, body: string, report: Report): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      if (answer.ok) return
      throw new Error(`it answered ${answer.status}`)
    } catch (error) {
      if (tries < TRIES) continue
      report('warn', `ALERT_WEBHOOK could not be called: ${reasonOf(error)}`)
      return
    }
  }
}
