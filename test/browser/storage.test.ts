import type { Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import type { Ground } from './ground.ts'
import { describeSituations } from './situations.ts'

declare const errors: string[]
declare const thrown: string[]

// Before the page's own code; each takes away or breaks one thing.
const BROKEN: [string, () => void][] = [
  ['is missing', () => Object.defineProperty(globalThis, 'indexedDB', { value: undefined })],
  [
    'throws',
    () => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('denied', 'SecurityError')
      }
    },
  ],
  [
    'never opens',
    () => {
      IDBFactory.prototype.open = () => ({}) as IDBOpenDBRequest
    },
  ],
]

describe('a database of the browser', () => {
  const situation = describeSituations()
  const problems = (page: Page) => page.evaluate(() => ({ thrown, errors }))

  for (const [what, before] of BROKEN) {
    situation(`that ${what}: sent from memory, and told`, async ({ open, track }) => {
      const page = await open({ before })
      await track(page, 'memory', 50)
      await page.waitForFunction(() => errors.includes('store'))
      expect(await problems(page)).toEqual({ thrown: [], errors: ['store'] })
    })
  }

  situation('that is closed again and again under load', async ({ open, track }) => {
    const page = await open({
      before() {
        const open = IDBFactory.prototype.open
        IDBFactory.prototype.open = function (...args) {
          const request = open.apply(this, args)
          request.addEventListener('success', () => setTimeout(() => request.result.close(), 20))
          return request
        }
      },
    })
    for (let i = 0; i < 50; i++) await track(page, `closing${i}`, 10)
    expect((await problems(page)).thrown).toEqual([])
    await page.close()
    await track(await open(), 'again', 1)
  })

  situation('that is full: sent from memory, told, and stored again when there is room', async (ground) => {
    const { open, track, site } = ground
    const page = await open()
    const session = await page.context().newCDPSession(page)
    await session.send('Storage.overrideQuotaForOrigin', { origin: site, quotaSize: 1 })
    await track(page, 'full', 100, 100)
    await page.waitForFunction(() => errors.includes('store'))
    await session.send('Storage.overrideQuotaForOrigin', { origin: site })
    ground.collector.mood = 'is down'
    await track(page, 'room', 10)
    await ground.written(page)
    await page.close()
    ground.collector.mood = 'accepts'
    await track(await open(), 'again', 1)
  })

  situation('that another tab deletes', (ground) =>
    disturb(ground, async (name) => {
      await new Promise((resolve) => {
        indexedDB.deleteDatabase(name).onsuccess = resolve
      })
    }),
  )

  situation('that another tab upgrades', (ground) =>
    disturb(ground, async (name) => {
      await new Promise<void>((resolve) => {
        const opening = indexedDB.open(name, 7)
        opening.onsuccess = () => {
          opening.result.close()
          resolve()
        }
      })
    }),
  )

  async function disturb(
    { open, track, elsewhere, collector }: Ground,
    work: (name: string) => Promise<void>,
  ): Promise<void> {
    const page = await open()
    await track(page, 'before', 5)
    const other = await elsewhere()
    await other.evaluate(`(async () => {
      const work = ${work}
      for (const { name } of await indexedDB.databases()) {
        if (name.includes('${collector.origin}')) await work(name)
      }
    })()`)
    await track(page, 'after', 5)
    while (collector.counted().length < 10) await page.waitForTimeout(50)
    expect(await problems(page)).toEqual({ thrown: [], errors: [] })
  }
})
