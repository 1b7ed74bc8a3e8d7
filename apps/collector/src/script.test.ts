import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createScriptRoute } from './script.ts'

const SCRIPT = `var trackable = ${JSON.stringify('x'.repeat(5000))}`
const file = pathToFileURL(join(mkdtempSync(join(tmpdir(), 'script-')), 'sdk.js'))
writeFileSync(file, SCRIPT)

test('the script is cached for a day, and may be loaded by any page', async () => {
  const answer = await createScriptRoute(file).request('/sdk.js')
  expect(answer.status).toBe(200)
  expect(await answer.text()).toBe(SCRIPT)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': expect.stringContaining('max-age=86400'),
    'cross-origin-resource-policy': 'cross-origin',
  })
})

test.each(['identity', 'gzip'])('who has it already is told so (%s)', async (encoding) => {
  const route = createScriptRoute(file)
  const headers = { 'accept-encoding': encoding }
  const etag = (await route.request('/sdk.js', { headers })).headers.get('etag') as string
  const again = await route.request('/sdk.js', { headers: { ...headers, 'if-none-match': etag } })
  expect(again.status).toBe(304)
  expect(await again.text()).toBe('')
  for (const known of [`"other", ${etag}`, `W/${etag.replace('W/', '')}`, '*']) {
    const answer = await route.request('/sdk.js', { headers: { ...headers, 'if-none-match': known } })
    expect(answer.status, known).toBe(304)
  }
  const other = await route.request('/sdk.js', { headers: { ...headers, 'if-none-match': '"other"' } })
  expect(other.status).toBe(200)
})

test('who takes gzip gets it', async () => {
  const answer = await createScriptRoute(file).request('/sdk.js', {
    headers: { 'accept-encoding': 'gzip, br' },
  })
  expect(answer.headers.get('content-encoding')).toBe('gzip')
  expect(answer.headers.get('vary')?.toLowerCase()).toContain('accept-encoding')
  expect(gunzipSync(new Uint8Array(await answer.arrayBuffer())).toString()).toBe(SCRIPT)
})

test('a build without it says so', async () => {
  const answer = await createScriptRoute(new URL('./missing.js', file)).request('/sdk.js')
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ code: 'not_found' })
})
