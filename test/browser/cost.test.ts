import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Chromium, drained, type Ground, prepareGround, startBrowser } from './ground.ts'

declare const tracker: { increment(...args: unknown[]): void }
declare const thrown: string[]

interface Cost {
  what: string
  /** Milliseconds of the main thread in the calls and in what they begin at once. */
  calls: number
  /** Milliseconds of the main thread in all, with the browser's own work on it. */
  tasks: number
  /** Tasks of more than 50 ms. */
  long: number
  /** Milliseconds of the 99th of 100 calls, in the order of their length. */
  p99: number
}

// Figures, and no limits: they depend on what else the machine does.
describe('what tracking costs a page', () => {
  const costs: Cost[] = []
  let browser: Chromium
  let ground: Ground
  beforeAll(async () => {
    browser = await startBrowser()
    ground = await prepareGround(browser)
  })
  afterAll(async () => {
    console.table(costs)
    await ground.end()
    await browser.close()
  })

  test.each([
    ['10,000 increments in tasks of 250, the collector down', 40, 250],
    ['10,000 increments in a task each, the collector down', 10_000, 1],
  ])('%s: all of them arrive when it is back', async (what, tasks, each) => {
    ground.collector.mood = 'is down'
    const page = await ground.open({ isolated: true })
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    const name = `each${each}`
    for (let task = 0; task < tasks; task++) ground.expect(`${name}-${task}`, each)
    costs.push({ what, ...(await measure(page, name, tasks, each)) })
    ground.collector.mood = 'accepts'
    await page.evaluate(() => dispatchEvent(new Event('online')))
    await drained(ground)
    expect(new Set(ground.collector.counted()).size).toBe(ground.tracked.size)
    expect(ground.collector.counted()).toHaveLength(ground.tracked.size)
    // Under a policy that allows no script but the page's own, and Trusted Types.
    expect(await page.evaluate(() => thrown)).toEqual([])
    await page.close()
  })
})

async function measure(page: Page, name: string, tasks: number, each: number): Promise<Omit<Cost, 'what'>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const taskTime = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
  }
  const before = await taskTime()
  const measured = await page.evaluate(
    async ([name, tasks, each]) => {
      let long = 0
      new PerformanceObserver((list) => {
        long += list.getEntries().length
      }).observe({ entryTypes: ['longtask'] })
      const times: number[] = []
      let calls = 0
      for (let task = 0; task < tasks; task++) {
        const began = performance.now()
        let last = began
        for (let i = 0; i < each; i++) {
          tracker.increment('article', `${name}-${task}-${i}`, 'impressions')
          const now = performance.now()
          times.push(now - last)
          last = now
        }
        await Promise.resolve()
        calls += performance.now() - began
        await new Promise<void>((resolve) => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = () => resolve()
          port2.postMessage(0)
        })
      }
      times.sort((a, b) => a - b)
      return { calls, long, p99: times[Math.floor(times.length * 0.99)] ?? 0 }
    },
    [name, tasks, each] as const,
  )
  const spent = ((await taskTime()) - before) * 1000
  const round = (value: number) => Math.round(value * 1000) / 1000
  return { calls: round(measured.calls), tasks: round(spent), long: measured.long, p99: round(measured.p99) }
}
