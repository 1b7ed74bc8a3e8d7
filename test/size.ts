import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'

// What a page pays for each entry, from the built package: bundled and minified.
const ENTRIES = [
  {
    name: 'createTracker, increment',
    limit: 4_000,
    code: `import { createTracker } from '@trackable/sdk'
createTracker({ endpoint: 'https://stats.example.com', key: 'pk_1' }).increment('article', '42', 'impressions')`,
  },
]

async function bundle(code: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  })
  return outputFiles[0]?.contents ?? new Uint8Array()
}

const rows = await Promise.all(
  ENTRIES.map(async ({ name, limit, code }) => {
    const bytes = await bundle(code)
    const [gzip, brotli] = [gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length]
    return { name, min: bytes.length, gzip, brotli, limit, fits: brotli <= limit }
  }),
)
console.table(rows)
if (rows.some(({ fits }) => !fits)) {
  console.error('An entry is larger than its limit (brotli bytes).')
  process.exitCode = 1
}
