import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Chromium, drained, type Ground, prepareGround, startBrowser, type Visit } from './ground.ts'

declare const tracker: {
  increment(...args: unknown[]): void
  record(...args: unknown[]): void
  setConsent(state: string): void
}

const PATIENCE = { timeout: 30_000 }

let browser: Chromium
let ground: Ground

beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  ground = await prepareGround(browser)
})
afterEach(() => ground?.end())

/** Everything of the tracker that is on the device, by name. */
function onDevice(page: Page): Promise<string[]> {
  return page.evaluate(async () => [
    ...(await indexedDB.databases()).map(({ name }) => `${name}`),
    ...Object.keys(localStorage),
    ...document.cookie.split(';').filter(Boolean),
  ])
}

async function sendsAfter(page: Page, ms: number): Promise<number> {
  await page.waitForTimeout(ms)
  return ground.collector.requests.length
}

const setConsent = (page: Page, state: string) => page.evaluate((state) => tracker.setConsent(state), state)

describe('consent in a real browser', () => {
  test('while it is pending nothing is on the device or on the wire, not even as the page goes', async () => {
    const page = await ground.open({ options: { consent: 'pending' } })
    await ground.track(page, 'pending', 20)
    expect(await sendsAfter(page, 2000)).toBe(0)
    expect(await onDevice(page)).toEqual([])
    await page.goto(`${ground.site}/elsewhere.html`)
    expect(await sendsAfter(page, 500)).toBe(0)
    expect(await onDevice(page)).toEqual([])
  })

  test('what waited is sent once consent is granted, and stored until then', async () => {
    const page = await ground.open({ options: { consent: 'pending' } })
    await ground.track(page, 'pending', 20)
    ground.collector.mood = 'is down'
    await setConsent(page, 'granted')
    await expect.poll(() => ground.waiting(page), PATIENCE).toBe(1)
    ground.collector.mood = 'accepts'
    await drained(ground)
    expect(ground.collector.counted().sort()).toEqual([...ground.tracked].sort())
  })

  test('when it becomes pending nothing more is sent, and what was stored stays', async () => {
    const page = await ground.open()
    await ground.track(page, 'granted', 20)
    await setConsent(page, 'pending')
    await ground.track(page, 'pending', 20)
    expect(await sendsAfter(page, 2000)).toBe(0)
    expect(await ground.waiting(page)).toBe(1)
    await setConsent(page, 'granted')
    await drained(ground)
    expect(ground.collector.counted().sort()).toEqual([...ground.tracked].sort())
  })

  test('when it is denied nothing stays on the device, and nothing goes out any more', async () => {
    ground.collector.mood = 'is down'
    const left = await ground.open()
    await ground.track(left, 'left', 20)
    await left.close()
    const page = await ground.open()
    await ground.track(page, 'mine', 20)
    await expect.poll(() => ground.waiting(page), PATIENCE).toBeGreaterThanOrEqual(2)
    await setConsent(page, 'denied')
    await ground.track(page, 'after', 20)
    await expect.poll(() => ground.waiting(page), PATIENCE).toBe(0)
    const before = ground.collector.requests.length
    ground.collector.mood = 'accepts'
    expect(await sendsAfter(page, 7000)).toBe(before)
    await page.goto(`${ground.site}/elsewhere.html`)
    expect(await sendsAfter(page, 500)).toBe(before)
    expect(await ground.waiting(page)).toBe(0)
  })

  test('a page that begins denied deletes what an earlier one left, and stores nothing', async () => {
    ground.collector.mood = 'is down'
    const left = await ground.open()
    await ground.track(left, 'left', 20)
    await left.close()
    const page = await ground.open({ options: { consent: 'denied' } })
    await expect.poll(() => ground.waiting(page), PATIENCE).toBe(0)
    await ground.track(page, 'denied', 20)
    await page.waitForTimeout(1500)
    expect(await ground.waiting(page)).toBe(0)
  })
})

const SIGNALS: [string, () => void][] = [
  ['GPC', () => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })],
  ['DNT', () => Object.defineProperty(navigator, 'doNotTrack', { value: '1' })],
]

describe.each(SIGNALS)('%s in a real browser', (_name, before) => {
  async function record(visit: Visit): Promise<Page> {
    const page = await ground.open(visit)
    await page.evaluate(() => {
      tracker.record('article', '1', { impressions: 1, readers: ['a', 'b'] })
      tracker.record('article', '2', { readers: ['a'] })
      tracker.increment('article', '3', 'impressions')
    })
    return page
  }

  test('no array is sent and nothing is stored, while counters count', async () => {
    const page = await record({ before })
    await expect.poll(() => ground.collector.counted(), PATIENCE).toEqual(['1', '3'])
    expect(ground.collector.bodies.join()).not.toMatch(/readers|"a"/)
    expect(await onDevice(page)).toEqual([])
  })

  test('counters count also where the page is left at once, and nothing is stored', async () => {
    const page = await record({ before })
    await page.goto(`${ground.site}/elsewhere.html`)
    await expect.poll(() => ground.collector.counted(), PATIENCE).toEqual(['1', '3'])
    expect(await onDevice(page)).toEqual([])
  })

  test('is not followed where the page says so', async () => {
    const page = await record({ before, options: { respectPrivacySignals: false } })
    await expect.poll(() => ground.collector.counted(), PATIENCE).toEqual(['1', '2', '3'])
    expect(ground.collector.bodies.join()).toContain('"readers":["a","b"]')
    expect(await onDevice(page)).toHaveLength(1)
  })
})
