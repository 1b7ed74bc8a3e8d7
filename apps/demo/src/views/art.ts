import { html, raw } from 'hono/html'

type Html = ReturnType<typeof html>

// Drawn with numbers only: dots, rings, tallies, hexagons, waves and bars, one for each article.
const DRAWINGS = [dots, rings, beams, hexagons, wings, bars]

/** A drawing for the article at that place in the list, in the colours of the style sheet. */
export function art(index: number): Html {
  const draw = DRAWINGS[index % DRAWINGS.length] as () => string
  return html`<svg class="art art-${index % DRAWINGS.length}" viewBox="0 0 320 180" aria-hidden="true" focusable="false"><rect class="ground" width="320" height="180" />${raw(draw())}</svg>`
}

function repeat(times: number, draw: (n: number) => string): string {
  return Array.from({ length: times }, (_, n) => draw(n)).join('')
}

function dots(): string {
  return repeat(84, (n) => {
    const [x, y] = [28 + (n % 14) * 20.3, 40 + Math.floor(n / 14) * 20.3]
    return `<circle class="${n === 61 ? 'accent' : 'shape'}" cx="${x}" cy="${y}" r="${n === 61 ? 8 : 4.5}" />`
  })
}

function rings(): string {
  return repeat(7, (n) => `<circle class="line" cx="${112 + n * 17}" cy="90" r="${64 - n * 7}" />`)
}

function beams(): string {
  const beam = (n: number) => `<path class="beam" d="M96 74 L340 ${n * 44 - 12} L340 ${n * 44 + 14} Z" />`
  return `${repeat(5, beam)}<path class="shape" d="M84 180 L90 82 H102 L108 180 Z" /><circle class="accent" cx="96" cy="74" r="9" />`
}

function hexagons(): string {
  return repeat(24, (n) => {
    const [row, column] = [Math.floor(n / 8), n % 8]
    const [x, y] = [28 + column * 35 + (row % 2) * 17.5, 58 + row * 32]
    const points = repeat(
      6,
      (k) => `${x + 18 * Math.sin((k * Math.PI) / 3)},${y + 18 * Math.cos((k * Math.PI) / 3)} `,
    )
    return `<polygon class="${[3, 11, 12].includes(n) ? 'accent' : 'line'}" points="${points}" />`
  })
}

function wings(): string {
  return repeat(11, (n) => {
    const [x, y] = [30 + ((n * 83) % 260), 30 + ((n * 47) % 120)]
    return `<path class="${n === 4 ? 'accent-line' : 'line'}" d="M${x} ${y} q14 -16 20 0 q6 -16 20 0" />`
  })
}

function bars(): string {
  const heights = [42, 66, 54, 90, 78, 114, 102, 126]
  return repeat(8, (n) => {
    const height = heights[n] as number
    return `<rect class="${n === 7 ? 'accent' : 'shape'}" x="${40 + n * 31}" y="${156 - height}" width="20" height="${height}" />`
  })
}
