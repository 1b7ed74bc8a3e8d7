import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { startCollector } from '../support/collector.ts'
import { startCommand } from '../support/command.ts'
import { startPostgres } from '../support/postgres.ts'
import { tempDir } from '../support/temp-dir.ts'
import { benchMemory } from './convert-memory.ts'

// `node --import tsx test/bench/convert.ts [ROWS]`: rows a second that are in the table, from a file through HTTP and the
// collector into Postgres, beside a bare loop of Node that reads the same lines, matches them and counts in a Map. The
// converter, the collector and Postgres share the machine; the ratio says more than the rate. goaccess, where it is
// installed, reads the same log. `--memory [GB]`: how much memory a long log takes, instead.
const memory = process.argv.indexOf('--memory')
const ROWS = Number(process.argv[2] ?? 300_000) || 300_000
const CONFIG = fileURLToPath(new URL('../../fixtures/datasets/article.config.ts', import.meta.url))
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const COMBINED = /^(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+)[^"]*" (\d{3}) (\S+) "([^"]*)" "([^"]*)"/
const folder = tempDir('bench').path

function logLine(i: number, article = (i * i) % 1000): string {
  const at = new Date(Date.UTC(2014, 4, 13) + i * 2000).toISOString()
  const day = `${at.slice(8, 10)}/${MONTHS[Number(at.slice(5, 7)) - 1]}/${at.slice(0, 4)}:${at.slice(11, 19)} +0000`
  return `10.0.0.${i % 250} - - [${day}] "GET /articles/${article}?from=mail HTTP/1.1" 200 ${i % 9000} "https://example.com/${i % 50}" "Mozilla/5.0 (X11; Linux x86_64; rv:${i % 90}.0) Gecko/20100101 Firefox/${i % 90}.0"`
}
function csvLine(i: number): string {
  return `${i},${(i * i) % 1000},${new Date(Date.UTC(2014, 4, 13) + i * 2000).toISOString()},${i % 9},${i % 100}.${10 + (i % 90)},DE`
}

async function write(name: string, line: (i: number) => string, header = ''): Promise<string> {
  const path = join(folder, name)
  const stream = createWriteStream(path)
  for (let i = 0; i < ROWS; i += 1000) {
    const text = Array.from({ length: Math.min(1000, ROWS - i) }, (_, j) => `${line(i + j)}\n`).join('')
    if (!stream.write((i === 0 ? header : '') + text)) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'close')
  return path
}

async function bare(path: string): Promise<number> {
  const begun = performance.now()
  const counts = new Map<string, number>()
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const key = COMBINED.exec(line)?.[4] ?? line.split(',')[1]!
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return ROWS / ((performance.now() - begun) / 1000)
}

if (memory >= 0) {
  const gigabytes = Number(process.argv[memory + 1] ?? 2)
  await benchMemory((i) => logLine(i, i), folder, gigabytes)
  rmSync(folder, { recursive: true })
  process.exit()
}

/** Rows a second of goaccess, from the file to its report; undefined where it is not installed. */
function goaccess(path: string): number | undefined {
  const begun = performance.now()
  const report = join(folder, 'goaccess.json')
  const { status } = spawnSync('goaccess', [path, '--log-format=COMBINED', '-o', report], { stdio: 'ignore' })
  return status === 0 ? ROWS / ((performance.now() - begun) / 1000) : undefined
}

const server = await startPostgres()
const databaseUrl = await server.createDatabase()
const collector = await startCollector({ configFile: CONFIG, databaseUrl })
const { key } = await collector.createKey('secret')
const sql = postgres(databaseUrl, { max: 1 })

/** From the start of the command until every row is in the table. */
async function convert(source: string, path: string, ...mapping: string[]): Promise<number> {
  const counted = async () =>
    Number((await sql`select coalesce(sum(impressions), 0) as n from trackable.article`)[0]!.n)
  const before = await counted()
  const begun = performance.now()
  const to = ['--to', collector.url, '--key', key, '--dataset', 'article', '--field', 'impressions=1']
  const { code, stderr } = await startCommand('convert', [source, path, ...to, ...mapping], { cwd: folder })
    .result
  if (code !== 0) throw new Error(stderr)
  while ((await counted()) - before < ROWS) await new Promise((resolve) => setTimeout(resolve, 20))
  return ROWS / ((performance.now() - begun) / 1000)
}
const shown = (rate: number) => `${Math.round(rate).toLocaleString('en-US').padStart(9)} a second`

const log = await write('access.log', logLine)
const csv = await write('rows.csv', csvLine, 'n,id,at,quantity,price,land\n')
console.log(`${ROWS.toLocaleString('en-US')} rows, from the file into the table`)
console.log(`  bare loop of Node over combined  ${shown(await bare(log))}`)
const other = goaccess(log)
if (other !== undefined) console.log(`  goaccess over combined           ${shown(other)}`)
console.log(`  access-log, combined             ${shown(await convert('access-log', log))}`)
console.log(`  bare loop of Node over CSV       ${shown(await bare(csv))}`)
console.log(
  `  csv                              ${shown(await convert('csv', csv, '--parent', 'id', '--at', 'at', '--field', 'revenue=quantity*price'))}`,
)
await sql.end()
await collector.stop()
await server.stop()
rmSync(folder, { recursive: true })
