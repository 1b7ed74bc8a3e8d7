import { build } from 'esbuild'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { launchChromium } from '../support/chromium.ts'

/** What the script of the page puts there for the tests. */
export interface CapturePage {
  capture: typeof import('@trackable/sdk/capture')
  recorder: { increment(...event: unknown[]): void }
  counted: string[]
}

// Everything of capture under its own names, and a tracker that writes down what it is told.
const SCRIPT = `
import * as capture from '@trackable/sdk/capture'
globalThis.counted = []
globalThis.recorder = { increment: (...event) => counted.push(event.join(':')) }
globalThis.capture = capture`

const SITE = 'http://site.test'

/** One browser for the tests of a file, and in it a context for each, which this gives. */
export function contextOfEachTest(): () => BrowserContext {
  let browser: Browser
  let context: BrowserContext
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    context = await browser.newContext()
  })
  afterEach(() => context.close())
  return () => context
}

/** A script for a page, with workspace packages from their sources. */
export async function scriptOf(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'iife',
    conditions: ['@trackable/source', 'browser'],
    define: { 'process.env.NODE_ENV': '"development"' },
  })
  return outputFiles[0]?.text ?? ''
}

/** Opens a page with capture on it, as `openPage` does. */
export async function openCapturePage(context: BrowserContext, html: string): Promise<Page> {
  return openPage(context, html, await scriptOf(SCRIPT), 'start')
}

/** Opens a page whose time stands still, with a script at its start or end, and a screen of 1,000 by 800. */
export async function openPage(
  context: BrowserContext,
  html: string,
  script: string,
  where: 'start' | 'end',
): Promise<Page> {
  const tag = '<script src="/page.js"></script>'
  const body = `<style>body { margin: 0 }</style>${html}`
  const files: Record<string, string> = {
    '/page.js': script,
    '/page': `<!doctype html>${where === 'start' ? tag + body : body + tag}`,
  }
  await context.route(`${SITE}/**`, (route) => {
    const path = new URL(route.request().url()).pathname
    const contentType = path.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8'
    return route.fulfill({ contentType, body: files[path] ?? '<!doctype html><title>empty</title>' })
  })
  const page = await context.newPage()
  await page.setViewportSize({ width: 1000, height: 800 })
  await page.clock.install({ time: new Date('2026-11-24T10:00:00Z') })
  await page.clock.pauseAt(new Date('2026-11-24T10:00:01Z'))
  await page.goto(`${SITE}/page`)
  return page
}

/** Lets the browser tell what is visible, then lets so much time pass, in milliseconds. */
export async function pass(page: Page, ms: number): Promise<void> {
  // An observer that has just found how large an element is observes it anew, in the next frame.
  for (let frame = 0; frame < 3; frame++) {
    await page.evaluate(
      () => new Promise<void>((resolve) => new IntersectionObserver(() => resolve()).observe(document.body)),
    )
  }
  await page.clock.runFor(ms)
}

/** What has been counted since the last call. */
export function counted(page: Page): Promise<string[]> {
  return page.evaluate(() => (globalThis as unknown as CapturePage).counted.splice(0))
}

/** Hides or shows a page, as another tab in front of it does. */
export function setHidden(page: Page, hidden: boolean): Promise<void> {
  return page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, hidden)
}
