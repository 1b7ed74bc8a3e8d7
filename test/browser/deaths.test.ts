import { describe } from 'vitest'
import { describeSituations } from './situations.ts'

describe('a death', () => {
  const situation = describeSituations()

  situation('of the renderer, 300 ms after 100 events, online', async ({ open, track, crash }) => {
    const page = await open()
    await track(page, 'crashed', 100)
    await page.waitForTimeout(300)
    await crash(page)
    await track(await open(), 'again', 1)
  })

  situation('of the renderer, 300 ms after 100 events, offline', async (ground) => {
    const page = await ground.open()
    await ground.setOffline(true)
    await ground.track(page, 'crashed', 100)
    await page.waitForTimeout(300)
    await ground.crash(page)
    await ground.setOffline(false)
    await ground.track(await ground.open(), 'again', 1)
  })

  situation('of the browser by SIGKILL, 300 ms after 100 events, offline', async (ground) => {
    const page = await ground.open()
    await ground.setOffline(true)
    await ground.track(page, 'killed', 100)
    await ground.written(page)
    await ground.kill()
    await ground.track(await ground.open(), 'again', 1)
  })

  situation('of the browser by SIGKILL, 300 ms after the page’s first task', async (ground) => {
    ground.collector.mood = 'is down'
    const page = await ground.open({ first: 50 })
    await ground.written(page)
    await ground.kill()
    ground.collector.mood = 'accepts'
    await ground.track(await ground.open(), 'again', 1)
  })

  situation('of the browser by SIGKILL, while answers are lost and more is tracked', async (ground) => {
    ground.collector.mood = 'loses answers'
    const page = await ground.open()
    for (let i = 0; i < 5; i++) {
      await ground.track(page, `task${i}`, 30)
      await page.waitForTimeout(400)
    }
    await ground.written(page)
    await ground.kill()
    ground.collector.mood = 'accepts'
    await ground.track(await ground.open(), 'again', 1)
  })

  situation('of a renderer at once after a send', async (ground) => {
    ground.collector.mood = 'loses answers'
    const page = await ground.open()
    await ground.track(page, 'sent', 150)
    await ground.track(page, 'sealed', 150)
    while (ground.collector.requests.length === 0) await page.waitForTimeout(5)
    await ground.crash(page)
    ground.collector.mood = 'accepts'
    await ground.track(await ground.open(), 'again', 1)
  })
})
