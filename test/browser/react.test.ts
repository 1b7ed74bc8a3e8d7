import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { counted, openPage, pass, scriptOf } from './capture-page.ts'

// As an application has it: StrictMode, a component that counts clicks, one that counts impressions.
const SCRIPT = `
import { createElement, StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { Impression, TrackableProvider, useTracker } from '@trackable/sdk/react'
globalThis.counted = []
const createTracker = () => ({ increment: (...event) => counted.push(event.join(':')) })
function Card({ id }) {
  const tracker = useTracker()
  const onClick = () => tracker.increment('article', id, 'clickThroughs')
  const button = createElement('button', { onClick }, 'Open ' + id)
  return createElement(Impression, { dataset: 'article', parent: id, field: 'impressions', className: 'card' }, button)
}
function App() {
  const [ids, setIds] = useState(['a'])
  globalThis.show = setIds
  // By place and not by name, so that React gives the element of one article to the next.
  return ids.map((id, place) => createElement(Card, { id, key: place }))
}
function Root() {
  const [tracker, setTracker] = useState(createTracker)
  globalThis.changeTracker = () => setTracker(createTracker)
  return createElement(TrackableProvider, { tracker }, createElement(App))
}
const root = createRoot(document.getElementById('root'))
root.render(createElement(StrictMode, null, createElement(Root)))
globalThis.unmount = () => root.unmount()`

let browser: Browser
let context: BrowserContext
let page: Page

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  context = await browser.newContext()
  page = await openPage(context, '<div id="root"></div>', await scriptOf(SCRIPT), 'end')
})
afterEach(() => context.close())

const show = (...ids: string[]) =>
  page.evaluate((ids) => (globalThis as unknown as { show(ids: string[]): void }).show(ids), ids)

test('in StrictMode an impression counts once, and a click as often as it happens', async () => {
  await page.waitForSelector('button')
  await pass(page, 1000)
  await pass(page, 5000)
  await page.click('button')
  expect(await counted(page)).toEqual(['article:a:impressions', 'article:a:clickThroughs'])
})

test('an element that becomes that of another parent counts for that one, and rendering again counts nothing', async () => {
  await page.waitForSelector('button')
  await pass(page, 1000)
  await show('a', 'b')
  await page.waitForSelector('text=Open b')
  await pass(page, 1000)
  await show('c', 'b')
  await page.waitForSelector('text=Open c')
  await pass(page, 1000)
  expect(await counted(page)).toEqual(['a', 'b', 'c'].map((id) => `article:${id}:impressions`))
})

test('an element that has counted does not count again with another tracker', async () => {
  await page.waitForSelector('button')
  await pass(page, 1000)
  await page.evaluate(() => (globalThis as unknown as { changeTracker(): void }).changeTracker())
  await pass(page, 5000)
  expect(await counted(page)).toEqual(['article:a:impressions'])
})

test('a component that is gone counts nothing', async () => {
  await page.waitForSelector('button')
  await pass(page, 900)
  await page.evaluate(() => (globalThis as unknown as { unmount(): void }).unmount())
  await pass(page, 5000)
  expect(await counted(page)).toEqual([])
})
