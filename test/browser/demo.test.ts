import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { type CollectorProcess, startCollector } from '../support/collector.ts'
import { freePort } from '../support/free-port.ts'
import { PERSON, read } from '../support/send.ts'
import { until } from '../support/until.ts'

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const FIRST = 'the-turnstile-remembers'

describe('the demo in a real browser', () => {
  let browser: Browser
  let context: BrowserContext
  let collector: CollectorProcess
  let site: string
  let secret: string
  const ended: (() => unknown)[] = []

  beforeAll(async () => {
    collector = await startCollector({ configFile: file('apps/demo/trackable.config.ts') })
    const { key } = await collector.createKey('write')
    secret = (await collector.createKey('secret')).key
    const port = await freePort()
    site = `http://127.0.0.1:${port}`
    const env = { ...process.env, PORT: String(port), COLLECTOR: collector.url, WRITE_KEY: key }
    const demo = spawn(process.execPath, [file('apps/demo/dist/main.js')], { env, stdio: 'inherit' })
    ended.push(() => demo.kill())
    await until('the demo answers', () => fetch(site).then(({ ok }) => ok))
    // As a person's: the agent of a headless browser is one of those that are dropped. By a flag, because beacons of
    // a page that is gone carry the browser's own and not that of a context.
    browser = await launchChromium({ args: [`--user-agent=${PERSON}`] })
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await collector?.stop()
    for (const end of ended) end()
  })

  const totals = async (slug: string) =>
    (await read(`${collector.url}/v1/datasets/article/totals?parent=${slug}`, secret)).body.rows[0]

  test('an impression and a click-through reach the tables, and the page shows them', async () => {
    const page = await context.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    await page.goto(site)
    await until('the impression is in the table', async () => (await totals(FIRST)).impressions === 1)
    await page.click(`a[data-track-click^="article:${FIRST}:"]`)
    await page.waitForURL(`${site}/articles/${FIRST}`)
    await until('the click-through is in the table', async () => (await totals(FIRST)).clickThroughs === 1)
    await page.goto(site)
    const shown = page.locator(`[data-counts="${FIRST}"] [data-field="clickThroughs"]`)
    await until('the card shows the click', async () => (await shown.textContent()) === '1')
    if (process.env.SCREENSHOT) {
      await page.waitForTimeout(3000)
      await page.screenshot({ path: process.env.SCREENSHOT })
    }
    await page.close()
    expect(problems).toEqual([])
  })

  test('a click still arrives when its tab is closed right after it', async () => {
    const before = (await totals('one-two-many')).clickThroughs
    const page = await context.newPage()
    await page.goto(site)
    await page.waitForSelector('a[data-track-click^="article:one-two-many:"]')
    // In one task: the click is tracked, and nothing of it can have been sent when the page goes.
    await page.evaluate(() => {
      const link = document.querySelector('a[data-track-click^="article:one-two-many:"]')
      link?.addEventListener('click', (event) => event.preventDefault())
      link?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))
    })
    await page.close({ runBeforeUnload: false })
    await until(
      'the click is in the table',
      async () => (await totals('one-two-many')).clickThroughs === before + 1,
    )
  })
})
