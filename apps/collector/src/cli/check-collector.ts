import { createServer, connect as dial } from 'node:net'
import type { Finding } from '../db/examine.ts'
import type { LogStatus } from '../fold/status.ts'
import type { Settings } from '../settings.ts'
import { controlOf } from './control.ts'
import { fail, ok, warn } from './finding.ts'

const OLD_SECONDS = 300
const DIAL_MS = 3000

/** How the collector of the data folder is doing; where none runs, whether one could listen. */
export async function checkCollector({ dataDir, port, host }: Settings): Promise<Finding[]> {
  const call = await controlOf(dataDir)
  if (!call) return [ok('collector', `none runs on ${dataDir}`), ...(await checkPort(port, host))]
  const { status, body } = await call('GET', '/v1/admin/log')
  if (status !== 200)
    return [
      fail(
        'collector',
        `it runs, and cannot say how the fold is doing: ${body.message}`,
        'see what is found about the database, then its log',
      ),
    ]
  return [ok('collector', `it runs; ${(body as LogStatus).waiting} events wait`), ...checkFold(body)]
}

function checkFold({ oldestSeconds, paused, dead, lost }: LogStatus): Finding[] {
  const findings: Finding[] = []
  if (paused)
    findings.push(warn('fold', 'it is paused since "trackable log pause"', '"trackable log resume"'))
  else if (oldestSeconds > OLD_SECONDS) {
    const message = `the oldest event waits for ${Math.round(oldestSeconds)} s`
    findings.push(
      fail('fold', message, 'the collector\'s log says why; with FOLD_EVERY=off, "trackable fold --once"'),
    )
  }
  if (dead > 0) {
    const cure = '"trackable dead list" shows those that are kept; "trackable dead replay" tries again'
    findings.push(warn('dead letters', `${dead} events could not be folded`, cure))
  }
  if (lost > 0) {
    const message = `${lost} accepted events were gone on without, after a restored backup`
    findings.push(warn('lost', message, 'set LOG_KEEP to more than the time between two backups'))
  }
  return findings
}

function checkPort(port: number, host: string): Promise<Finding[]> {
  return new Promise((settle) => {
    const server = createServer()
    server.once('error', ({ message }) =>
      settle([
        fail(
          'port',
          message,
          'stop what listens there, or choose another with PORT; HOST must be of this machine',
        ),
      ]),
    )
    server.listen(port, host.replace(/^\[|\]$/g, ''), () => server.close(() => settle([])))
  })
}

/** Whether somebody listens where an operator is called; nothing is sent. */
export function checkWebhook({ alertWebhook }: Settings): Promise<Finding[]> {
  if (alertWebhook === undefined) return Promise.resolve([])
  const { protocol, hostname, port, host } = new URL(alertWebhook)
  return new Promise((settle) => {
    const socket = dial(Number(port) || (protocol === 'https:' ? 443 : 80), hostname.replace(/^\[|\]$/g, ''))
    const end = (finding: Finding) => {
      socket.destroy()
      settle([finding])
    }
    const away = (reason: string) =>
      end(fail('alerts', `nobody is called: ${host} cannot be reached (${reason})`, 'correct ALERT_WEBHOOK'))
    socket.setTimeout(DIAL_MS, () => away('no answer'))
    socket.once('error', ({ message }) => away(message))
    socket.once('connect', () => end(ok('alerts', `${host} can be reached`)))
  })
}
