import { html } from 'hono/html'
import { type Article, articles } from '../articles.ts'
import type { Site } from '../site.ts'
import { art } from './art.ts'
import { counts, layout } from './layout.ts'

/** The front page: a card for each article. */
export function listPage(site: Site) {
  const content = html`<h1 class="hidden">Articles</h1><div class="cards">${articles.map(card)}</div>`
  return layout(site, 'Tally, a small magazine about counting things', content)
}

function card(article: Article, index: number) {
  return html`<article class="card" data-track-impression="article:${article.slug}:impressions">
${art(index)}
<div class="text">
<h2><a href="/articles/${article.slug}" data-track-click="article:${article.slug}:clickThroughs">${article.title}</a></h2>
<p>${article.teaser}</p>
<p class="byline">${article.author}, ${article.minutes} minutes</p>
</div>
${counts(article.slug)}
</article>`
}
