import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CollectorProcess, startCollector } from './support/collector.ts'
import { type CommandResult, startCommand } from './support/command.ts'
import { numbers, runSql } from './support/legacy-database.ts'
import { type MariadbServer, noMariadb, startMariadb } from './support/mariadb.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { tempDir } from './support/temp-dir.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/legacy.config.ts', import.meta.url))
const ROWS = 100_000
const DOCUMENTS = 500

let server: PostgresServer
let mariadb: MariadbServer | undefined
const folder = tempDir('legacy').path

beforeAll(async () => {
  server = await startPostgres()
  mariadb = noMariadb ? undefined : await startMariadb()
}, 180_000)
afterAll(async () => {
  await mariadb?.stop()
  await server?.stop()
})

/** What django-trackable leaves behind: rows of days around two changes of the clocks, of two kinds of parents. */
function legacyTables(url: string): string[] {
  const integer = url.startsWith('sqlite:') ? 'integer' : 'int'
  const day = url.startsWith('sqlite:')
    ? "date('2014-03-15', '+' || (i % 250) || ' days')"
    : url.startsWith('mysql:')
      ? "date_add('2014-03-15', interval (i % 250) day)"
      : "date '2014-03-15' + (i % 250)"
  const text = (number: string) =>
    url.startsWith('mysql:') ? `cast(${number} as char)` : `cast(${number} as text)`
  const hex = (number: string) =>
    url.startsWith('mysql:')
      ? `concat('000000000000400080000000', lpad(${text(number)}, 8, '0'))`
      : `'000000000000400080000000' || substr('0000000' || ${text(number)}, -8)`
  const uuid = url.startsWith('postgres') ? `lpad(${text('i')}, 32, '0')` : hex('i')
  const type = url.startsWith('postgres') ? 'uuid' : 'char(32)'
  const cast = url.startsWith('postgres') ? `cast(${uuid} as uuid)` : uuid
  return [
    `create table django_content_type (id ${integer} primary key, app_label varchar(100), model varchar(100))`,
    "insert into django_content_type values (7, 'blog', 'article'), (8, 'shop', 'product'), (9, 'blog', 'document')",
    `create table blog_issue (id ${integer} primary key, article_id ${integer} not null)`,
    `create table blog_article (id ${integer} primary key, slug varchar(50) not null)`,
    `insert into blog_article select i, ${url.startsWith('mysql:') ? "concat('slug-', i)" : "'slug-' || i"} from ${numbers(url, 400)}`,
    `insert into blog_issue select i, 401 - i from ${numbers(url, 400)}`,
    `create table stats_articleviews (id ${integer} primary key, content_type_id ${integer} not null, object_id ${integer} not null,
      collected_during date not null, views bigint not null, clicks bigint not null, source varchar(20) not null)`,
    `insert into stats_articleviews select i, case when i % 10 = 3 then 8 else 7 end, i % 400 + 1, ${day}, i % 13, i % 3,
      case when i % 2 = 0 then 'mail' else '' end from ${numbers(url, ROWS)}`,
    `create table stats_documentviews (id ${integer} primary key, content_type_id ${integer} not null, object_id ${type} not null, views bigint not null)`,
    `insert into stats_documentviews select i, 9, ${cast}, i * 3 from ${numbers(url, DOCUMENTS)}`,
    `create table old_hits (id ${integer} primary key, issue_id ${integer} not null references blog_issue (id), slug varchar(50), hits bigint, day date${url.startsWith('mysql:') ? ', foreign key (issue_id) references blog_issue (id)' : ''})`,
    `insert into old_hits select i, i % 400 + 1, ${url.startsWith('mysql:') ? "concat('slug-', i % 500)" : "'slug-' || (i % 500)"}, i % 7, ${day} from ${numbers(url, 5000)}`,
  ]
}

async function legacy(kind: string): Promise<string> {
  const url =
    kind === 'SQLite'
      ? `sqlite:${join(folder, 'legacy.sqlite3')}`
      : kind === 'Postgres'
        ? await server.createDatabase()
        : (mariadb?.url as string)
  await runSql(url, legacyTables(url))
  return url
}

interface Target {
  collector: CollectorProcess
  rows(query: string): Promise<string[][]>
  convert(...args: string[]): Promise<CommandResult>
}

async function startTarget(): Promise<Target> {
  const databaseUrl = await server.createDatabase()
  const collector = await startCollector({ configFile: CONFIG, databaseUrl })
  const { key } = await collector.createKey('secret')
  const env = { TRACKABLE_TO: collector.url, TRACKABLE_KEY: key }
  return {
    collector,
    async rows(query) {
      expect((await collector.cli(['fold', '--once'])).code).toBe(0)
      return runSql(databaseUrl, [query])
    },
    convert: (...args) => startCommand('convert', [...args, '--json'], { cwd: folder, env }).result,
  }
}
const last = ({ stdout }: CommandResult) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
const SERIES = ['--dataset', 'page', '--content-type', 'blog.article', '--zone', 'Europe/Berlin']
const FIELDS = ['--update-fields', 'views:views,clicks', '--key-fields', 'collected_during:day,source']

const BY_ID = ['--dataset', 'page', '--model', 'stats.ArticleViews', '--link-field', 'object_id']
/** Rows of a model that has no content type, and the answer to asking for one of them. */
const KINDLESS = ['--link-field', 'issue.article', '--content-type', 'blog.article', '--dry-run']
const REFUSED = {
  code: 2,
  stderr: expect.stringContaining('--content-type: the rows that are read have no content type'),
}

const KINDS = ['SQLite', 'Postgres', ...(noMariadb ? [] : ['MariaDB'])]

describe('legacy tables', () => {
  test.each(KINDS)(
    `of django-trackable on %s, ${ROWS.toLocaleString('en-US')} rows, equal the sums of SQL`,
    async (kind) => {
      const url = await legacy(kind)
      const { collector, convert, rows } = await startTarget()
      const series = ['django', url, ...SERIES, ...FIELDS]
      const dry = await convert(...series, '--dry-run')
      expect(dry.code, dry.stderr).toBe(0)
      const imported = await convert(...series)
      expect(imported.code, imported.stderr).toBe(0)
      expect(last(imported)).toMatchObject({ read: 90_000, events: 90_000, rejected: 0 })

      const sums = 'sum(views) as views, sum(clicks) as clicks'
      const of = 'from stats_articleviews where content_type_id = 7'
      expect(await rows('select parent, views, clicks from trackable.page order by 1')).toEqual(
        await runSql(url, [`select object_id, ${sums} ${of} group by object_id order by 1`]),
      )
      const days =
        await rows(`select parent, to_char(bucket at time zone 'Europe/Berlin', 'YYYY-MM-DD HH24:MI') as day, source, views, clicks
        from trackable.page_by_day order by 1, 2, 3`)
      const expected = await runSql(url, [
        url.startsWith('postgres')
          ? `select object_id, to_char(collected_during, 'YYYY-MM-DD') as day, source, ${sums} ${of} group by 1, 2, 3 order by 1, 2, 3`
          : `select object_id, collected_during as day, source, ${sums} ${of} group by 1, 2, 3 order by 1, 2, 3`,
      ])
      expect(days).toEqual(expected.map(([id, day, ...others]) => [id, `${day} 00:00`, ...others]))
      const total = await runSql(url, [`select ${sums} ${of}`])
      expect(JSON.parse(dry.stdout.split('\n')[0]!).changes.page).toEqual({
        views: total[0]![0],
        clicks: total[0]![1],
      })
      expect(last(await convert(...series))).toMatchObject({ events: 90_000, duplicates: 90_000 })

      await links(url, convert, rows)
      await collector.stop()
    },
    240_000,
  )

  async function links(url: string, convert: Target['convert'], rows: Target['rows']): Promise<void> {
    const documents = await convert(
      'django',
      url,
      '--dataset',
      'document',
      '--model',
      'stats.DocumentViews',
      '--update-fields',
      'views',
      '--at-value',
      '2014-01-01',
    )
    expect(documents.code, documents.stderr).toBe(0)
    const [first] = await rows('select count(*), min(parent::text), sum(views) from trackable.document')
    expect(first).toEqual([
      String(DOCUMENTS),
      expect.stringMatching(/^0{8}-0{4}-\d{4}-\d{4}-\d{12}$/),
      String((3 * DOCUMENTS * (DOCUMENTS + 1)) / 2),
    ])

    const before = (await rows('select sum(views) from trackable.page'))[0]![0]!
    const old = [
      'django',
      url,
      '--dataset',
      'page',
      '--model',
      'old.Hits',
      '--update-fields',
      'hits:views',
      '--key-fields',
      'day:at',
    ]
    const linked = await convert(
      ...old,
      '--link-field',
      'issue.article',
      '--name',
      'linked',
      '--max-records',
      '4000',
      '--order-by',
      '-hits',
    )
    expect(linked.code, linked.stderr).toBe(0)
    const top = await runSql(url, [
      'select sum(hits) from (select hits from old_hits order by hits desc, id limit 4000) t',
    ])
    expect(BigInt((await rows('select sum(views) from trackable.page'))[0]![0]!) - BigInt(before)).toBe(
      BigInt(top[0]![0]!),
    )

    expect(await convert(...old, ...KINDLESS)).toMatchObject(REFUSED)
    const products = [
      'django',
      url,
      ...BY_ID,
      '--content-type',
      'shop.product',
      ...FIELDS,
      '--name',
      'products',
      '--dry-run',
    ]
    expect(last(await convert(...products))).toMatchObject({ read: 10_000, events: 10_000 })

    const matched = await convert(
      ...old,
      '--match-spec',
      'slug:blog.Article',
      '--name',
      'matched',
      '--dry-run',
    )
    expect(matched.code, matched.stderr).toBe(0)
    const known = await runSql(url, [
      'select sum(hits), count(*) from old_hits h join blog_article a on a.slug = h.slug',
    ])
    expect(JSON.parse(matched.stdout.split('\n')[0]!).changes.page.views).toBe(known[0]![0])
    expect(last(matched)).toMatchObject({
      read: 5000,
      events: Number(known[0]![1]),
      rejected: 5000 - Number(known[0]![1]),
    })

    const query =
      'select object_id as "id", sum(views) as "n" from stats_articleviews group by object_id order by object_id'
    const sql = await convert(
      'sql',
      url,
      '--query',
      url.startsWith('mysql:') ? query.replaceAll('"', '`') : query,
      '--dataset',
      'page',
      '--parent',
      'id',
      '--at-value',
      '2014-01-01',
      '--field',
      'views=n',
      '--dry-run',
    )
    expect(sql.code, sql.stderr).toBe(0)
    const all = await runSql(url, ['select sum(views) from stats_articleviews'])
    expect(JSON.parse(sql.stdout.split('\n')[0]!).changes.page.views).toBe(all[0]![0])
  }

  if (noMariadb) test.skip(`of MariaDB are left out here: ${noMariadb}`, () => undefined)

  test.skipIf(noMariadb)(
    'on MariaDB are looked at without waiting for the rest of what they answer',
    async () => {
      const { url } = mariadb as MariadbServer
      // The rows that are asked for come at once; the last of the others never does.
      const query = `select i as id, case when i = 60000 then sleep(100000) else 1 end as n from ${numbers(url, 60_000)}`
      const look = [
        'sql',
        url,
        '--query',
        query,
        '--dataset',
        'page',
        '--parent',
        'id',
        '--at-value',
        '2014-01-01',
      ]
      const peeked = await startCommand('convert', [...look, '--field', 'views=n', '--peek', '1'], {
        cwd: folder,
      }).result
      expect(peeked).toMatchObject({ code: 0, stdout: expect.stringContaining('"parent":"1"') })
    },
    60_000,
  )

  test('of several kinds of parents are refused until one is named, and a password is shown nowhere', async () => {
    const url = await server.createDatabase()
    await runSql(url, legacyTables(url))
    const { collector, convert } = await startTarget()
    const several = await convert('django', url, '--dataset', 'page', ...FIELDS)
    expect(several).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/blog\.article \(90000\), shop\.product \(10000\)/),
    })
    const wrong = await convert('django', url.replace('postgres@', 'me:secret@'), ...SERIES, ...FIELDS)
    expect(wrong).toMatchObject({ code: 1, stderr: expect.not.stringContaining('secret') })
    const column = await convert('django', url, ...SERIES, '--update-fields', 'vews:views')
    expect(column).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/rows may be in .*stats_articleviews/),
    })
    await collector.stop()
  }, 60_000)

  test('of dumpdata are the same, also where what they refer to comes last', async () => {
    const path = join(folder, 'dump.json')
    const objects = [
      ...Array.from({ length: 300 }, (_, i) => ({
        model: 'stats.articleviews',
        pk: i + 1,
        fields: {
          content_type: i % 10 === 3 ? 8 : 7,
          object_id: (i % 4) + 1,
          collected_during: '2014-10-26',
          views: i,
          clicks: 1,
          source: '',
        },
      })),
      ...[1, 2].map((pk) => ({
        model: 'old.hits',
        pk,
        fields: { issue: 5, slug: 'b', hits: 10, day: '2014-01-01' },
      })),
      { model: 'blog.issue', pk: 5, fields: { article: 2 } },
      { model: 'blog.article', pk: 2, fields: { slug: 'b' } },
      { model: 'contenttypes.contenttype', pk: 7, fields: { app_label: 'blog', model: 'article' } },
      { model: 'contenttypes.contenttype', pk: 8, fields: { app_label: 'shop', model: 'product' } },
      { model: 'trackable.spider', pk: 1, fields: { user_agent: 'Old &amp; Bot' } },
    ]
    writeFileSync(path, JSON.stringify(objects, null, 2))
    const { collector, convert, rows } = await startTarget()
    const imported = await convert('django', path, ...SERIES, ...FIELDS)
    expect(imported.code, imported.stderr).toBe(0)
    expect(last(imported)).toMatchObject({ read: 270, events: 270 })
    const old = [
      'django',
      path,
      '--dataset',
      'page',
      '--model',
      'old.Hits',
      '--update-fields',
      'hits:views',
      '--key-fields',
      'day:at',
    ]
    for (const how of [
      ['--link-field', 'issue.article'],
      ['--match-spec', 'slug:blog.Article'],
    ]) {
      expect(last(await convert(...old, ...how, '--name', how[0]!))).toMatchObject({ events: 2, rejected: 0 })
    }
    expect(await convert(...old, ...KINDLESS)).toMatchObject(REFUSED)
    const products = [
      'django',
      path,
      ...BY_ID,
      '--content-type',
      'shop.product',
      ...FIELDS,
      '--name',
      'products',
      '--dry-run',
    ]
    expect(last(await convert(...products))).toMatchObject({ read: 30, events: 30 })
    const views = objects.flatMap(({ fields }) =>
      'views' in fields && fields.content_type === 7 ? [fields.views] : [],
    )
    expect(await rows('select sum(views) from trackable.page')).toEqual([
      [String(views.reduce((a, b) => a + b, 0) + 40)],
    ])
    const spiders = ['django', path, '--spiders', '--out', 'spiders.txt']
    expect((await startCommand('convert', spiders, { cwd: folder }).result).code).toBe(0)
    expect(readFileSync(join(folder, 'spiders.txt'), 'utf8')).toBe('Old & Bot\n')
    await collector.stop()
  }, 60_000)
})
