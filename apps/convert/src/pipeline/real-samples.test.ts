import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { counter, type Dataset, defineDataset } from '@trackable/dataset'
import { describe, expect, it } from 'vitest'
import type { Flags } from '../settings/flags.ts'
import { readSettings } from '../settings/settings.ts'
import type { SourceName } from '../sources/by-name.ts'
import { createMapCollector, KEY } from '../testing/map-collector.ts'
import { run } from './run.ts'

const DATA = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url))
const article = defineDataset('article', { fields: { impressions: counter() } }) as unknown as Dataset
const folder = mkdtempSync(join(tmpdir(), 'convert-'))

type Sample = [source: SourceName, input: string, events: number, rejected: number, flags?: Flags]
const log = (input: string, events: number, rejected = 0): Sample => [
  'access-log',
  `access-logs/${input}`,
  events,
  rejected,
]
const matomoLog = (name: string, events: number, rejected = 0) =>
  log(`matomo-log-analytics/${name}`, events, rejected)
const DAY = { atValue: '2020-01-01' }

const SAMPLES: Sample[] = [
  // One line whose agent has no end, and one path of more than 200 characters.
  log('semicomplete-2015-combined.log.gz', 9998, 2),
  log('basjes-2015-combined.log.gz', 3456),
  log('twiki-2004-common.log.gz', 1406),
  log('advertools-nginx-2021-combined.log.gz', 954, 46),
  log('lnav/caddy_log.0.json', 4),
  log('lnav/cloudflare.json', 1),
  log('goatcounter/access_log', 2),
  log('goatcounter/caddy-1.json', 1),
  log('goatcounter/combined.log', 5),
  log('goatcounter/common-vhost.log', 5),
  log('request-log-analyzer/apache_common.log', 10),
  ...['amazon_cloudfront_web', 'common', 'common_complete', 'common_vhost', 'iis', 'ncsa_extended', 's3'].map(
    (name) => matomoLog(`${name}.log`, 1),
  ),
  matomoLog('common.log.bz2', 1),
  matomoLog('common.log.gz', 1),
  matomoLog('caddy_json.log', 3),
  matomoLog('elb.log', 1, 1),
  matomoLog('gandi.log', 2),
  matomoLog('nginx_json.log', 2),
  matomoLog('static_ignores.log', 4),
  ['goatcounter', 'exports/goatcounter/export.csv', 3, 0],
  ['matomo', 'exports/matomo/piwik-1.13-dump.sql.gz', 8, 0],
  ['matomo', 'exports/matomo/Live.getLastVisitsDetails_day.csv', 2, 0, { parent: 'visitIp', ...DAY }],
  ['matomo', 'exports/matomo/VisitsSummary.get_day.csv', 1, 0, { parent: 'nb_visits', ...DAY }],
  ['matomo', 'exports/matomo/Referrers.getWebsites_exported.csv', 20, 0, { parent: 'Label', ...DAY }],
  ['matomo', 'exports/matomo/Referrers.getWebsites_exported.json', 20, 0, { parent: 'label', ...DAY }],
  ['plausible', 'exports/plausible', 16, 0],
  ['plausible', 'exports/plausible', 19, 0, { only: '*browsers*', parent: 'browser' }],
  ['csv', 'exports/pirsch/sessions.csv', 13, 0, { parent: 'entry_path', at: 'time' }],
]

describe.skipIf(!existsSync(DATA))('what nobody here wrote (skipped where ../shared/data is absent)', () => {
  it.each(SAMPLES)(
    '%s of %s is imported as its dry run says, and once',
    async (source, input, events, rejected, flags = {}) => {
      const collector = await createMapCollector([article])
      const convert = (more: Flags = {}) => {
        const target = { to: collector.url, key: KEY, dataset: 'article', field: ['impressions=1'] }
        const rejects = join(folder, 'rejects.ndjson')
        return run(readSettings(source, [join(DATA, input)], { ...target, rejects, ...flags, ...more }, {}), {
          write: () => {},
        })
      }
      const dry = await convert({ dryRun: true })
      expect(dry.tally).toMatchObject({ read: events + rejected, events, rejected })
      expect(dry.changes).toEqual({ article: { impressions: String(events) } })
      expect(collector.totals()).toEqual({})
      expect((await convert()).tally).toMatchObject({
        read: events + rejected,
        events,
        rejected,
        duplicates: 0,
      })
      const totals = collector.totals()
      expect(Object.values(totals).reduce((sum, each) => sum + Number(each), 0)).toBe(events)
      expect((await convert()).tally).toMatchObject({ events, rejected, duplicates: events })
      expect(collector.totals()).toEqual(totals)
      await collector.close()
    },
  )

  it.each(['lnav/haproxy.0.log', 'matomo-log-analytics/haproxy.log', 'goatcounter/bunny.log'])(
    '%s, of a format that is not read, is refused before anything is sent',
    async (input) => {
      const flags = { dryRun: true, dataset: 'article', field: ['impressions=1'] }
      const settings = readSettings('access-log', [join(DATA, 'access-logs', input)], flags, {})
      await expect(run(settings, { write: () => {} })).rejects.toThrow('the format cannot be told')
    },
  )
})
