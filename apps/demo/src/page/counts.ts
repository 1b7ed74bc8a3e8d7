const EVERY = 2_000

interface Row {
  parent: string
  impressions: number
  clickThroughs: number
}

/** Shows the numbers of every article on the page, as the collector has them now, and again every two seconds. */
export function showCounts(collector: string, key: string): void {
  const places = [...document.querySelectorAll<HTMLElement>('[data-counts]')]
  if (places.length === 0) return
  const query = new URLSearchParams({ key })
  for (const place of places) query.append('parent', place.dataset.counts ?? '')
  const url = `${collector}/v1/datasets/article/totals?${query}`
  const refresh = async () => {
    if (document.visibilityState === 'visible') show(places, await read(url))
    window.setTimeout(refresh, EVERY)
  }
  refresh()
}

async function read(url: string): Promise<Row[]> {
  try {
    const answer = await fetch(url, { credentials: 'omit' })
    return answer.ok ? (await answer.json()).rows : []
  } catch {
    // The collector may be away for a while: the numbers stay as they were.
    return []
  }
}

function show(places: HTMLElement[], rows: Row[]): void {
  const format = new Intl.NumberFormat('en')
  for (const row of rows) {
    for (const place of places.filter(({ dataset }) => dataset.counts === row.parent)) {
      for (const cell of place.querySelectorAll<HTMLElement>('[data-field]')) {
        cell.textContent = format.format(row[cell.dataset.field as 'impressions' | 'clickThroughs'])
      }
    }
  }
}
