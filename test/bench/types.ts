import { fileURLToPath } from 'node:url'
import ts from 'typescript'

// `node --import tsx test/bench/types.ts`: what the names of a large project cost the compiler. The same 1,000 calls,
// with every name checked and with names that are plain text, five times in turn; medians of whole runs.
const DATASETS = 100
const FIELDS = 20
const CALLS = 1_000
const ROUNDS = 5

const FOLDER = fileURLToPath(new URL('..', import.meta.url))
const CONFIG = `${FOLDER}large.config.ts`
const PAGE = `${FOLDER}large.page.ts`
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: ['@trackable/source'],
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
  types: ['node'],
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

function configOf(): string {
  const fields = numbers(FIELDS).map((n) => `field${n}: ${n % 2 ? 'counter()' : 'sum({ scale: 2 })'}`)
  const define = (n: number) =>
    `const d${n} = defineDataset('dataset${n}', { fields: { ${fields} }, dimensions: { country: {}, device: {} } })`
  const names = numbers(DATASETS).map((n) => `d${n}`)
  return `import { counter, defineDataset, sum } from '@trackable/dataset'
${numbers(DATASETS).map(define).join('\n')}
export const datasets = [${names}] as const`
}

function pageOf(typed: boolean): string {
  const call = (n: number) => {
    const [dataset, field] = [`dataset${n % DATASETS}`, `field${n % FIELDS}`]
    return n % 4
      ? `tracker.increment('${dataset}', '42', '${field}')`
      : `tracker.record('${dataset}', '42', { ${field}: 1 }, { dimensions: { country: 'DE' } })`
  }
  return `import { createTracker } from '@trackable/sdk'
import type { datasets } from './large.config.ts'
const tracker = createTracker<${typed ? 'typeof datasets' : 'undefined'}>({ endpoint: '', key: '' })
${numbers(CALLS).map(call).join('\n')}`
}

/** Milliseconds of a compiler that starts anew. */
function measure(typed: boolean): number {
  const files: Record<string, string> = { [CONFIG]: configOf(), [PAGE]: pageOf(typed) }
  const host = ts.createCompilerHost(OPTIONS)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => name in files || fileExists(name)
  host.getSourceFile = (name, ...options) => {
    const text = files[name]
    return text === undefined
      ? getSourceFile(name, ...options)
      : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true)
  }
  const start = performance.now()
  const wrong = ts.getPreEmitDiagnostics(ts.createProgram([PAGE], OPTIONS, host))
  if (wrong.length > 0) throw new Error(`the program is wrong: ${JSON.stringify(wrong[0]?.messageText)}`)
  return performance.now() - start
}

const times = { typed: [] as number[], plain: [] as number[] }
measure(true)
for (let round = 0; round < ROUNDS; round++) {
  times.plain.push(measure(false))
  times.typed.push(measure(true))
}
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
const [plain, typed] = [median(times.plain), median(times.typed)]
console.log(`${DATASETS} datasets of ${FIELDS} fields, ${CALLS} calls, median of ${ROUNDS}, in milliseconds`)
console.log(
  `  names as plain text ${plain.toFixed(0)}, checked ${typed.toFixed(0)}, more ${(typed - plain).toFixed(0)}`,
)
