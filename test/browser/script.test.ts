import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { type CollectorProcess, startCollector } from '../support/collector.ts'
import { PERSON, read } from '../support/send.ts'
import { documented } from './documented.ts'

const CONFIG = fileURLToPath(new URL('../../fixtures/datasets/article.config.ts', import.meta.url))

let collector: CollectorProcess
let browser: Browser
let site: Server
let pages: Record<string, string>
let secret: string

beforeAll(async () => {
  collector = await startCollector({ configFile: CONFIG })
  const { key } = await collector.createKey('write')
  secret = (await collector.createKey('secret')).key
  // The tag as the documentation has it, stub and all.
  const tag = documented('html', 'data-key')
    .replaceAll('https://stats.example.com', collector.url)
    .replace('pk_…', key)
  const twice = tag.slice(tag.indexOf('<script async'))
  pages = {
    '/early': `<!doctype html>${tag}<script>trackable.increment('article', 'early', 'likes', 3)</script>`,
    '/kept': `<!doctype html>${tag}<script>const { increment } = trackable</script>
      <button onclick="increment('article', 'kept', 'likes')">Like</button>`,
    '/elements': `<!doctype html>${tag}${twice}
      <div style="height:100px" data-track-impression="article:seen:impressions">A card</div>
      <a href="/elsewhere" data-track-click="article:seen:clickThroughs">A link</a>`,
    '/views': `<!doctype html>${tag}<script>
      trackable.capturePageViews('article', 'impressions', ({ pathname }) => pathname.slice(1))</script>`,
    '/another': `<!doctype html>${tag}<a href="#here" data-track-click="article:another:clickThroughs">A link</a>`,
    '/without-key': `<!doctype html><script src="${collector.url}/sdk.js"></script>`,
  }
  site = createServer((request, response) => {
    const body = pages[request.url ?? ''] ?? '<!doctype html>'
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(body)
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  browser = await launchChromium({ args: [`--user-agent=${PERSON}`] })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  site?.close()
  await collector?.stop()
})

async function open(path: string): Promise<{ page: Page; said: string[] }> {
  const page = await browser.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', ({ message }) => said.push(message))
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}${path}`)
  return { page, said }
}

const totals = async (parent: string) =>
  (await read(`${collector.url}/v1/datasets/article/totals?parent=${parent}`, secret)).body.rows[0]

const expectTotals = (parent: string, expected: object) =>
  expect.poll(() => totals(parent), { timeout: 20_000, interval: 200 }).toMatchObject(expected)

test('what was called before the script was there is counted', async () => {
  const { said } = await open('/early')
  await expectTotals('early', { likes: 3 })
  expect(said).toEqual([])
})

test('a method of the stub that the page has kept goes on counting', async () => {
  const { page } = await open('/kept')
  await page.waitForFunction(
    () => 'createTracker' in (globalThis as unknown as { trackable: object }).trackable,
  )
  await page.click('button')
  await expectTotals('kept', { likes: 1 })
})

test('elements are counted by their attributes alone, once also with two tags', async () => {
  const { page } = await open('/elements')
  await expectTotals('seen', { impressions: 1 })
  await page.click('a')
  await expectTotals('seen', { impressions: 1, clickThroughs: 1 })
})

test('elements are counted by the tracker of the tag, also after the page created another one', async () => {
  const { page } = await open('/another')
  type Api = { createTracker?(options: object): void }
  await page.waitForFunction(() => (globalThis as unknown as { trackable: Api }).trackable.createTracker)
  await page.evaluate(() =>
    (globalThis as unknown as { trackable: Api }).trackable.createTracker?.({
      endpoint: '/no',
      key: 'pk_other',
    }),
  )
  await page.click('a')
  await expectTotals('another', { clickThroughs: 1 })
})

test('page views can be asked for before the script is there', async () => {
  await open('/views')
  await expectTotals('views', { impressions: 1 })
})

test('a tag without a key says so', async () => {
  const { said } = await open('/without-key')
  expect(said).toEqual([expect.stringContaining('has no data-key')])
})
