import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { getRequestListener } from '@hono/node-server'
import { refusalReply, refuse } from '../answer.ts'
import { failpoint } from '../failpoint.ts'
import { findConfigFile, loadConfig } from '../load-config.ts'
import { type Collector, openCollector } from '../open/open-collector.ts'
import { createReport, type Report } from '../report.ts'
import { REQUEST_ID, reportAnswer, requestIdOf } from '../request-log.ts'
import type { Settings } from '../settings.ts'
import { CommandError } from './admin.ts'
import { firstKeys } from './first-keys.ts'
import { createHttpServer } from './http-server.ts'
import { print } from './print.ts'

const DRAIN_MS = 3000
// V8 lets a heap grow to four times of what lives in it where much is allocated: 690 MiB at five times the capacity,
// 320 MiB where it may double, at the same rate.
const HEAP_GROWING = '--heap-growing-percent=100'
// What is not folded by then is in the log, and folded after the next start.
const LONGEST_END_MS = 4500

/** Serves until SIGTERM or SIGINT; then answers what was appended, folds, and ends. */
export async function serve(settings: Settings): Promise<void> {
  setFlagsFromString(HEAP_GROWING)
  const file = findConfigFile(settings.configFile)
  const config = await loadConfig(file)
  const report = createReport(settings.logLevel)
  const collector = await openCollector(settings, config, {
    purpose: 'serve',
    report,
    onFatal(error) {
      report('error', `${error.message}; ending, so that a restart recovers the log`)
      setTimeout(() => process.exit(1), 200)
    },
  })
  const rest = getRequestListener(collector.app.fetch)
  let ending = false
  const server = createHttpServer((incoming, outgoing) => {
    if (ending) refuseAtTheEnd(incoming, outgoing, report)
    else if (!collector.nodeRoute(incoming, outgoing)) void rest(incoming, outgoing)
  })
  await listen(server, settings, collector)
  const { port } = server.address() as { port: number }
  const url = `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`
  const say = process.stdout.isTTY ? print : (line: string) => report('info', line)
  say(`collector on ${url} · ${config.datasets.map(({ name }) => name).join(', ')} from ${file}`)
  say(`data in ${settings.dataDir}`)
  if (settings.databaseUrl.startsWith('pglite')) {
    say(
      'database: embedded, for trying out: it survives the end of the process, not a power cut; the log is always safe',
    )
  }
  await firstKeys(settings, config, collector, url)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      ending = true
      void shutDown(server, collector, report).then(() => process.exit(0))
    })
  }
}

/** Whoever still has a connection is told to come back, and to come by another one. */
function refuseAtTheEnd(
  { headers: { 'x-request-id': given } }: IncomingMessage,
  outgoing: ServerResponse,
  report: Report,
): void {
  const { status, headers, text } = refusalReply(refuse('unavailable', 'the collector is ending; send again'))
  const requestId = requestIdOf(given)
  reportAnswer(report, { requestId, route: 'no route', status, text })
  outgoing.writeHead(status, { ...headers, [REQUEST_ID]: requestId, Connection: 'close' }).end(text)
}

function listen(server: Server, { port, host }: Settings, collector: Collector): Promise<void> {
  return new Promise<void>((settle, fail) => {
    server.once('error', fail)
    server.listen(port, host.replace(/^\[|\]$/g, ''), settle)
  }).catch(async (error) => {
    await collector.close()
    if (error.code !== 'EADDRINUSE') throw error
    throw new CommandError(`port ${port} on ${host} is taken; choose another with --port`)
  })
}

async function shutDown(server: Server, collector: Collector, report: Report): Promise<void> {
  report('info', 'ending: no new requests, answering what was appended')
  setTimeout(() => process.exit(0), LONGEST_END_MS).unref()
  const closed = new Promise((settle) => server.close(settle))
  server.closeIdleConnections()
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  await closed
  clearTimeout(late)
  if (__FAILPOINTS__) await failpoint('drain-half')
  await collector.close()
}
