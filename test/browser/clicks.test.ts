import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CapturePage, contextOfEachTest, counted, openCapturePage, scriptOf } from './capture-page.ts'
import { type FakeCollector, startFakeCollector } from './fake-collector.ts'

declare const capture: CapturePage['capture']
declare const recorder: CapturePage['recorder']

const context = contextOfEachTest()

const track = (parent: string) => `data-track-click="article:${parent}:clickThroughs"`
const named = (...parents: string[]) => parents.map((parent) => `article:${parent}:clickThroughs`)

async function open(html: string): Promise<Page> {
  const page = await openCapturePage(context(), html)
  // Two clicks of one time are one, which went on from a label to its control.
  await page.clock.resume()
  await page.evaluate(() => {
    ;(globalThis as { stop?: () => void }).stop = capture.captureClicks(recorder)
  })
  return page
}

describe('a click', () => {
  test('counts by mouse, by keyboard, and into another tab', async () => {
    const link = `<a id="a" href="/elsewhere" target="_blank" ${track('a')}><b>A link</b></a>`
    const page = await open(link)
    await page.click('b')
    await page.focus('#a')
    await page.keyboard.press('Enter')
    await page.click('#a', { modifiers: ['Control'] })
    expect(await counted(page)).toEqual(named('a', 'a', 'a'))
  })

  test('counts of the middle button on a link, and of no other button', async () => {
    const button = `<button id="button" ${track('button')}>A button</button>`
    const page = await open(
      `<a id="a" href="/elsewhere" ${track('a')}>A link</a><p ${track('card')}><a id="in" href="/x">in</a></p>${button}`,
    )
    await page.click('#a', { button: 'middle' })
    await page.click('#a', { button: 'right' })
    await page.click('#in', { button: 'middle' })
    await page.click('#button', { button: 'middle' })
    await page.click('#button')
    expect(await counted(page)).toEqual(named('a', 'card', 'button'))
  })

  test('counts whatever the page does with it, and for the innermost element', async () => {
    const page = await open(
      `<section ${track('outer')}><a id="a" href="#here" ${track('a')}>A</a> <i>text</i></section>`,
    )
    await page.evaluate(() => {
      const end = (event: Event) => {
        event.stopImmediatePropagation()
        event.preventDefault()
      }
      document.getElementById('a')?.addEventListener('click', end)
    })
    await page.click('#a')
    await page.click('i')
    expect(await counted(page)).toEqual(named('a', 'outer'))
  })

  test('counts once in shadow roots, and in frames of the same origin', async () => {
    const page = await open(
      '<div id="open"></div><div id="closed"></div><iframe src="/frame" width="300" height="200"></iframe>',
    )
    await page.evaluate(
      ([open, closed]) => {
        const attach = (id: 'open' | 'closed', html: string) => {
          const root = document.getElementById(id)?.attachShadow({ mode: id }) as ShadowRoot
          root.innerHTML = html
          // Playwright does not look into a closed one.
          ;(globalThis as Record<string, unknown>)[`${id}Button`] = root.querySelector('button')
        }
        attach('open', open as string)
        attach('closed', closed as string)
      },
      ['open', 'closed'].map((name) => `<button id="in-${name}" ${track(name)}>${name}</button>`),
    )
    await page.click('#in-open')
    await page.evaluate(() => (globalThis as unknown as { closedButton: HTMLElement }).closedButton.click())
    const frame = page.frames()[1]
    await frame?.evaluate(
      (html) => {
        document.body.innerHTML = html
      },
      `<button ${track('frame')}>frame</button>`,
    )
    await frame?.click('button')
    expect(await counted(page)).toEqual(named('open', 'closed', 'frame'))
  })

  test('counts each that a script makes, however fast', async () => {
    const page = await open(`<button ${track('a')}>A</button><button ${track('b')}>B</button>`)
    await page.evaluate(() => {
      for (const button of [...document.querySelectorAll('button')]) {
        button.click()
        button.click()
      }
    })
    expect(await counted(page)).toEqual(named('a', 'a', 'b', 'b'))
  })

  test('does not count after a stop', async () => {
    const page = await open(`<button ${track('a')}>A</button>`)
    await page.evaluate(() => (globalThis as unknown as { stop(): void }).stop())
    await page.click('button')
    expect(await counted(page)).toEqual([])
  })
})

describe('with a tracker', () => {
  let collector: FakeCollector
  beforeEach(async () => {
    const script = await scriptOf(`
      import { createTracker } from '@trackable/sdk'
      import { captureClicks } from '@trackable/sdk/capture'
      globalThis.errors = []
      const onError = ({ code, message }) => errors.push(code + ' ' + message)
      createTracker({ endpoint: '', key: 'pk_1', coalesce: false, onError })
      captureClicks()`)
    const html = (body: string) => `<!doctype html>${body}<script src="/track.js"></script>`
    collector = await startFakeCollector({
      '/track.js': script,
      '/link': html(`<a href="/elsewhere" ${track('followed')}>A link</a>`),
      '/broken': html('<button data-track-click="article 42">A</button>'),
      '/labels': html(`
        <label id="label" ${track('label')}><b>text</b> <a href="#here">link</a> <input type="checkbox"></label>
        <label for="there" ${track('for')}>another</label> <input id="there" type="checkbox">
        <label><i>a third</i> <input type="checkbox" ${track('control')}></label>`),
      '/elsewhere': '<!doctype html>',
    })
  })
  afterEach(() => collector.close())

  test('a link that is followed at once is counted, without another visit', async () => {
    const page = await context().newPage()
    await page.goto(`${collector.origin}/link`)
    await page.click('a')
    await page.waitForURL('**/elsewhere')
    await expect.poll(() => collector.counted(), { timeout: 20_000 }).toEqual(['followed'])
  })

  test('a click on a label counts once, though the browser clicks its control too', async () => {
    const page = await context().newPage()
    await page.goto(`${collector.origin}/labels`)
    for (const clicked of ['b', '#label a', '#label input', '[for]', 'i']) await page.click(clicked)
    await page.keyboard.press('Space')
    await expect
      .poll(() => collector.counted().sort(), { timeout: 20_000 })
      .toEqual(['control', 'control', 'for', 'label', 'label', 'label'])
  })

  test('an attribute that names no field is told to onError', async () => {
    const page = await context().newPage()
    await page.goto(`${collector.origin}/broken`)
    await page.click('button')
    const errors = await page.evaluate(() => (globalThis as unknown as { errors: string[] }).errors)
    expect(errors).toEqual([expect.stringMatching(/^unknown_field article 42/)])
  })
})
