import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killProfile, launchChromium, openProfile } from './support/chromium.ts'
import { tempDir } from './support/temp-dir.ts'

describe('a Chromium of a test', () => {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<title>A page</title>')
  })
  let url = ''
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  it('opens a page of this machine', async () => {
    const browser = await launchChromium()
    const page = await browser.newPage()
    await page.goto(url)
    expect(await page.title()).toBe('A page')
    await browser.close()
  })

  it('keeps what a page stored when its processes are killed', async () => {
    const profile = tempDir('profile')
    const first = await openProfile(profile.path)
    const page = await first.newPage()
    await page.goto(url)
    await page.evaluate(() => {
      const opening = indexedDB.open('kept', 1)
      opening.onupgradeneeded = () => opening.result.createObjectStore('numbers').put(1, 'one')
      return new Promise((done) => {
        opening.onsuccess = done
      })
    })
    const closed = new Promise((done) => first.once('close', done))
    killProfile(profile.path)
    await closed
    const second = await openProfile(profile.path)
    const again = await second.newPage()
    await again.goto(url)
    expect(await again.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))).toEqual([
      'kept',
    ])
    await second.close()
    profile.remove()
  })
})
