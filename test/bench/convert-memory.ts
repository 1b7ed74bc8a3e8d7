import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import { counter, defineDataset } from '@trackable/dataset'

const MAIN = fileURLToPath(new URL('../../apps/convert/dist/main.js', import.meta.url))
const GB = 1e9
const LINES = 2000
const EVERY_MS = 1000

/** What a conversion took. */
interface Taken {
  seconds: number
  /** Resident memory in MB, once a second. */
  samples: number[]
}

/**
 * Prints the resident memory of conversions of a combined log that is generated as it is read: through standard input,
 * from gzip and from a zip archive. Every line is of another article, which is what keeps most in memory. What answers
 * is a server that takes every batch at once, so that what is measured is the converter.
 * @param line a line of the log
 * @param folder where packed inputs go
 */
export async function benchMemory(
  line: (i: number) => string,
  folder: string,
  gigabytes: number,
): Promise<void> {
  const server = await startSink()
  const read = (...args: string[]) => start(server, folder, args)
  const generated = () => Readable.from(blocks(line, gigabytes * GB))
  const piped = read('-')
  await Promise.all([
    pipeline(generated(), piped.stdin),
    piped.taken.then(shown('standard input', gigabytes)),
  ])
  const gz = join(folder, 'access.log.gz')
  await pipeline(generated(), createGzip({ level: 1 }), createWriteStream(gz))
  await read(gz).taken.then(shown('gzip', gigabytes))
  const zip = spawn('zip', ['-q', '-1', join(folder, 'access.zip'), '-'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const zipped = once(zip, 'close')
  await pipeline(generated(), zip.stdin)
  await zipped
  await read(join(folder, 'access.zip')).taken.then(shown('zip', gigabytes))
  server.close()
}

function* blocks(line: (i: number) => string, bytes: number): Generator<Buffer> {
  for (let i = 0, written = 0; written < bytes; i += LINES) {
    const block = Buffer.from(Array.from({ length: LINES }, (_, j) => `${line(i + j)}\n`).join(''))
    written += block.length
    yield block
  }
}

async function startSink(): Promise<Server> {
  const dataset = defineDataset('article', { fields: { impressions: counter() } })
  const server = createServer(async (request, response) => {
    let head = ''
    for await (const chunk of request) if (head === '') head = (chunk as Buffer).toString('latin1', 0, 200)
    const id = /"id":"([^"]+)"/.exec(head)?.[1]
    const body = id ? { id, accepted: 0, dropped: [], rejected: [] } : { datasets: [dataset], imports: [] }
    response.writeHead(id ? 202 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function start(server: Server, folder: string, args: string[]) {
  const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const mapping = ['--to', to, '--key', 'sk_bench', '--dataset', 'article', '--field', 'impressions=1']
  const child = spawn(process.execPath, [MAIN, 'access-log', ...args, ...mapping], {
    cwd: folder,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const begun = performance.now()
  const samples: number[] = []
  const timer = setInterval(() => samples.push(residentOf(child.pid as number)), EVERY_MS)
  const taken = once(child, 'close').then(([code]): Taken => {
    clearInterval(timer)
    if (code !== 0) throw new Error(`the conversion of ${args[0]} ended with ${code}`)
    return { seconds: (performance.now() - begun) / 1000, samples: samples.filter((size) => size > 0) }
  })
  return { stdin: child.stdin, taken }
}

/** Resident memory of a process in MB, as Linux tells it; 0 where it is gone. */
function residentOf(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    return (pages * 4096) / 1e6
  } catch {
    return 0
  }
}

function shown(what: string, gigabytes: number) {
  return ({ seconds, samples }: Taken) => {
    const quarter = (n: number) => samples.slice((samples.length * n) / 4, (samples.length * (n + 1)) / 4)
    const most = [0, 1, 2, 3].map((n) => `${Math.round(Math.max(...quarter(n)))} MB`)
    console.log(
      `  ${what.padEnd(15)} ${gigabytes} GB in ${Math.round(seconds)} s; most resident memory by quarter: ${most.join(', ')}`,
    )
  }
}
