import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { type CapturePage, contextOfEachTest, counted, openCapturePage } from './capture-page.ts'

declare const capture: CapturePage['capture']
declare const recorder: CapturePage['recorder']

const context = contextOfEachTest()

async function open(): Promise<Page> {
  const page = await openCapturePage(context(), '')
  await page.evaluate(() => {
    // The front page is nobody's, and one address cannot be read.
    const parentOf = (url: URL) => {
      if (url.pathname === '/broken') throw new Error('no parent')
      return url.pathname === '/front' ? undefined : url.pathname + url.search
    }
    ;(globalThis as { stop?: () => void }).stop = capture.capturePageViews(
      'page',
      'views',
      parentOf,
      recorder,
    )
  })
  return page
}

const go = (page: Page, url: string, method: 'pushState' | 'replaceState' = 'pushState') =>
  page.evaluate(([url, method]) => history[method]({}, '', url), [url, method] as const)

test('a view is the page now, and each that it becomes', async () => {
  const page = await open()
  expect(await counted(page)).toEqual(['page:/page:views'])
  await go(page, '/a')
  await go(page, '/b?c=1', 'replaceState')
  expect(await counted(page)).toEqual(['page:/a:views', 'page:/b?c=1:views'])
  await page.goBack()
  expect(await counted(page)).toEqual(['page:/page:views'])
})

test('the same page with another fragment or state is no view, and one that is nobody’s is not counted', async () => {
  const page = await open()
  await go(page, '/page#part')
  await go(page, '/page', 'replaceState')
  await go(page, '/front')
  expect(await counted(page)).toEqual(['page:/page:views'])
  await go(page, '/page')
  expect(await counted(page)).toEqual(['page:/page:views'])
})

test('what parentOf throws does not end the navigation', async () => {
  const page = await open()
  const thrown: string[] = []
  page.on('pageerror', ({ message }) => thrown.push(message))
  await go(page, '/broken')
  expect(page.url()).toMatch(/broken$/)
  await go(page, '/a')
  expect(await counted(page)).toEqual(['page:/page:views', 'page:/a:views'])
  expect(thrown).toEqual(['no parent'])
})

test('a page that comes back from the cache is a view', async () => {
  const page = await open()
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
  expect(await counted(page)).toEqual(['page:/page:views', 'page:/page:views'])
})

test('a prerendered page is a view when it is shown', async () => {
  await context().addInitScript(() => {
    Object.defineProperty(document, 'prerendering', { value: true, configurable: true })
  })
  const page = await open()
  await go(page, '/a')
  expect(await counted(page)).toEqual([])
  await page.evaluate(() => document.dispatchEvent(new Event('prerenderingchange')))
  expect(await counted(page)).toEqual(['page:/a:views'])
})

test('after a stop nothing is a view, and the history is as it was', async () => {
  const page = await open()
  await page.evaluate(() => (globalThis as unknown as { stop(): void }).stop())
  await go(page, '/a')
  expect(await counted(page)).toEqual(['page:/page:views'])
})
