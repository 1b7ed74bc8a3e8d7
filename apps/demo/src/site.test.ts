import { describe, expect, test } from 'vitest'
import { articles } from './articles.ts'
import { createSite } from './site.ts'

const app = createSite({
  collector: 'https://stats.example.com',
  key: 'pk_"1"',
  script: 'script()',
  style: 'body {}',
})

describe('the demo', () => {
  test('the front page has a card for each article, with what is counted', async () => {
    const page = await (await app.request('/')).text()
    for (const { slug } of articles) {
      expect(page).toContain(`data-track-impression="article:${slug}:impressions"`)
      expect(page).toContain(`href="/articles/${slug}" data-track-click="article:${slug}:clickThroughs"`)
      expect(page).toContain(`data-counts="${slug}"`)
    }
  })

  test('each article can be read, and shows its counts', async () => {
    for (const { slug, paragraphs } of articles) {
      const page = await app.request(`/articles/${slug}`)
      expect(page.status).toBe(200)
      expect(await page.text()).toContain(paragraphs[0]?.slice(0, 20))
    }
    expect((await app.request('/articles/none')).status).toBe(404)
    expect((await app.request('/nowhere')).status).toBe(404)
  })

  test('key and collector are in the page, escaped', async () => {
    const page = await (await app.request('/table')).text()
    expect(page).toContain('data-collector="https://stats.example.com" data-key="pk_&quot;1&quot;"')
    expect(page).toContain('left join trackable.article')
  })

  test('the policy allows no inline code, and only the collector to be called', async () => {
    const policy = (await app.request('/')).headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).toContain('connect-src https://stats.example.com;')
    expect(policy).not.toContain('unsafe')
    expect(await (await app.request('/')).text()).not.toMatch(/<script>|style="|onclick/)
  })

  test('the script and the style sheet are what was built', async () => {
    expect(await (await app.request('/app.js')).text()).toBe('script()')
    expect((await app.request('/style.css')).headers.get('content-type')).toContain('text/css')
  })
})
