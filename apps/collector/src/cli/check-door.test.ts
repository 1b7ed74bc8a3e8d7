import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Finding } from '../db/examine.ts'
import { readSettings } from '../settings.ts'
import { checkDoor, checkSettings } from './check-door.ts'

const CONFIG = fileURLToPath(new URL('../../../../fixtures/datasets/article.config.ts', import.meta.url))
const TOKEN = 'a-token-that-is-long-enough'
const said = (finding: Finding) =>
  finding.state === 'ok' ? finding.message : `${finding.message}; ${finding.cure}`
const open = { HOST: '0.0.0.0', DASHBOARD_TOKEN: TOKEN }

test.each([
  [{ ...open, RATE_LIMIT: 'off' }, /RATE_LIMIT is off.*set it to 100/],
  [open, /TRUST_PROXY is 0.*set it to 1/],
  [{ DASHBOARD_TOKEN: 'short' }, /DASHBOARD_TOKEN has fewer.*openssl/],
  [{ BOTS: 'off' }, /BOTS is off.*set it to drop/],
])('%j is found, with its cure', (env, message) => {
  const messages = checkSettings(readSettings({}, env)).map(said)
  expect(messages).toEqual([expect.stringMatching(message)])
})

test('a collector behind one proxy, and one on loopback, are as they should be', () => {
  expect(checkSettings(readSettings({}, { ...open, TRUST_PROXY: '1' }))).toEqual([])
  expect(checkSettings(readSettings({}, {}))).toEqual([])
})

test('a data folder, and the keys and secrets in it, that others can read are found', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'trackable-door-')), 'data')
  mkdirSync(folder, { mode: 0o755 })
  const files = ['keys.json', 'secret.json', 'visitor-salt.json'].map((name) => join(folder, name))
  for (const file of files) writeFileSync(file, '[]', { mode: 0o644 })
  const settings = readSettings({ config: CONFIG }, { LOG_URL: `file://${folder}/log` })
  const messages = async () => (await checkDoor(settings)).map(said)
  expect(await messages()).toEqual([
    expect.stringContaining('chmod 700'),
    ...files.map((file) => expect.stringContaining(`"chmod 600 ${file}"`)),
  ])
  chmodSync(folder, 0o700)
  for (const file of files) chmodSync(file, 0o600)
  expect(await messages()).toEqual(['nothing stands open that need not'])
})
