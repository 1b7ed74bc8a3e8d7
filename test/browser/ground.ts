import type { BrowserContext, Page } from 'playwright-core'
import { killProfile, openProfile } from '../support/chromium.ts'
import { type TempDir, tempDir } from '../support/temp-dir.ts'
import { until } from '../support/until.ts'
import { type FakeCollector, type Mood, startFakeCollector } from './fake-collector.ts'
import { pageFiles, probeDevice, waitingBatches } from './page.ts'

declare const tracker: { record(...args: unknown[]): void }

/** How a page is opened. */
export interface Visit {
  /** Options of its tracker that are JSON. */
  options?: Record<string, unknown>
  /** Events in its first task. */
  first?: number
  /** It navigates away in its first task. */
  go?: boolean
  /** It is isolated from other origins. */
  isolated?: boolean
  /** Runs before the page's own code, to take away or break what browsers have. */
  before?: () => void
}

/** One run of a situation: a site and a collector of its own, so that nothing of another run is on the device. */
export interface Ground {
  collector: FakeCollector
  site: string
  /** What was tracked so far, by its parents. */
  tracked: Set<string>
  open(visit?: Visit): Promise<Page>
  elsewhere(): Promise<Page>
  /** Tracks so many events under a name in one task of a page, with so many bytes in each. */
  track(page: Page, name: string, times: number, bytes?: number): Promise<void>
  /** Notes what a page tracks by itself. */
  expect(name: string, times: number): void
  /** Waits until the collector was asked in vain, or for the time. */
  refuse(mood: Mood, ms: number): Promise<void>
  setOffline(offline: boolean): Promise<void>
  crash(page: Page): Promise<void>
  /** Resolves when the device has what was begun before. */
  written(page: Page): Promise<void>
  /** SIGKILL of the browser, and a new one on the same profile. */
  kill(): Promise<void>
  /** How many batches wait on the device. */
  waiting(page: Page): Promise<number>
  /** Whether a page with a tracker is there, which will send what waits. */
  isVisited(): boolean
  end(): Promise<void>
}

/** A Chromium on a profile on disk, that can be killed and started anew. */
export interface Chromium {
  context: BrowserContext
  kill(): Promise<void>
  close(): Promise<void>
}

/** Starts it. Pages may go into the back-forward cache, as they do for users. */
export async function startBrowser(): Promise<Chromium> {
  const profile: TempDir = tempDir('sdk')
  const start = () => openProfile(profile.path, { ignoreDefaultArgs: ['--disable-back-forward-cache'] })
  const browser: Chromium = {
    context: await start(),
    async kill() {
      killProfile(profile.path)
      await browser.context.close().catch(() => {})
      browser.context = await start()
    },
    async close() {
      await browser.context.close()
      profile.remove()
    },
  }
  return browser
}

/** Prepares a run in a browser. */
export async function prepareGround(browser: Chromium): Promise<Ground> {
  const collector = await startFakeCollector({})
  const site = await startFakeCollector(await pageFiles())
  const tracked = new Set<string>()
  const pages = new Set<Page>()

  async function visit(path: string, before?: () => void): Promise<Page> {
    const page = await browser.context.newPage()
    pages.add(page)
    if (before) await page.addInitScript(before)
    await page.goto(site.origin + path)
    return page
  }
  const ground: Ground = {
    collector,
    site: site.origin,
    tracked,
    open({ options = {}, first = 0, go, isolated, before } = {}) {
      const query = new URLSearchParams({ collector: collector.origin, options: JSON.stringify(options) })
      if (first) query.set('first', String(first))
      if (go) query.set('go', '')
      ground.expect('first', first)
      return visit(`/${isolated ? 'isolated' : 'page'}.html?${query}`, before)
    },
    elsewhere: () => visit('/elsewhere.html'),
    expect(name, times) {
      for (let i = 0; i < times; i++) tracked.add(`${name}-${i}`)
    },
    async track(page, name, times, bytes = 0) {
      ground.expect(name, times)
      await page.evaluate(
        ([name, times, bytes]) => {
          for (let i = 0; i < times; i++) {
            tracker.record('article', `${name}-${i}`, { impressions: 1, note: 'x'.repeat(bytes) })
          }
        },
        [name, times, bytes] as const,
      )
    },
    async refuse(mood, ms) {
      collector.mood = mood
      await new Promise((resolve) => setTimeout(resolve, ms))
      collector.mood = 'accepts'
    },
    setOffline: (offline) => browser.context.setOffline(offline),
    async crash(page) {
      const session = await browser.context.newCDPSession(page)
      const crashed = page.waitForEvent('crash')
      session.send('Page.crash').catch(() => {})
      await crashed
      await page.close()
    },
    async written(page) {
      await page.waitForTimeout(300)
      await page.evaluate(probeDevice)
    },
    kill: browser.kill,
    waiting: (page) => page.evaluate(waitingBatches),
    isVisited: () => [...pages].some((page) => !page.isClosed() && page.url().includes('.html?')),
    async end() {
      await Promise.all([...pages].map((page) => page.close().catch(() => {})))
      await Promise.all([collector.close(), site.close()])
    },
  }
  return ground
}

/** Waits until the collector has what was tracked and no page has more to send; gives up after a minute. */
export async function drained({ collector, tracked, elsewhere, waiting, isVisited }: Ground): Promise<void> {
  const page = await elsewhere()
  const arrived = () => new Set(collector.counted()).size >= tracked.size
  const sent = async () => !isVisited() || (await waiting(page)) === 0
  await until(
    'everything has arrived and nothing waits',
    async () => arrived() && (await sent()),
    60_000,
  ).catch(() => {})
}
