import { posix } from 'node:path'
import ts from 'typescript'
import { isCode, isTest, type SourceFile } from './files.ts'

const PACKAGE_SEES: Record<string, readonly string[]> = {
  'packages/dataset': [],
  'packages/protocol': ['dataset'],
  'packages/sdk': ['dataset', 'protocol'],
  'apps/convert': ['dataset', 'protocol', 'sdk'],
  'apps/collector': ['dataset', 'protocol', 'fixtures'],
  'apps/dashboard': ['protocol'],
  'apps/demo': ['dataset', 'protocol', 'sdk'],
}

const AREA_SEES: Record<string, readonly string[]> = {
  ingest: ['log', 'bots'],
  log: [],
  fold: ['log', 'db'],
  read: ['db'],
  admin: ['db', 'log', 'fold', 'bots'],
  watch: ['db', 'log', 'fold'],
  db: [],
  bots: [],
  openapi: [],
}
const COLLECTOR = 'apps/collector/src/'
/** The files where the parts of the collector meet. */
const MEETING = /^(app|collector|main|index)\.ts$|^(cli|open)\//
const WORKSPACE = /^@trackable\/([a-z]+)(\/|$)/

/** What a file imports or exports from, dynamic imports and types too. */
export function importsOf(file: SourceFile): string[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map((imported) => imported.fileName)
}

/** Where files import what the layout does not let them see: one sentence for each. */
export function importViolations(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => isCode(file.path))
    .flatMap((file) =>
      importsOf(file).flatMap((imported) => {
        const reason = packageReason(file.path, imported) ?? areaReason(file.path, imported)
        return reason ? [`${file.path} imports ${imported}: ${reason}`] : []
      }),
    )
}

function packageReason(path: string, imported: string): string | undefined {
  const home = /^(packages|apps)\/[^/]+/.exec(path)?.[0]
  if (!home) return undefined
  const allowed = PACKAGE_SEES[home]
  if (!allowed) return `${home} is not in the list of who may import whom`
  if (imported.startsWith('.')) {
    const target = posix.join(posix.dirname(path), imported)
    if (target.startsWith(`${home}/`)) return undefined
    if (isTest(path) && target.startsWith('test/support/')) return undefined
    return 'a relative import stays inside its package'
  }
  const name = WORKSPACE.exec(imported)?.[1]
  if (!name || allowed.includes(name) || home.endsWith(`/${name}`)) return undefined
  return `${home} may see ${allowed.join(', ') || 'no other package'}`
}

function areaReason(path: string, imported: string): string | undefined {
  if (!path.startsWith(COLLECTOR) || isTest(path) || !imported.startsWith('.')) return undefined
  const from = path.slice(COLLECTOR.length)
  const to = posix.join(posix.dirname(from), imported)
  if (MEETING.test(from)) return undefined
  if (MEETING.test(to)) return 'only the command line sees the file where all parts meet'
  const [target] = to.split('/') as [string]
  if (!to.includes('/') || target === areaOf(from)) return undefined
  const area = areaOf(from)
  if (!area) return 'only open/ and the command line see the parts of the collector'
  const allowed = AREA_SEES[area]
  if (!allowed) return `${area} is not in the list of who may see whom inside the collector`
  return allowed.includes(target) ? undefined : `${area} may see ${allowed.join(', ') || 'no other part'}`
}

function areaOf(path: string): string | undefined {
  return path.includes('/') ? path.split('/')[0] : undefined
}
