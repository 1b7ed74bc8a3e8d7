import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import {
  type CapturePage,
  contextOfEachTest,
  counted,
  openCapturePage,
  pass,
  setHidden,
} from './capture-page.ts'

declare const capture: CapturePage['capture']
declare const recorder: CapturePage['recorder']

const context = contextOfEachTest()

/** An element of a size, at so many pixels below the one before. */
function box(parent: string, { width = 300, height = 200, below = 0 } = {}): string {
  const style = `width:${width}px;height:${height}px;margin-top:${below}px`
  return `<div id="${parent}" style="${style}" data-track-impression="article:${parent}:impressions"></div>`
}

async function open(html: string): Promise<Page> {
  const page = await openCapturePage(context(), html)
  await page.evaluate(() => {
    ;(globalThis as { stop?: () => void }).stop = capture.captureImpressions(recorder)
  })
  return page
}

const scrollTo = (page: Page, y: number) => page.evaluate((y) => window.scrollTo(0, y), y)

describe('an impression', () => {
  test('is half of the pixels for one second, once an element', async () => {
    const page = await open(box('a') + box('b', { below: 500 }) + box('c', { below: 5000 }))
    await pass(page, 999)
    expect(await counted(page)).toEqual([])
    await pass(page, 1)
    // Of b exactly half is on the screen.
    expect(await counted(page)).toEqual(['article:a:impressions', 'article:b:impressions'])
    await scrollTo(page, 3000)
    await pass(page, 2000)
    await scrollTo(page, 0)
    await pass(page, 2000)
    expect(await counted(page)).toEqual([])
  })

  test('is not less than half of the pixels', async () => {
    const page = await open(box('a', { below: 702 }))
    await pass(page, 5000)
    expect(await counted(page)).toEqual([])
    await scrollTo(page, 2)
    await pass(page, 1000)
    expect(await counted(page)).toEqual(['article:a:impressions'])
  })

  test('needs a second on end', async () => {
    const page = await open(box('a') + box('b', { below: 5000 }))
    for (let time = 0; time < 3; time++) {
      await pass(page, 900)
      await scrollTo(page, 2000)
      await pass(page, 900)
      await scrollTo(page, 0)
    }
    expect(await counted(page)).toEqual([])
  })

  test.each([
    ['tall', { height: 80_000 }, 400],
    ['wide and tall', { width: 20_000, height: 8_000 }, 400],
  ])('of an element that is too %s for the screen is half of the screen', async (_what, size, half) => {
    const page = await open(box('a', { ...size, below: 800 }))
    await scrollTo(page, half - 2)
    await pass(page, 5000)
    expect(await counted(page)).toEqual([])
    await scrollTo(page, half)
    await pass(page, 1000)
    expect(await counted(page)).toEqual(['article:a:impressions'])
  })

  test('needs a page that is visible itself', async () => {
    const page = await open(box('a'))
    await pass(page, 900)
    await setHidden(page, true)
    await pass(page, 5000)
    await setHidden(page, false)
    await pass(page, 999)
    expect(await counted(page)).toEqual([])
    await pass(page, 1)
    expect(await counted(page)).toEqual(['article:a:impressions'])
  })

  test('of a prerendered page begins when it is shown', async () => {
    await context().addInitScript(() => {
      Object.defineProperty(document, 'prerendering', { value: true, configurable: true })
    })
    const page = await open(box('a'))
    await pass(page, 5000)
    expect(await counted(page)).toEqual([])
    await page.evaluate(() => document.dispatchEvent(new Event('prerenderingchange')))
    await pass(page, 1000)
    expect(await counted(page)).toEqual(['article:a:impressions'])
  })

  test('of a picture begins when it has a size', async () => {
    const page = await open(box('a', { height: 0 }))
    await pass(page, 5000)
    expect(await counted(page)).toEqual([])
    await page.evaluate(() => document.getElementById('a')?.setAttribute('style', 'height: 300px'))
    await pass(page, 1000)
    await pass(page, 1000)
    expect(await counted(page)).toEqual(['article:a:impressions'])
  })
})

describe('elements that come and go', () => {
  test('are counted when they are added, and once when they are moved', async () => {
    const page = await open('<main></main>')
    const add = (html: string) =>
      page.evaluate((html) => document.querySelector('main')?.insertAdjacentHTML('beforeend', html), html)
    await add(`<section>${box('a')}</section>${box('b')}`)
    await pass(page, 500)
    await page.evaluate(() => document.getElementById('b')?.remove())
    await pass(page, 1000)
    expect(await counted(page)).toEqual(['article:a:impressions'])
    await page.evaluate(() =>
      document.querySelector('main')?.prepend(document.getElementById('a') as Element),
    )
    await pass(page, 2000)
    expect(await counted(page)).toEqual([])
  })

  test('are others with another value, and none without', async () => {
    const page = await open(box('a') + box('b'))
    await pass(page, 1000)
    await counted(page)
    await page.evaluate(() => {
      document.getElementById('a')?.setAttribute('data-track-impression', 'article:urn:isbn:1:impressions')
      document.getElementById('b')?.removeAttribute('data-track-impression')
    })
    await pass(page, 1000)
    expect(await counted(page)).toEqual(['article:urn:isbn:1:impressions'])
  })

  test('are no longer counted after a stop', async () => {
    const page = await open(box('a'))
    await pass(page, 900)
    await page.evaluate(() => (globalThis as unknown as { stop(): void }).stop())
    await page.evaluate((html) => document.body.insertAdjacentHTML('beforeend', html), box('b'))
    await pass(page, 5000)
    expect(await counted(page)).toEqual([])
  })
})

describe('elements within others', () => {
  test('are counted in shadow roots: open, closed, and those of the parser', async () => {
    const declared = `<div><template shadowrootmode="open">${box('declared')}</template></div>`
    const page = await open(`${declared}<div id="open"></div><div id="closed"></div>`)
    await page.evaluate(
      ([open, closed]) => {
        const attach = (id: 'open' | 'closed', html: string) => {
          const root = document.getElementById(id)?.attachShadow({ mode: id }) as ShadowRoot
          root.innerHTML = html
        }
        attach('open', open as string)
        attach('closed', closed as string)
      },
      [box('in-open'), box('in-closed')],
    )
    await pass(page, 1000)
    const names = ['declared', 'in-open', 'in-closed'].map((name) => `article:${name}:impressions`)
    expect((await counted(page)).sort()).toEqual(names.sort())
  })

  test.each(['open', 'closed'] as const)('are counted in an %s root whose host comes back', async (mode) => {
    const page = await open('<div id="host"></div>')
    await page.evaluate(
      ([mode, html]) => {
        const host = document.getElementById('host') as Element
        host.attachShadow({ mode: mode as ShadowRootMode }).innerHTML = html as string
        Object.assign(globalThis, { host })
      },
      [mode, box('a')],
    )
    await pass(page, 500)
    await page.evaluate(() => document.getElementById('host')?.remove())
    await pass(page, 5000)
    expect(await counted(page)).toEqual([])
    await page.evaluate(() => document.body.append((globalThis as unknown as { host: Element }).host))
    await pass(page, 2000)
    expect(await counted(page)).toEqual(['article:a:impressions'])
  })

  test('are counted in frames of the same origin, also after those have navigated', async () => {
    const page = await open('<iframe src="/frame" width="600" height="400"></iframe>')
    const write = (parent: string) =>
      page.frames()[1]?.evaluate((html) => {
        document.body.innerHTML = html
      }, box(parent))
    await write('first')
    await pass(page, 1000)
    expect(await counted(page)).toEqual(['article:first:impressions'])
    await page.frames()[1]?.goto('http://site.test/other')
    await write('second')
    await pass(page, 1000)
    expect(await counted(page)).toEqual(['article:second:impressions'])
  })
})

describe('a dwell', () => {
  test('is told in seconds when it ends: out of sight, hidden, or stopped', async () => {
    const page = await openCapturePage(context(), box('a', { height: 2000 }) + box('end', { below: 5000 }))
    await page.evaluate(() => {
      const told = (seconds: number) => recorder.increment(seconds)
      ;(globalThis as { stop?: () => void }).stop = capture.onDwell(
        document.getElementById('a') as Element,
        told,
      )
    })
    const seconds = async () => (await counted(page)).map((text) => Math.round(Number(text) * 10) / 10)
    await pass(page, 12_500)
    expect(await seconds()).toEqual([])
    await scrollTo(page, 4000)
    await pass(page, 30_000)
    expect(await seconds()).toEqual([12.5])
    await scrollTo(page, 0)
    await pass(page, 3000)
    await setHidden(page, true)
    expect(await seconds()).toEqual([3])
    await setHidden(page, false)
    await pass(page, 900)
    await page.evaluate(() => (globalThis as unknown as { stop(): void }).stop())
    expect(await seconds()).toEqual([])
  })
})
