import ts from 'typescript'
import { isCode, isTest, type SourceFile } from './files.ts'

const MOST_LINES = 300
const MOST_TEST_LINES = 500
const MOST_MEDIAN_LINES = 80
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/
const VAGUE = /(Manager|Helper|Util|Utils|Service|Base)$/
const VAGUE_FILE = /(^|-)(manager|helper|helpers|util|utils|service|base)\./
const LATER = /(\/\/|\/\*|^\s*\*).*\b(TODO|FIXME)\b/m
const MACHINE = /\/work\/(main|shared|\.library)\b|\/tmp\/[a-z]+\.md/i
const PAGE_DEPENDENCIES = /^@trackable\/[a-z]+$/

/** Where single files break a rule about size, names or words: one sentence for each. */
export function textViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => (isCode(file.path) ? codeReasons(file) : manifestReasons(file)))
}

function codeReasons({ path, text }: SourceFile): string[] {
  const name = path.split('/').at(-1) as string
  const most = isTest(path) ? MOST_TEST_LINES : MOST_LINES
  const lines = linesOf(text)
  const reasons = [
    lines > most && `has ${lines} lines; at most ${most}`,
    !KEBAB.test(name) && 'its name is not kebab-case',
    VAGUE_FILE.test(name) && 'its name says nothing; name what it holds',
    /^\s*export \*/m.test(text) && 'exports *; an index lists its names',
    LATER.test(text) && 'puts work off in a comment; do it or leave it out',
    MACHINE.test(text) && 'names a path of one machine',
    ...vagueNames(path, text).map((vague) => `declares ${vague}; name what it is`),
  ]
  return reasons.flatMap((reason) => (reason ? [`${path} ${reason}`] : []))
}

function manifestReasons({ path, text }: SourceFile): string[] {
  if (!/^packages\/[^/]+\/package\.json$/.test(path)) return []
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> }
  return Object.keys(dependencies)
    .filter((name) => !PAGE_DEPENDENCIES.test(name))
    .map((name) => `${path} depends on ${name}; what a page loads depends on no package`)
}

/** Which apps read the environment in more than one file, and which packages read it at all. */
export function environmentViolations(files: readonly SourceFile[]): string[] {
  const readers = new Map<string, string[]>()
  for (const { path, text } of files) {
    const home = /^(packages|apps)\/[^/]+/.exec(path)?.[0]
    if (!home || !isCode(path) || isTest(path) || !readsEnvironment(path, text)) continue
    readers.set(home, [...(readers.get(home) ?? []), path])
  }
  return [...readers].flatMap(([home, paths]) => {
    const most = home.startsWith('apps/') ? 1 : 0
    return paths.length > most
      ? [`${home} reads process.env in ${paths.join(', ')}; at most ${most} file may`]
      : []
  })
}

/** Says so where half of the source files are longer than they should be. */
export function medianViolations(files: readonly SourceFile[]): string[] {
  const lengths = files
    .filter(({ path }) => isCode(path) && !isTest(path))
    .map(({ text }) => linesOf(text))
    .sort((a, b) => a - b)
  const median = lengths[Math.floor(lengths.length / 2)] ?? 0
  return median > MOST_MEDIAN_LINES
    ? [`the median source file has ${median} lines; at most ${MOST_MEDIAN_LINES}`]
    : []
}

function linesOf(text: string): number {
  return text.replace(/\n$/, '').split('\n').length
}

function readsEnvironment(path: string, text: string): boolean {
  if (!/\benv\b/.test(text)) return false
  let found = false
  visit(path, text, (node) => {
    if (ts.isPropertyAccessExpression(node) && node.getText().endsWith('process.env')) found = true
    const fromProcess =
      ts.isImportDeclaration(node) && /['"](node:)?process['"]$/.test(node.moduleSpecifier.getText())
    if (fromProcess && /\benv\b/.test(node.getText())) found = true
  })
  return found
}

function vagueNames(path: string, text: string): string[] {
  if (!/(Manager|Helper|Util|Utils|Service|Base)\b/.test(text)) return []
  const names: string[] = []
  visit(path, text, (node) => {
    const declares =
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node) ||
      ts.isVariableDeclaration(node)
    const name = declares ? node.name?.getText() : undefined
    if (name && VAGUE.test(name)) names.push(name)
  })
  return names
}

function visit(path: string, text: string, see: (node: ts.Node) => void): void {
  const walk = (node: ts.Node) => {
    see(node)
    ts.forEachChild(node, walk)
  }
  walk(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true))
}
