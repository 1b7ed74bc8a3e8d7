import { html } from 'hono/html'
import { articles } from '../articles.ts'
import type { Site } from '../site.ts'
import { layout } from './layout.ts'

const JOIN = `select posts.title, counts.impressions, counts.click_throughs
from posts
left join trackable.article as counts on counts.parent = posts.slug
order by counts.click_throughs desc nulls last;`

const BY_DAY = `select bucket, impressions, click_throughs
from trackable.article_by_day
where parent = 'one-two-many'
order by bucket;`

/** Explains where the counts are, with the rows as they are now. */
export function tablePage(site: Site) {
  const content = html`<article class="reading wide">
<h1>What is in the table</h1>
<p>The collector folds what the pages send into ordinary Postgres tables. <code>trackable.article</code> has one row for each article, and nothing in it but a key and numbers. So your own query joins it, as it would join any other table:</p>
<pre><code>${JOIN}</code></pre>
<p>These are its rows, a moment ago:</p>
<div class="scroll"><table>
<thead><tr><th scope="col">parent</th><th scope="col">impressions</th><th scope="col">click_throughs</th></tr></thead>
<tbody>${articles.map(row)}</tbody>
</table></div>
<p>The configuration also asks for a series by hour and by day, in the time of Berlin. Each is a table of its own, with one row for each article and bucket:</p>
<pre><code>${BY_DAY}</code></pre>
<p>All of it was declared in <code>trackable.config.ts</code>, a short file. <a href="/">Back to the articles</a></p>
</article>`
  return layout(site, 'What is in the table, Tally', content)
}

function row({ slug }: { slug: string }) {
  return html`<tr data-counts="${slug}"><th scope="row">${slug}</th><td data-field="impressions">–</td><td data-field="clickThroughs">–</td></tr>`
}
