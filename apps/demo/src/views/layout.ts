import { html } from 'hono/html'
import type { Site } from '../site.ts'

type Html = ReturnType<typeof html>

/** A whole page around its content. Where the collector is, and the key, stand in attributes that the script reads. */
export function layout(site: Site, title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<script type="module" src="/app.js"></script>
</head>
<body data-collector="${site.collector}" data-key="${site.key}">
<header class="masthead">
<a class="name" href="/">Tally</a>
<p>A small magazine about counting things</p>
<nav><a href="/table">What is in the table</a></nav>
</header>
<main>${content}</main>
<footer><p class="foot">Every number on these pages is counted by Trackable: an impression when half of a card was visible for a second, a click-through when its link was followed.</p></footer>
</body>
</html>`
}

/** The live numbers of one article. They are dashes until the collector has answered. */
export function counts(slug: string): Html {
  return html`<dl class="counts" data-counts="${slug}"><div><dt>Impressions</dt><dd data-field="impressions">–</dd></div><div><dt>Click-throughs</dt><dd data-field="clickThroughs">–</dd></div></dl>`
}
