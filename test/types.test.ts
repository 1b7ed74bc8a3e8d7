import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { beforeAll, describe, expect, test } from 'vitest'

// What a project declares, and how it uses each entry: names are checked wherever they are written.
const BEFORE = `
import { counter, defineDataset, sum } from '@trackable/dataset'
import { createTracker } from '@trackable/sdk'
import { capturePageViews } from '@trackable/sdk/capture'
import { Impression, useTracker } from '@trackable/sdk/react'
import { createReader } from '@trackable/sdk/read'

const article = defineDataset('article', {
  parent: 'uuid',
  fields: { impressions: counter(), clickThroughs: counter(), revenue: sum({ scale: 2 }) },
  dimensions: { country: { maxLength: 2 } },
  series: { grains: ['hour', 'day'] },
})
const product = defineDataset('product', { fields: { price: sum({ scale: 2 }) } })
const datasets = [article, product] as const
declare module '@trackable/sdk' { interface Register { datasets: typeof datasets } }

const tracker = createTracker({ endpoint: '', key: '' })
const reader = createReader<typeof datasets>({ endpoint: '', key: '' })
`

// Each line is a program of its own, with what the compiler has to say: the allowed names, and no alias.
const WRONG: [line: string, message: RegExp][] = [
  [`tracker.increment('artcle', 'a', 'impressions')`, /'"artcle"' is not .* '"article" \| "product"'/],
  [`tracker.increment('article', 'a', 'impresions')`, /'"impressions" \| "clickThroughs" \| "revenue"'/],
  [`tracker.increment('product', 'a', 'impressions')`, /'"impressions"' is not .* '"price"'/],
  [`tracker.increment('article', 5, 'impressions')`, /'number' is not assignable to .* 'string'/],
  [`tracker.increment('article', 'a', 'impressions', '5')`, /'string' is not assignable to .* 'number'/],
  [
    `tracker.decrement('article', 'a', 'revenue')`,
    /'"revenue"' is not .* '"impressions" \| "clickThroughs"'/,
  ],
  [`tracker.decrement('product', 'a', 'price')`, /'"price"' is not .* '"\(this dataset has no counter\)"'/],
  [
    `tracker.record('article', 'a', { impresions: 1 })`,
    /'impresions' does not exist .* Did you mean to write 'impressions'/,
  ],
  [`tracker.record('article', 'a', { impressions: '1' })`, /'string' is not assignable to type 'number'/],
  [`tracker.record('article', 'a', {}, { dimensions: { contry: 'DE' } })`, /Did you mean to write 'country'/],
  [
    `tracker.record('product', 'a', {}, { dimensions: { country: 'DE' } })`,
    /\(this dataset has no dimensions\)/,
  ],
  [`tracker.record('article', 'a', {}, { at: '2026-11-24' })`, /'string' is not assignable to type 'Date'/],
  [`reader.totals('article', ['a'], { fields: ['impresions'] })`, /Did you mean '"impressions"'/],
  [`reader.series('article', { grain: 'week' })`, /'"week"' is not .* '"hour" \| "day"/],
  [`reader.series('article', { by: ['contry'] })`, /'"contry"' is not .* '"country"'/],
  [
    `reader.top('article', { field: 'views' })`,
    /'"views"' is not .* '"impressions" \| "clickThroughs" \| "revenue"'/,
  ],
  [
    `capturePageViews('article', 'views', () => 'a')`,
    /'"views"' is not .* '"impressions" \| "clickThroughs" \| "revenue"'/,
  ],
  [`capturePageViews('artcle', 'impressions', () => 'a')`, /'"artcle"' is not .* '"article" \| "product"'/],
  [`useTracker().increment('article', 'a', 'views')`, /'"impressions" \| "clickThroughs" \| "revenue"'/],
  [
    `;<Impression dataset="article" parent="a" field="views" />`,
    /'"views"' is not .* '"impressions" \| "clickThroughs" \| "revenue"'/,
  ],
]

const RIGHT = [
  `tracker.increment('article', 'a', 'revenue', -0.5)`,
  `tracker.decrement('article', 'a', 'impressions')`,
  `tracker.record('article', 'a', { revenue: '0.10', impressions: 2 }, { dimensions: { country: 'DE' }, at: new Date() })`,
  `tracker.record('product', 'a', { price: 1 })`,
  `capturePageViews('article', 'impressions', ({ pathname }) => pathname)`,
  `;<Impression dataset="article" parent="a" field="impressions" className="card" />`,
  `const rows: Promise<{ parent: string; revenue: number }[]> = reader.totals('article', ['a'], { fields: ['revenue'] })`,
]

const FILE = fileURLToPath(new URL('./program.tsx', import.meta.url))
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: ['@trackable/source'],
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
  jsx: ts.JsxEmit.ReactJSX,
  types: ['node'],
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
}

/** A program that exists in memory alone, as one of this folder. */
function programOf(text: string): ts.Program {
  const host = ts.createCompilerHost(OPTIONS)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => name === FILE || fileExists(name)
  host.getSourceFile = (name, ...options) =>
    name === FILE
      ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true)
      : getSourceFile(name, ...options)
  return ts.createProgram([FILE], OPTIONS, host)
}

describe('the compiler', () => {
  let text: string
  let program: ts.Program
  beforeAll(() => {
    const lines = [...WRONG.map(([line]) => line), ...RIGHT]
    text = `${BEFORE}\n${lines.join('\n')}\n`
    program = programOf(text)
  }, 120_000)

  const messagesOf = (line: string) => {
    const source = program.getSourceFile(FILE) as ts.SourceFile
    return program
      .getSemanticDiagnostics(source)
      .filter(({ start = 0 }) => text.split('\n')[source.getLineAndCharacterOfPosition(start).line] === line)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
      .join('\n')
  }

  test.each(WRONG)('refuses %s and says what is allowed', (line, message) => {
    expect(messagesOf(line)).toMatch(message)
    expect(messagesOf(line)).not.toMatch(/TrackableOf|AdditiveField|InferFields|'never'/)
  })

  test('has nothing to say about the rest', () => {
    const wrong = program.getSemanticDiagnostics().filter(({ file }) => file?.fileName === FILE)
    expect(wrong).toHaveLength(WRONG.length)
  })

  test.each(RIGHT)('takes %s', (line) => {
    expect(messagesOf(line)).toBe('')
  })
})
