import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** A file of the repository: its path from the root with `/`, and its text. */
export interface SourceFile {
  path: string
  text: string
}

const LEFT_OUT = new Set(['node_modules', 'dist', 'dist-failpoints', '.git', '.turbo', 'trackable-data'])
const READ = /\.(ts|tsx|mts|mjs|js|json)$/

/** Every source file and manifest below a folder, sorted by path; what is installed, built or data is left out. */
export function filesBelow(root: string): SourceFile[] {
  const paths: string[] = []
  const visit = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !LEFT_OUT.has(entry.name)) visit(join(folder, entry.name))
      else if (entry.isFile() && READ.test(entry.name)) paths.push(join(folder, entry.name))
    }
  }
  visit(root)
  return paths.sort().map((path) => ({
    path: relative(root, path).split(sep).join('/'),
    text: readFileSync(path, 'utf8'),
  }))
}

/** Whether a file is code (and not a manifest). */
export function isCode(path: string): boolean {
  return !path.endsWith('.json')
}

/** Whether a file is a test, a suite that tests share, or lives in the test house. */
export function isTest(path: string): boolean {
  return /\.(test|test-d|contract|bench)\.tsx?$/.test(path) || path.startsWith('test/')
}
