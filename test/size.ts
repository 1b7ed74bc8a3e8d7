import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** An entry as a page imports it, and the most brotli bytes it may have beyond those of another one. */
interface Entry {
  name: string
  code: string
  limit: number
  beyond?: string
}

const TRACKER = `import { createTracker } from '@trackable/sdk'
const tracker = createTracker({ endpoint: 'https://stats.example.com', key: 'pk_1' })
tracker.increment('article', '42', 'impressions')`
const CORE = 'createTracker, increment'

/** Every name of an entry beside the tracker, so that nothing of it can be left out. */
function withTracker(entry: string): string {
  return `${TRACKER}\nimport * as entry from '@trackable/sdk/${entry}'\nglobalThis.entry = entry`
}

// What a page pays for each entry, from the built package: bundled and minified.
const ENTRIES: Entry[] = [
  { name: CORE, limit: 4_000, code: TRACKER },
  { name: 'capture', limit: 1_500, beyond: CORE, code: withTracker('capture') },
  { name: 'react, without React', limit: 1_000, beyond: CORE, code: withTracker('react') },
  { name: 'read', limit: 1_500, beyond: CORE, code: withTracker('read') },
]

async function bundle(code: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    external: ['react'],
    platform: 'browser',
    target: 'es2022',
  })
  return outputFiles[0]?.contents ?? new Uint8Array()
}

const measured = new Map<string, number>()
const rows = []
for (const { name, limit, beyond, code } of ENTRIES) {
  const bytes = await bundle(code)
  const brotli = brotliCompressSync(bytes).length
  measured.set(name, brotli)
  const adds = brotli - (beyond ? (measured.get(beyond) as number) : 0)
  rows.push({ name, min: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli, adds, limit })
}
const script = readFileSync(
  fileURLToPath(new URL('dist/sdk.js', import.meta.resolve('@trackable/sdk/package.json'))),
)
const scriptBytes = brotliCompressSync(script).length
rows.push({
  name: '/sdk.js, with capture',
  min: script.length,
  gzip: gzipSync(script, { level: 9 }).length,
  brotli: scriptBytes,
  adds: scriptBytes,
  limit: 5_600,
})
console.table(rows)
if (rows.some(({ adds, limit }) => adds > limit)) {
  console.error('An entry adds more than its limit (brotli bytes).')
  process.exitCode = 1
}
