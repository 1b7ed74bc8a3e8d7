import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { createTracker } from '../node.ts'
import { createTestTransport } from '../testing/index.ts'
import { Impression, TrackableProvider, useTracker } from './index.ts'

function Lonely() {
  return createElement('p', null, String(useTracker()))
}

test('renders on a server, tracks nothing there, and passes attributes to the element', async () => {
  const transport = createTestTransport()
  const tracker = createTracker({ endpoint: 'http://test', key: 'pk_react', transport })
  const card = createElement(
    Impression,
    { dataset: 'article', parent: '42', field: 'impressions', as: 'article', className: 'card' },
    'Hello',
  )
  expect(renderToString(createElement(TrackableProvider, { tracker }, card))).toBe(
    '<article class="card">Hello</article>',
  )
  await tracker.close()
  expect(transport.events()).toEqual([])
})

test('a component without a provider says what to do', () => {
  expect(() => renderToString(createElement(Lonely))).toThrow(/put a <TrackableProvider tracker/)
})
