import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createAlerts } from './alerts.ts'

const HOUR = 3_600_000

let server: Server
let url: string
let calls: { alert: string; state: string; message: string }[]
let failing: number
beforeEach(async () => {
  calls = []
  failing = 0
  server = createServer((request, answer) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      if (failing-- > 0) return answer.writeHead(500).end()
      calls.push(JSON.parse(text))
      answer.end()
    })
  })
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterEach(() => server.close())

test('an operator is called once for what stays wrong, again after an hour, and when it is right again', async () => {
  const said: string[] = []
  let now = 0
  const alerts = createAlerts(
    url,
    (level, message) => said.push(`${level} ${message}`),
    () => now,
  )
  alerts.clear('fold_stuck')
  for (now of [0, 1000, HOUR]) alerts.raise('fold_stuck', 'fold: no connection')
  alerts.clear('fold_stuck')
  alerts.clear('fold_stuck')
  await alerts.settled()
  expect(calls.map(({ alert, state }) => `${alert} ${state}`)).toEqual([
    'fold_stuck raised',
    'fold_stuck raised',
    'fold_stuck cleared',
  ])
  expect(said).toHaveLength(3)
})

test('each damage is told, and a webhook that fails is tried again and holds nothing up', async () => {
  const said: string[] = []
  const alerts = createAlerts(url, (_, message) => said.push(message), Date.now)
  failing = 2
  alerts.raise('log_damaged', 'first', 'a')
  failing = 2
  alerts.raise('log_damaged', 'second', 'b')
  await alerts.settled()
  expect(calls.map(({ message }) => message)).toEqual(['first', 'second'])
  failing = 3
  alerts.raise('log_old', 'third')
  await alerts.settled()
  expect(said.at(-1)).toBe('ALERT_WEBHOOK could not be called: it answered 500')
})
