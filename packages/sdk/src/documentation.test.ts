import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { beforeAll, describe, expect, test } from 'vitest'

const FOLDER = fileURLToPath(new URL('./documented/', import.meta.url))
const DOCUMENTATION = readFileSync(new URL('../../../docs/sdk.md', import.meta.url), 'utf8')
const BLOCKS = [...DOCUMENTATION.matchAll(/```tsx?\n(.*?)```/gs)].map(([, code = '']) => code)

const CONFIG = `
import { counter, defineDataset, sum } from '@trackable/dataset'
const article = defineDataset('article', {
  fields: { impressions: counter(), clickThroughs: counter(), likes: counter(), views: counter(), readSeconds: sum({ scale: 1 }) },
  dimensions: { country: { maxLength: 2 } },
  series: { grains: ['day'] },
})
const campaign = defineDataset('campaign', { fields: { pushes: counter() } })
export const datasets = [article, campaign] as const`

// What a block takes for granted, by words in it.
const GRANTED: [words: RegExp, declaration: string][] = [
  [
    /^(?!.*const tracker)(?!.*useTracker).*\btracker\b/s,
    `declare const tracker: import('@trackable/sdk/node').ServerTracker`,
  ],
  [/^(?!.*import \{ createTracker).*createTracker/s, `import { createTracker } from '@trackable/sdk'`],
  [/^(?!.*import type).*typeof datasets/s, `import type { datasets } from './trackable.config'`],
  [/sdk\/hono/, `declare const app: import('hono').Hono`],
  [/sdk\/express/, `declare const app: import('express').Express`],
  [/sdk\/fastify/, `declare const app: import('fastify').FastifyInstance`],
  [/\bexpect\(/, `declare const expect: typeof import('vitest').expect`],
  [/reader/, `declare const ids: string[], show: (rows: object[]) => void, save: (row: object) => void`],
  [/waitUntil/, `declare global { interface Event { waitUntil(done: Promise<unknown>): void } }`],
]
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: ['@trackable/source', 'node'],
  allowImportingTsExtensions: true,
  jsx: ts.JsxEmit.ReactJSX,
  noEmit: true,
  skipLibCheck: true,
  types: ['node'],
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
}

const fileOf = (index: number) => `${FOLDER}block-${index}.tsx`

function programOf(files: Map<string, string>): ts.Program {
  const host = ts.createCompilerHost(OPTIONS)
  const { getSourceFile, fileExists, directoryExists } = host
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.directoryExists = (name) => FOLDER.startsWith(name) || (directoryExists?.(name) ?? true)
  host.getSourceFile = (name, ...options) => {
    const text = files.get(name)
    if (text === undefined) return getSourceFile(name, ...options)
    return ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true)
  }
  return ts.createProgram([...files.keys()], OPTIONS, host)
}

describe('the documentation of the SDK', () => {
  let messages: string[][]
  beforeAll(() => {
    const files = new Map([[`${FOLDER}trackable.config.ts`, CONFIG]])
    BLOCKS.forEach((code, index) => {
      const granted = GRANTED.filter(([words]) => words.test(code)).map(([, declaration]) => declaration)
      files.set(fileOf(index), `${granted.join('\n')}\n${code}\nexport {}`)
    })
    const program = programOf(files)
    messages = BLOCKS.map((_, index) => {
      const source = program.getSourceFile(fileOf(index))
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
      return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
    })
  }, 120_000)

  test.each(BLOCKS.map((code, index) => ({ index, begins: code.trim().split('\n')[0] })))(
    'has code that compiles: $begins',
    ({ index }) => {
      expect(messages[index]).toEqual([])
    },
  )

  test('names every option there is', () => {
    const options = readFileSync(new URL('./options.ts', import.meta.url), 'utf8')
    const names = [...options.slice(options.indexOf('interface TrackerOptions')).matchAll(/^ {2}(\w+)\??:/gm)]
    expect(names.length).toBeGreaterThan(10)
    for (const [, name] of names) expect(DOCUMENTATION).toContain(`| \`${name}\` `)
  })
})
