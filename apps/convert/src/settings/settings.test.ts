import { describe, expect, it } from 'vitest'
import type { Flags } from './flags.ts'
import { readSettings } from './settings.ts'

const FLAGS: Flags = { dataset: 'order', parent: 'sku', at: 'when', field: ['orders=1'] }
const SENT = { to: 'https://stats.example.com', key: 'sk_1' }
const read = (flags: Flags, env: Record<string, string> = {}, inputs = ['data/a.csv']) =>
  readSettings('csv', inputs, { ...FLAGS, ...flags }, env)

describe('settings', () => {
  it('name the import after source, dataset and inputs', () => {
    expect(read(SENT).name).toBe('csv:order:a.csv')
    expect(read(SENT, {}, ['x/a.csv', '/y/z/', '-']).name).toBe('csv:order:a.csv,z,-')
    expect(read({ ...SENT, name: 'mine' }).name).toBe('mine')
  })

  it('take the collector from flags, then from the environment', () => {
    const env = { TRACKABLE_TO: 'http://127.0.0.1:8787', TRACKABLE_KEY: 'sk_2' }
    expect(read({}, env).target).toEqual({ kind: 'send', replace: false, url: env.TRACKABLE_TO, key: 'sk_2' })
    expect(read(SENT, env).target).toEqual({ kind: 'send', replace: false, url: SENT.to, key: 'sk_1' })
    expect(read({ dryRun: true }, env).target).toMatchObject({ kind: 'try' })
    expect(read({ out: 'events.ndjson' }, env).target).toEqual({ kind: 'write', file: 'events.ndjson' })
    expect(read({ dryRun: true }).target).toEqual({ kind: 'add up' })
    expect(read({ peek: '3' }).peek).toBe(3)
  })

  it('read a time for all rows in the zone', () => {
    const { at: _, ...flags } = FLAGS
    const settings = readSettings(
      'csv',
      ['a.csv'],
      { ...flags, ...SENT, atValue: '2011-07-15', zone: 'Europe/London' },
      {},
    )
    expect(settings.mapping.at).toBe(Date.parse('2011-07-14T23:00:00Z'))
  })

  it.each([
    [{}, '--to: missing'],
    [{ to: 'stats.example.com', key: 'k' }, '--to: "stats.example.com" is no address'],
    [{ to: SENT.to }, '--to: needs --key'],
    [{ ...SENT, out: 'x' }, '--out writes to a file'],
    [{ ...SENT, field: [] }, '--field: missing'],
    [{ ...SENT, field: ['orders'] }, '--field: "orders"; expected name=EXPR'],
    [{ ...SENT, field: ['a=1', 'a=2'] }, '--field: "a" is there twice'],
    [{ ...SENT, dimension: ['=x'] }, '--dimension: "=x"; expected name=COLUMN'],
    [{ ...SENT, where: 'a' }, '--where: expression "a", position 1'],
    [{ ...SENT, atValue: '2011' }, '--at: give a column, or --at-value, not both'],
    [{ ...SENT, peek: '0' }, '--peek: "0"'],
    [{ ...SENT, name: 'x'.repeat(201) }, '--name: '],
    [{ ...SENT, delimiter: ',,' }, '--delimiter: ",,"; expected one character, or tab'],
    [{ ...SENT, zone: 'Mars' }, '--zone: "Mars" is no time zone'],
  ] as [Flags, string][])('%o are refused: %s', (flags, message) => {
    expect(() => read(flags)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) }),
    )
  })

  it('of an import that is taken back by its name need nothing else, others their inputs', () => {
    const undo = { ...SENT, undo: true }
    expect(readSettings('csv', [], { ...undo, name: 'mine' }, {})).toMatchObject({
      name: 'mine',
      target: { kind: 'undo' },
    })
    expect(() => readSettings('csv', [], { ...undo, dataset: 'order' }, {})).toThrow(
      'INPUT: missing; expected the inputs',
    )
    expect(() => read(SENT, {}, [])).toThrow('INPUT: missing; expected what is to be read')
  })

  it('name a database alike however its address is spelt', () => {
    const name = (url: string) =>
      readSettings('sql', [url], { ...FLAGS, ...SENT, query: 'select 1' }, {}).name
    expect(name('postgres://me:secret@h:5432/db')).toBe(name('postgresql://h/db'))
    expect(name('mysql://h,h2:x/db')).toBe('sql:order:h,h2:x/db')
  })

  it('are refused for everything that is wrong at once', () => {
    expect(() => read({ zone: 'Mars', field: ['x=1/2'], peek: 'all' })).toThrow(
      /--zone[\s\S]*--field[\s\S]*--peek/,
    )
  })
})
