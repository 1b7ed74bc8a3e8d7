import { describe } from 'vitest'
import { describeSituations } from './situations.ts'

declare const tracker: { increment(...args: unknown[]): void }

describe('a visitor who leaves', () => {
  const situation = describeSituations()

  situation('closes the tab right after 50 events', async ({ open, track }) => {
    const page = await open()
    await track(page, 'closed', 50)
    await page.close()
    await track(await open(), 'again', 1)
  })

  situation('navigates in the task that tracked 50 events, and never comes back', async (ground) => {
    const page = await ground.open()
    ground.expect('go', 50)
    await page.evaluate(() => {
      for (let i = 0; i < 50; i++) tracker.increment('article', `go-${i}`, 'impressions')
      location.href = '/elsewhere.html'
    })
  })

  situation('navigates in the page’s first task, which tracked 50 events', async ({ open, track }) => {
    await open({ first: 50, go: true })
    await track(await open(), 'again', 1)
  })

  situation('navigates right after 300 events of a kilobyte', async ({ open, track, site }) => {
    const page = await open()
    await track(page, 'large', 300, 1000)
    await page.goto(`${site}/elsewhere.html`)
    await track(await open(), 'again', 1)
  })

  situation('is tracked by the page as it goes', async (ground) => {
    const page = await ground.open()
    for (const name of ['visibilitychange', 'pagehide']) ground.expect(name, 1)
    await page.evaluate(() => {
      for (const name of ['visibilitychange', 'pagehide']) {
        addEventListener(name, () => tracker.increment('article', `${name}-0`, 'impressions'))
      }
      location.href = '/elsewhere.html'
    })
    await page.waitForURL('**/elsewhere.html')
    await ground.track(await ground.open(), 'again', 1)
  })

  situation('navigates after a second while answers take ten', async ({ open, track, collector, site }) => {
    collector.mood = 'is slow'
    const page = await open()
    await track(page, 'slow', 50)
    await page.waitForTimeout(1000)
    await page.goto(`${site}/elsewhere.html`)
    collector.mood = 'accepts'
    await track(await open(), 'again', 1)
  })

  situation('closes two tabs of 500 events at once, and opens one', async ({ open, track }) => {
    const tabs = [await open(), await open()]
    await Promise.all(tabs.map((tab, i) => track(tab, `tab${i}`, 500)))
    await Promise.all(tabs.map((tab) => tab.close()))
    await track(await open(), 'again', 1)
  })

  situation('comes back by the back-forward cache, and is tracked on', async (ground) => {
    const { collector } = ground
    const page = await ground.open()
    await ground.track(page, 'before', 20)
    ground.expect('restored', 5)
    await page.evaluate(() => {
      addEventListener('pageshow', ({ persisted }) => {
        for (let i = 0; persisted && i < 5; i++) tracker.increment('article', `restored-${i}`, 'impressions')
      })
    })
    collector.mood = 'is down'
    await page.goto(`${ground.site}/elsewhere.html`)
    // Meanwhile another page adopts what the cached one left.
    const other = await ground.open()
    await ground.track(other, 'other', 5)
    collector.mood = 'accepts'
    await other.waitForTimeout(6000)
    await page.evaluate(() => history.back())
  })

  situation('has a tab that is frozen, thawed, and tracked on', async (ground) => {
    const { open, track, collector } = ground
    collector.mood = 'is down'
    const page = await open()
    await track(page, 'before', 20)
    const session = await page.context().newCDPSession(page)
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    const other = await open()
    await track(other, 'other', 5)
    collector.mood = 'accepts'
    await other.waitForTimeout(6000)
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    await track(page, 'after', 20)
  })

  situation('hides a tab that goes on while another one starts', async ({ open, track, collector }) => {
    collector.mood = 'is down'
    const hidden = await open()
    await track(hidden, 'before', 20)
    await hidden.evaluate(() => {
      Object.defineProperty(document, 'hidden', { value: true })
      document.dispatchEvent(new Event('visibilitychange'))
    })
    await track(await open(), 'front', 20)
    for (let i = 0; i < 7; i++) {
      await track(hidden, `hidden-${i}`, 5)
      await hidden.waitForTimeout(1000)
    }
    collector.mood = 'accepts'
  })
})
