import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { scriptOf } from './capture-page.ts'
import { type FakeCollector, startFakeCollector } from './fake-collector.ts'

// Without `close` and `flush` a worker sends in its own time; a service worker may be stopped, so it waits.
const WORKER = `
import { createTracker } from '@trackable/sdk'
const tracker = createTracker({ endpoint: '', key: 'pk_1' })
self.addEventListener('message', ({ data }) => tracker.increment('article', data, 'views'))`
const SERVICE_WORKER = `
import { createTracker } from '@trackable/sdk'
const tracker = createTracker({ endpoint: '', key: 'pk_1' })
self.addEventListener('message', (event) => {
  tracker.increment('article', event.data, 'views')
  event.waitUntil(tracker.flush())
})`

let browser: Browser
let context: BrowserContext
let collector: FakeCollector

beforeAll(async () => {
  collector = await startFakeCollector({
    '/': '<!doctype html><title>page</title>',
    '/worker.js': await scriptOf(WORKER),
    '/service-worker.js': await scriptOf(SERVICE_WORKER),
  })
  browser = await launchChromium()
  context = await browser.newContext()
})
afterAll(async () => {
  await browser?.close()
  await collector?.close()
})

const open = async () => {
  const page = await context.newPage()
  await page.goto(`${collector.origin}/`)
  return page
}
const expectCounted = (parent: string) =>
  expect.poll(() => collector.counted(), { timeout: 20_000 }).toContain(parent)

test('a worker tracks, and what it could not send is sent by the next tracker of the site', async () => {
  const page = await open()
  const start = (parent: string) =>
    page.evaluate((parent) => {
      // The policy of the page lets nobody name a script by mere text.
      const policy = (globalThis as any).trustedTypes.createPolicy(parent, {
        createScriptURL: (url: string) => url,
      })
      new Worker(policy.createScriptURL('/worker.js')).postMessage(parent)
    }, parent)
  await start('in-worker')
  await expectCounted('in-worker')
  collector.mood = 'is down'
  await start('while-down')
  await expect.poll(() => collector.requests.length, { timeout: 20_000 }).toBeGreaterThan(1)
  await page.close()
  collector.mood = 'accepts'
  const next = await open()
  await next.evaluate(() => {
    const policy = (globalThis as any).trustedTypes.createPolicy('next', {
      createScriptURL: (url: string) => url,
    })
    new Worker(policy.createScriptURL('/worker.js')).postMessage('after')
  })
  await expectCounted('while-down')
})

test('a service worker tracks', async () => {
  const page = await open()
  await page.evaluate(async () => {
    const policy = (globalThis as any).trustedTypes.createPolicy('sw', {
      createScriptURL: (url: string) => url,
    })
    await navigator.serviceWorker.register(policy.createScriptURL('/service-worker.js'))
    const { active } = await navigator.serviceWorker.ready
    active?.postMessage('in-service-worker')
  })
  await expectCounted('in-service-worker')
})
