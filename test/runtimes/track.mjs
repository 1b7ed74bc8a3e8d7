// What an application does on any runtime: it tracks for a visitor, then ends as it is told.
import process from 'node:process'
import { createTracker, fileStore } from '@trackable/sdk'
import { createReader } from '@trackable/sdk/read'
import { createTestTransport } from '@trackable/sdk/testing'

const [endpoint, folder, end] = process.argv.slice(2)
const tracker = createTracker({ endpoint, key: 'sk_1', store: fileStore(folder), flushEvery: 60_000 })
const headers = { 'user-agent': 'Mozilla/5.0', 'x-forwarded-for': '203.0.113.7' }
tracker
  .forRequest(new Request('https://example.com', { headers }))
  .increment('article', `${end}-visited`, 'views')
tracker.increment('article', end, 'views')
if (typeof createReader !== 'function' || typeof createTestTransport !== 'function') process.exit(9)

if (end === 'closed') console.log(JSON.stringify(await tracker.close()))
if (end === 'exited') process.exit(0)
if (end === 'signalled') {
  setInterval(() => {}, 1000)
  console.log('ready')
}
