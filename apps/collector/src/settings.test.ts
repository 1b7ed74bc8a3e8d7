import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'

test('with nothing set everything is embedded, on loopback', () => {
  const settings = readSettings({}, {})
  expect(settings).toMatchObject({ port: 8787, host: '127.0.0.1', schema: 'trackable', foldEvery: 1000 })
  expect(settings.databaseUrl).toMatch(/^pglite:\/\/.*trackable-data\/db$/)
  expect(settings.dataDir).toMatch(/trackable-data$/)
})

test('flags come before the environment', () => {
  expect(readSettings({ port: '1' }, { PORT: '2', HOST: 'localhost' })).toMatchObject({
    port: 1,
    host: 'localhost',
  })
})

test('every wrong setting is reported at once, with its value', () => {
  const wrong = {
    PORT: 'x',
    DATABASE_URL: 'mysql://h/d',
    FOLD_EVERY: 'often',
    LOG_KEEP: '30d',
    BOTS: 'yes',
    LOG_URL: 'nats://h',
  }
  expect(() => readSettings({}, wrong)).toThrow(
    /LOG_URL is "nats:\/\/h".*\nPORT is "x".*\nDATABASE_URL is "mysql.*\nFOLD_EVERY.*\nBOTS is "yes".*\nLOG_KEEP is longer/s,
  )
})

test('an address that others can reach needs a dashboard token', () => {
  expect(() => readSettings({ host: '0.0.0.0' }, {})).toThrow('DASHBOARD_TOKEN')
  expect(readSettings({ host: '0.0.0.0' }, { DASHBOARD_TOKEN: 't' }).host).toBe('0.0.0.0')
})
