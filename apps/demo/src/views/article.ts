import { html } from 'hono/html'
import { type Article, articles } from '../articles.ts'
import type { Site } from '../site.ts'
import { art } from './art.ts'
import { counts, layout } from './layout.ts'

/** One article to read. */
export function articlePage(site: Site, article: Article) {
  const content = html`<article class="reading">
<p class="byline">${article.author}, ${article.minutes} minutes</p>
<h1>${article.title}</h1>
<p class="teaser">${article.teaser}</p>
${art(articles.indexOf(article))}
${article.paragraphs.map((paragraph) => html`<p>${paragraph}</p>`)}
${counts(article.slug)}
<p><a href="/">All articles</a></p>
</article>`
  return layout(site, `${article.title}, Tally`, content)
}

/** What is said where there is nothing. */
export function missingPage(site: Site) {
  const content = html`<article class="reading"><h1>There is no such page</h1><p><a href="/">All articles</a></p></article>`
  return layout(site, 'Not found, Tally', content)
}
