import { describe, expect } from 'vitest'
import { NEW_KEY } from './fake-collector.ts'
import { describeSituations } from './situations.ts'

declare const errors: string[]
declare const drops: string[]

describe('a network', () => {
  const situation = describeSituations()

  situation('that works, and a burst of 1,000', async ({ open, track }) => {
    await track(await open(), 'burst', 1000)
  })

  situation('that answers 503 for 8 s', async ({ open, track, refuse }) => {
    await track(await open(), 'unavailable', 100)
    await refuse('is unavailable', 8000)
  })

  situation('that loses answers after the batch was stored', async ({ open, track, collector }) => {
    collector.mood = 'loses answers'
    const page = await open()
    await track(page, 'lost', 300)
    while (collector.requests.length < 3) await page.waitForTimeout(50)
    collector.mood = 'accepts'
  })

  situation('that drops every connection for 5 s, while the browser thinks it is online', async (ground) => {
    await ground.track(await ground.open(), 'dropped', 100)
    await ground.refuse('is down', 5000)
  })

  situation('that is gone, the tab closed and opened again', async (ground) => {
    const page = await ground.open()
    await ground.setOffline(true)
    await ground.track(page, 'offline', 200)
    await page.waitForTimeout(1500)
    await page.close()
    await ground.setOffline(false)
    await ground.track(await ground.open(), 'again', 1)
  })

  situation('that is gone for two tabs, one of them opened again', async (ground) => {
    const tabs = [await ground.open(), await ground.open()]
    await ground.setOffline(true)
    for (let i = 0; i < 10; i++) {
      for (const [t, tab] of tabs.entries()) await ground.track(tab, `turn${i}-tab${t}`, 10)
    }
    await Promise.all(tabs.map((tab) => tab.close()))
    await ground.setOffline(false)
    await ground.track(await ground.open(), 'again', 1)
  })

  situation('that is gone for 10,000 events', async (ground) => {
    const page = await ground.open()
    await ground.setOffline(true)
    for (let i = 0; i < 40; i++) await ground.track(page, `many${i}`, 250)
    await ground.setOffline(false)
  })

  for (const [what, mood, wait] of [
    ['429', 'is limited', 2000],
    ['503', 'is busy', 3000],
  ] as const) {
    situation(
      `that answers ${what} with Retry-After, which is obeyed`,
      async ({ open, track, collector }) => {
        collector.mood = mood
        const page = await open()
        await track(page, 'limited', 30)
        while (collector.requests.length === 0) await page.waitForTimeout(20)
        collector.mood = 'accepts'
        while (collector.requests.length === 1) await page.waitForTimeout(20)
        const [first, second] = collector.requests
        expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(wait - 100)
      },
    )
  }

  for (const [what, mood] of [
    ['a captive portal’s 200', 'is a portal'],
    ['a deploy’s 404', 'is being deployed'],
    ['a firewall’s 403', 'is behind a firewall'],
  ] as const) {
    situation(`with ${what} in HTML`, async ({ open, track, collector }) => {
      collector.mood = mood
      const page = await open()
      await track(page, 'between', 50)
      while (collector.requests.length < 2) await page.waitForTimeout(50)
      await page.close()
      collector.mood = 'accepts'
      await track(await open(), 'again', 1)
    })
  }

  situation(
    'with a key that is revoked, and renewed in the next visit',
    async ({ open, track, collector }) => {
      collector.mood = 'knows only the new key'
      const page = await open()
      await track(page, 'revoked', 50)
      await page.waitForFunction(() => errors.includes('unknown_key'))
      await page.close()
      await track(await open({ options: { key: NEW_KEY } }), 'renewed', 1)
    },
  )

  situation('of another origin, whose refusal for good is told and ends a batch', async (ground) => {
    ground.collector.mood = 'forbids'
    const page = await ground.open()
    await ground.track(page, 'forbidden', 3)
    await page.waitForFunction(() => errors.includes('forbidden'))
    expect(await page.evaluate(() => drops)).toEqual(['forbidden'])
    expect(await ground.waiting(page)).toBe(0)
    // They were refused, not lost.
    ground.tracked.clear()
    ground.collector.mood = 'accepts'
    await ground.track(page, 'accepted', 3)
  })
})
