import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from '@trackable/dataset'
import article from '@trackable/fixtures/datasets/article.config.ts'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findings } from '../apps/collector/src/cli/checks.ts'
import { connect } from '../apps/collector/src/db/connect.ts'
import { examine, type Finding } from '../apps/collector/src/db/examine.ts'
import { openCollector } from '../apps/collector/src/open/open-collector.ts'
import { readSettings } from '../apps/collector/src/settings.ts'
import { askControl } from './support/control.ts'
import { freePort } from './support/free-port.ts'
import { type PostgresServer, startPostgres } from './support/postgres.ts'
import { batchOf } from './support/send.ts'
import { tempDir } from './support/temp-dir.ts'
import { until } from './support/until.ts'

const CONFIG = fileURLToPath(new URL('../fixtures/datasets/article.config.ts', import.meta.url))
const OTHERS = { HOST: '0.0.0.0', DASHBOARD_TOKEN: 'x'.repeat(32) }
const DEFINED = `import { counter, defineConfig, defineDataset } from '@trackable/dataset'\n`

let server: PostgresServer
let admin: postgres.Sql
beforeAll(async () => {
  server = await startPostgres()
  admin = postgres(server.url, { max: 1, onnotice: () => undefined })
}, 120_000)
afterAll(async () => {
  await admin?.end()
  await server?.stop()
})

/** A set-up: a sound one, which the rows below break in one place each. */
interface Setup {
  folder: string
  env: Record<string, string>
  /** What is done in its database, as a superuser. */
  sql(statement: string): Promise<unknown>
  /** Puts back what the machine shares, and closes what was opened. */
  after: (() => unknown)[]
}

async function setUp(): Promise<Setup> {
  const folder = tempDir('doctor').path
  const url = await server.createDatabase()
  const database = postgres(url, { max: 1, onnotice: () => undefined })
  const env = {
    TRACKABLE_CONFIG: CONFIG,
    LOG_URL: `file://${folder}/data/log`,
    DATABASE_URL: url,
    PORT: String(await freePort()),
  }
  mkdirSync(join(folder, 'data', 'log'), { recursive: true, mode: 0o700 })
  return { folder, env, sql: (text) => database.unsafe(text), after: [() => database.end()] }
}

async function start({ env, after }: Setup, config = article) {
  const surroundings = { purpose: 'serve' as const, report: () => undefined, onFatal: () => undefined }
  const settings = readSettings({ fold_every: 'off' }, env)
  const collector = await openCollector(settings, defineConfig({ datasets: config.datasets }), surroundings)
  after.unshift(() => collector.close())
  return { collector, ask: (path: string, body: object) => askControl(settings.dataDir, 'POST', path, body) }
}

/** Makes the tables, and lets go. */
async function started(setup: Setup): Promise<void> {
  await (await start(setup)).collector.close()
}

function configured(setup: Setup, text: string): void {
  setup.env.TRACKABLE_CONFIG = join(setup.folder, 'trackable.config.ts')
  writeFileSync(setup.env.TRACKABLE_CONFIG, text)
}

async function asUser(setup: Setup, change: (url: URL) => void): Promise<void> {
  const url = new URL(setup.env.DATABASE_URL!)
  change(url)
  setup.env.DATABASE_URL = url.href
}

/** A setting of the whole server, while one set-up is looked at. */
async function serverSetting(setup: Setup, name: string, value: string): Promise<void> {
  const reload = async (statement: string) => {
    const [before] = await admin.unsafe(`show ${name}`)
    await admin.unsafe(statement)
    await admin.unsafe('select pg_reload_conf()')
    const changed = async () => (await admin.unsafe(`show ${name}`))[0]?.[name] !== before?.[name]
    await until(`${name} is another`, changed)
  }
  setup.after.push(() => reload(`alter system reset ${name}`))
  await reload(`alter system set ${name} = ${value}`)
}

type Row = [name: string, state: 'warn' | 'fail', check: string, said: RegExp, cure: RegExp, Breaks]
type Breaks = (setup: Setup) => unknown

/** File systems that only Linux has, and that take no writes of root either. */
const LINUX: Row[] = [
  [
    'a log folder that takes no writes',
    'fail',
    'log',
    /nothing can be written/,
    /chown/,
    ({ env }) => Object.assign(env, { LOG_URL: 'file:///proc/self' }),
  ],
  [
    'a log in memory',
    'warn',
    'disk',
    /in memory/,
    /local disk/,
    ({ env }) => Object.assign(env, { LOG_URL: 'file:///dev/shm' }),
  ],
]

const ROWS: Row[] = [
  ...(process.platform === 'linux' ? LINUX : []),
  [
    'no configuration file',
    'fail',
    'configuration',
    /no configuration file/,
    /correct the file/,
    ({ env, folder }) => Object.assign(env, { TRACKABLE_CONFIG: `${folder}/nowhere.ts` }),
  ],
  [
    'a configuration that does not load',
    'fail',
    'configuration',
    /trackable\.config\.ts/,
    /correct the file/,
    (setup) => configured(setup, 'export default defineConfig({'),
  ],
  [
    'a configuration without a default export',
    'fail',
    'configuration',
    /no default export/,
    /correct/,
    (setup) => configured(setup, 'export const nothing = 1'),
  ],
  [
    'two datasets of one name',
    'fail',
    'configuration',
    /"one"/,
    /correct/,
    (setup) =>
      configured(
        setup,
        `${DEFINED}const one = defineDataset('one', { fields: { hits: counter() } })
      export default defineConfig({ datasets: [one, one] })`,
      ),
  ],
  [
    'nothing that a page may count',
    'warn',
    'door',
    /no dataset has a field in public\.write/,
    /public: \{ write/,
    (setup) =>
      configured(
        setup,
        `${DEFINED}export default defineConfig({
      datasets: [defineDataset('one', { fields: { hits: counter() } })] })`,
      ),
  ],
  [
    'others reach it, and no rate limits them',
    'warn',
    'door',
    /RATE_LIMIT is off/,
    /set it to 100/,
    ({ env }) => Object.assign(env, OTHERS, { RATE_LIMIT: 'off' }),
  ],
  [
    'others reach it, and no proxy is named',
    'warn',
    'door',
    /TRUST_PROXY is 0/,
    /set it to 1/,
    ({ env }) => Object.assign(env, OTHERS),
  ],
  [
    'a token that can be guessed',
    'warn',
    'door',
    /DASHBOARD_TOKEN has fewer/,
    /openssl/,
    ({ env }) => Object.assign(env, { DASHBOARD_TOKEN: 's' }),
  ],
  [
    'machines counted as people',
    'warn',
    'door',
    /BOTS is off/,
    /drop/,
    ({ env }) => Object.assign(env, { BOTS: 'off' }),
  ],
  [
    'a data folder that others read',
    'warn',
    'door',
    /others on this machine can read/,
    /chmod 700/,
    ({ folder }) => chmodSync(join(folder, 'data'), 0o755),
  ],
  [
    'a secret that others read',
    'warn',
    'door',
    /secret\.json/,
    /chmod 600/,
    ({ folder }) => {
      writeFileSync(join(folder, 'data/secret.json'), '[]')
      chmodSync(join(folder, 'data/secret.json'), 0o644)
    },
  ],
  [
    'a mirror that cannot be read',
    'fail',
    'mirror',
    /keys\.json is no list/,
    /delete .*keys\.json/,
    ({ folder }) => writeFileSync(join(folder, 'data/keys.json'), '{"half', { mode: 0o600 }),
  ],
  [
    'a file where the log should be',
    'fail',
    'log',
    /is not a folder/,
    /LOG_URL/,
    ({ env, folder }) => {
      env.LOG_URL = `file://${folder}/data/file`
      writeFileSync(`${folder}/data/file`, '')
    },
  ],
  [
    'damage set aside',
    'warn',
    'log',
    /1 damaged pieces/,
    /check the disk/,
    ({ folder }) => {
      mkdirSync(join(folder, 'data/log/damaged'))
      writeFileSync(join(folder, 'data/log/damaged/piece'), 'x')
    },
  ],
  [
    'a port that is taken',
    'fail',
    'port',
    /EADDRINUSE/,
    /PORT/,
    ({ env, after }) => {
      const taken = createServer().listen(Number(env.PORT), '127.0.0.1')
      after.push(() => taken.close())
      return new Promise((settle) => taken.once('listening', settle))
    },
  ],
  [
    'an address of another machine',
    'fail',
    'port',
    /EADDRNOTAVAIL/,
    /HOST must be of this machine/,
    ({ env }) => Object.assign(env, OTHERS, { HOST: '192.0.2.1' }),
  ],
  [
    'an operator who cannot be called',
    'fail',
    'alerts',
    /cannot be reached/,
    /ALERT_WEBHOOK/,
    async ({ env }) => {
      env.ALERT_WEBHOOK = `http://127.0.0.1:${await freePort()}/hook`
    },
  ],
  [
    'the embedded database',
    'warn',
    'database',
    /embedded/,
    /postgres:/,
    ({ env, folder }) => Object.assign(env, { DATABASE_URL: `pglite://${folder}/db` }),
  ],
  [
    'a database that is away',
    'fail',
    'database',
    /ECONNREFUSED/,
    /start the server/,
    async (setup) => {
      const port = String(await freePort())
      return asUser(setup, (url) => {
        url.port = port
      })
    },
  ],
  [
    'a database that there is not',
    'fail',
    'database',
    /does not exist/,
    /create database/,
    (setup) =>
      asUser(setup, (url) => {
        url.pathname = '/nowhere'
      }),
  ],
  [
    'a wrong password',
    'fail',
    'database',
    /password authentication failed/,
    /correct the password/,
    async (setup) => {
      await admin.unsafe(`drop role if exists bob`)
      await admin.unsafe(`create role bob login password 'right'`)
      const [{ hba_file: file }] = (await admin.unsafe('show hba_file')) as any
      const before = readFileSync(file, 'utf8')
      await asUser(setup, (url) => Object.assign(url, { username: 'bob', password: 'wrong' }))
      const refused = async () => {
        const bob = postgres(setup.env.DATABASE_URL!, { max: 1 })
        const code = await bob`select 1`.then(
          () => '',
          (error) => error.code,
        )
        await bob.end()
        return code === '28P01'
      }
      const write = async (text: string, asks: boolean) => {
        writeFileSync(file, text)
        await admin.unsafe('select pg_reload_conf()')
        await until('the server goes by it', async () => (await refused()) === asks)
      }
      setup.after.push(() => write(before, false))
      await write(`host all bob 127.0.0.1/32 scram-sha-256\n${before}`, true)
    },
  ],
  [
    'a user who may make no tables',
    'fail',
    'database',
    /mallory may not make tables/,
    /grant create on database/,
    async (setup) => {
      await admin.unsafe('drop role if exists mallory')
      await admin.unsafe('create role mallory login')
      await asUser(setup, (url) => Object.assign(url, { username: 'mallory' }))
    },
  ],
  [
    'a replica',
    'fail',
    'database',
    /takes no writes/,
    /primary/,
    ({ sql, env }) =>
      sql(
        `alter database ${new URL(env.DATABASE_URL!).pathname.slice(1)} set default_transaction_read_only = on`,
      ),
  ],
  [
    'commits that are not waited for',
    'warn',
    'database',
    /synchronous_commit is off/,
    /set synchronous_commit to on/,
    ({ sql, env }) =>
      sql(`alter database ${new URL(env.DATABASE_URL!).pathname.slice(1)} set synchronous_commit = off`),
  ],
  [
    'pages that can be torn',
    'warn',
    'database',
    /full_page_writes is off/,
    /set full_page_writes to on/,
    (setup) => serverSetting(setup, 'full_page_writes', 'off'),
  ],
  [
    'tables that are behind the configuration',
    'warn',
    'tables',
    /do not follow/,
    /trackable migrate/,
    async (setup) => {
      await started(setup)
      configured(
        setup,
        `${readFileSync(CONFIG, 'utf8').replace(/impressions: counter\([^)]*\),/, '$& added: counter(),')}`,
      )
    },
  ],
  [
    'a log that nobody hears of',
    'warn',
    'ledger',
    /was last heard of/,
    /delete its row/,
    async (setup) => {
      await started(setup)
      await setup.sql(`update trackable._logs set seen_at = now() - interval '3 days'`)
    },
  ],
  [
    'a fold that is paused',
    'warn',
    'fold',
    /it is paused/,
    /log resume/,
    async (setup) => {
      await (await start(setup)).ask('/v1/admin/log/pause', { paused: true })
    },
  ],
  [
    'events that could not be folded',
    'warn',
    'dead letters',
    /1 events could not be folded/,
    /dead replay/,
    async (setup) => {
      const { collector, ask } = await start(setup)
      await setup.sql('alter table trackable.article add constraint small check (impressions < 10)')
      const { key } = (await ask('/v1/admin/keys', { kind: 'secret', origins: [], datasets: [] })).body
      const event = { dataset: 'article', parent: '1', fields: { impressions: 50 } }
      const body = JSON.stringify(batchOf(key, [event]))
      await collector.app.request('/v1/batches', { method: 'POST', body })
      await collector.fold()
    },
  ],
]

async function everything({ env }: Pick<Setup, 'env'>): Promise<Finding[]> {
  const found: Finding[] = []
  for await (const finding of findings(readSettings({}, env))) found.push(finding)
  return found
}

async function withSetup<T>(act: (setup: Setup) => Promise<T>): Promise<T> {
  const setup = await setUp()
  try {
    return await act(setup)
  } finally {
    for (const end of setup.after) await end()
  }
}

test('a sound set-up is well, and at least twenty broken ones are told apart', async () => {
  const found = await withSetup(everything)
  // What the disk of this machine is, is not ours.
  expect(found.filter(({ check, state }) => state !== 'ok' && check !== 'disk')).toEqual([])
  expect(ROWS.length).toBeGreaterThanOrEqual(20)
})

test.each(ROWS)('finds %s (%s)', async (_, state, check, said, cure, breaks) => {
  const found = await withSetup(async (setup) => {
    await breaks(setup)
    return everything(setup)
  })
  expect(found).toContainEqual({
    check,
    state,
    message: expect.stringMatching(said),
    cure: expect.stringMatching(cure),
  })
})

test('finds a clock that went ahead', () =>
  withSetup(async ({ env }) => {
    const { db, close } = await connect(env.DATABASE_URL!)
    const found = await examine(db, 'trackable', () => Date.now() - 300_000)
    await close()
    expect(found).toContainEqual({
      check: 'clock',
      state: 'warn',
      message: expect.stringMatching(/(299|300|301) s ahead/),
      cure: 'have both follow NTP',
    })
  }))

test('asks the collector that runs where no configuration is named', () =>
  withSetup(async (setup) => {
    await start(setup)
    const { TRACKABLE_CONFIG: _, ...env } = setup.env
    expect(statSync(join(setup.folder, 'data/control.sock')).isSocket()).toBe(true)
    const found = await everything({ env })
    expect(found.filter(({ state }) => state === 'fail')).toEqual([])
    expect(found).toContainEqual({
      check: 'configuration',
      state: 'ok',
      message: 'that of the collector that runs; --config looks at a file',
    })
  }))
