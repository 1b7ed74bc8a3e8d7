import { build } from 'esbuild'
import type { BrowserContext, Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { killProfile, openProfile } from '../support/chromium.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'
import { type FakeCollector, startFakeCollector } from './fake-collector.ts'

// A tracker on the page as `tracker`; `?first=N` tracks N events in the page's first task and goes away.
const PAGE = `
import { createTracker } from '@trackable/sdk'
const query = new URLSearchParams(location.search)
globalThis.errors = []
globalThis.tracker = createTracker({
  endpoint: query.get('collector'), key: 'pk_1', coalesce: false,
  onError: ({ code }) => errors.push(code),
})
const first = Number(query.get('first'))
for (let i = 0; i < first; i++) tracker.increment('article', 'first-' + i, 'impressions')
if (first) location.href = '/elsewhere.html'`

const HTML = '<!doctype html><title>page</title><script type="module" src="/page.js"></script>'

declare const tracker: { increment(...args: unknown[]): void; record(...args: unknown[]): void }
declare const errors: string[]

let collector: FakeCollector
let site: FakeCollector
let profile: TempDir
let browser: BrowserContext

beforeEach(async () => {
  const { outputFiles } = await build({
    stdin: { contents: PAGE, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['@trackable/source', 'browser'],
  })
  const files = {
    '/page.js': outputFiles[0]?.text ?? '',
    '/page.html': HTML,
    '/elsewhere.html': '<!doctype html>',
  }
  collector = await startFakeCollector({})
  site = await startFakeCollector(files)
  profile = tempDir('sdk')
  browser = await openProfile(profile.path)
})
afterEach(async () => {
  await browser.close()
  await Promise.all([collector.close(), site.close()])
  profile.remove()
})

async function open(query = ''): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(`${site.origin}/page.html?collector=${encodeURIComponent(collector.origin)}${query}`)
  return page
}

function track(page: Page, name: string, times: number, size = 0): Promise<void> {
  return page.evaluate(
    ([name, times, size]) => {
      for (let i = 0; i < times; i++) {
        tracker.record('article', `${name}-${i}`, { impressions: 1, note: 'x'.repeat(size) })
      }
    },
    [name, times, size] as const,
  )
}

const namesOf = (name: string, times: number) =>
  Array.from({ length: times }, (_, i) => `${name}-${i}`).sort()

/** Opens a page that tracks one event, which wakes the tracker, and waits until the collector has what is expected. */
async function expectCounted(expected: string[], reopen = true): Promise<void> {
  if (reopen) await track(await open(), 'again', 1)
  const all = [...expected, ...(reopen ? ['again-0'] : [])].sort()
  await expect.poll(() => collector.counted().sort(), { timeout: 30_000, interval: 200 }).toEqual(all)
}

describe('in a real browser', () => {
  test('a burst of a thousand events arrives once', async () => {
    await track(await open(), 'burst', 1000)
    await expectCounted(namesOf('burst', 1000), false)
  })

  test('events of the page’s first task, followed by navigation, arrive once', async () => {
    await open('&first=50')
    await expectCounted(namesOf('first', 50))
  })

  test('events in the task that navigates arrive once, without another visit', async () => {
    const page = await open()
    await page.evaluate(() => {
      for (let i = 0; i < 50; i++) tracker.increment('article', `go-${i}`, 'impressions')
      location.href = '/elsewhere.html'
    })
    await expectCounted(namesOf('go', 50), false)
  })

  test('300 events of a kilobyte before navigation arrive once, what no beacon takes on the next visit', async () => {
    const page = await open()
    await track(page, 'large', 300, 1000)
    await page.goto(`${site.origin}/elsewhere.html`)
    await expectCounted(namesOf('large', 300))
  })

  test('a tab that is closed right after its events loses none', async () => {
    const page = await open()
    await track(page, 'closed', 50)
    await page.close()
    await expectCounted(namesOf('closed', 50))
  })

  test('answers that are lost count nothing twice', async () => {
    collector.mood = 'loses answers'
    const page = await open()
    await track(page, 'lost', 300)
    await expect.poll(() => collector.requests.length, { timeout: 20_000 }).toBeGreaterThan(2)
    collector.mood = 'accepts'
    await expectCounted(namesOf('lost', 300), false)
  })

  test('what a collector that is down, or a portal, did not take is sent after reopening', async () => {
    for (const mood of ['is down', 'is a portal'] as const) {
      collector.mood = mood
      const page = await open()
      await track(page, mood, 100)
      await page.waitForTimeout(1500)
      await page.close()
    }
    collector.mood = 'accepts'
    await expectCounted([...namesOf('is down', 100), ...namesOf('is a portal', 100)])
  })

  test('Retry-After of another origin is obeyed', async () => {
    collector.mood = 'is busy'
    await track(await open(), 'busy', 10)
    await expect.poll(() => collector.requests.length, { timeout: 10_000 }).toBe(1)
    collector.mood = 'accepts'
    await expectCounted(namesOf('busy', 10), false)
    expect((collector.requests[1]?.at ?? 0) - (collector.requests[0]?.at ?? 0)).toBeGreaterThan(2_900)
  })

  test('a browser that is killed loses nothing that was tracked 300 ms before', async () => {
    collector.mood = 'is down'
    const page = await open()
    await track(page, 'killed', 100)
    await page.waitForTimeout(300)
    killProfile(profile.path)
    await browser.close().catch(() => {})
    collector.mood = 'accepts'
    browser = await openProfile(profile.path)
    await expectCounted(namesOf('killed', 100))
  })

  test('a hidden tab goes on tracking while another one starts, and nothing counts twice', async () => {
    collector.mood = 'is down'
    const hidden = await open()
    await track(hidden, 'before', 20)
    const front = await open()
    await track(front, 'front', 20)
    for (let i = 0; i < 7; i++) {
      await track(hidden, `hidden-${i}`, 5)
      await front.waitForTimeout(1000)
    }
    collector.mood = 'accepts'
    const all = Array.from({ length: 7 }, (_, i) => namesOf(`hidden-${i}`, 5)).flat()
    await expectCounted([...namesOf('before', 20), ...namesOf('front', 20), ...all], false)
  })

  test('two tabs that are closed at once leave everything to the next one', async () => {
    collector.mood = 'is down'
    const tabs = [await open(), await open()]
    await Promise.all(tabs.map((tab, i) => track(tab, `tab${i}`, 100)))
    await Promise.all(tabs.map((tab) => tab.close()))
    collector.mood = 'accepts'
    await expectCounted([...namesOf('tab0', 100), ...namesOf('tab1', 100)])
  })

  test('a database that another tab deletes is opened again, and the page sees no error', async () => {
    const page = await open()
    const thrown: Error[] = []
    page.on('pageerror', (error) => thrown.push(error))
    await track(page, 'before', 5)
    await (await browser.newPage()).goto(`${site.origin}/elsewhere.html`)
    await browser
      .pages()
      .at(-1)
      ?.evaluate(async () => {
        for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name ?? '')
      })
    await track(page, 'after', 5)
    await expectCounted([...namesOf('before', 5), ...namesOf('after', 5)], false)
    expect(thrown).toEqual([])
    expect(await page.evaluate(() => errors)).toEqual([])
  })

  test('ten thousand events while the collector is down cost little of the main thread', async () => {
    collector.mood = 'is down'
    const page = await open()
    const spent = await page.evaluate(async () => {
      let spent = 0
      for (let task = 0; task < 40; task++) {
        const began = performance.now()
        for (let i = 0; i < 250; i++) tracker.increment('article', `many-${task}-${i}`, 'impressions')
        await Promise.resolve()
        spent += performance.now() - began
        await new Promise((resolve) => setTimeout(resolve))
      }
      return spent
    })
    console.log(`10,000 increments: ${spent.toFixed(0)} ms of main thread`)
    expect(spent).toBeLessThan(1000)
    collector.mood = 'accepts'
    await page.evaluate(() => window.dispatchEvent(new Event('online')))
    await expect.poll(() => collector.counted().length, { timeout: 30_000 }).toBe(10_000)
    expect(new Set(collector.counted()).size).toBe(10_000)
  })
})
