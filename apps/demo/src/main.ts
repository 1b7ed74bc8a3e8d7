import { readFile } from 'node:fs/promises'
import { serve } from '@hono/node-server'
import { createSite } from './site.ts'

const { PORT = '8788', COLLECTOR = 'http://127.0.0.1:8787', WRITE_KEY } = process.env

if (!WRITE_KEY) {
  console.error(
    'WRITE_KEY is missing: start the collector, make a key with `trackable keys create --kind write`, and start the demo with WRITE_KEY=pk_…',
  )
  process.exit(1)
}
if (!URL.canParse(COLLECTOR)) {
  console.error(
    `COLLECTOR is "${COLLECTOR}", which is no address; expected one such as http://127.0.0.1:8787`,
  )
  process.exit(1)
}

const built = (name: string) => readFile(new URL(`./page/${name}`, import.meta.url), 'utf8')
const site = createSite({
  collector: COLLECTOR.replace(/\/+$/, ''),
  key: WRITE_KEY,
  script: await built('app.js'),
  style: await built('style.css'),
})
const server = serve({ fetch: site.fetch, port: Number(PORT), hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`The demo is at http://127.0.0.1:${port} and counts at ${COLLECTOR}`)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close())
