import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { filesBelow, type SourceFile } from './house/files.ts'
import { importsOf, importViolations } from './house/imports.ts'
import { environmentViolations, medianViolations, textViolations } from './house/text.ts'

const files = filesBelow(fileURLToPath(new URL('..', import.meta.url)))
const file = (path: string, text: string): SourceFile => ({ path, text })
const importing = (path: string, imported: string) => importViolations([file(path, `import '${imported}'`)])

describe('the repository', () => {
  it('is read whole', () => {
    expect(files.map(({ path }) => path)).toContain('packages/dataset/src/index.ts')
    expect(files.some(({ path }) => path.includes('node_modules'))).toBe(false)
  })

  it('imports only what its layout lets it see', () => {
    expect(importViolations(files)).toEqual([])
  })

  it('keeps files short, named in kebab-case, and free of what is put off', () => {
    expect(textViolations(files)).toEqual([])
  })

  it('keeps half of its source files within a screen or two', () => {
    expect(medianViolations(files)).toEqual([])
  })

  it('reads the environment in one file of each app, and in no package', () => {
    expect(environmentViolations(files)).toEqual([])
  })
})

describe('the rule who may import whom', () => {
  it('sees every form of import', () => {
    const text = `
      import a from './a.ts'
      import type { B } from './b.ts'
      export { c } from './c.ts'
      const d = await import('./d.ts')
      // import './comment.ts'
      const text = "import './text.ts'"
    `
    expect(importsOf(file('x.ts', text))).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts'])
  })

  it.each([
    ['packages/dataset/src/a.ts', '@trackable/protocol'],
    ['packages/protocol/src/a.ts', '@trackable/sdk'],
    ['packages/sdk/src/a.ts', '@trackable/collector'],
    ['packages/sdk/src/a.test.ts', '@trackable/collector'],
    ['packages/sdk/src/a.ts', '../../dataset/src/index.ts'],
    ['packages/sdk/src/a.ts', '../../../test/support/postgres.ts'],
    ['apps/convert/src/a.ts', '@trackable/collector'],
    ['apps/collector/src/a.ts', '@trackable/sdk/read'],
    ['apps/dashboard/src/a.ts', '@trackable/dataset'],
    ['apps/unheard-of/src/a.ts', 'hono'],
    ['apps/collector/src/ingest/a.ts', '../db/connect.ts'],
    ['apps/collector/src/ingest/a.ts', '../fold/fold.ts'],
    ['apps/collector/src/ingest/a.ts', '../read/totals.ts'],
    ['apps/collector/src/log/file/a.ts', '../../db/connect.ts'],
    ['apps/collector/src/read/a.ts', '../log/event-log.ts'],
    ['apps/collector/src/bots/a.ts', '../db/spiders.ts'],
    ['apps/collector/src/fold/a.ts', '../ingest/batch.ts'],
    ['apps/collector/src/admin/a.ts', '../collector.ts'],
    ['apps/collector/src/config.ts', './db/connect.ts'],
    ['apps/collector/src/elsewhere/a.ts', '../db/connect.ts'],
  ])('refuses that %s imports %s', (path, imported) => {
    expect(importing(path, imported)).toHaveLength(1)
  })

  it.each([
    ['packages/protocol/src/a.ts', '@trackable/dataset/fold'],
    ['packages/sdk/src/a.ts', '@trackable/sdk/testing'],
    ['apps/convert/src/a.ts', '@trackable/sdk'],
    ['apps/collector/src/db/a.test.ts', '../../../../test/support/postgres.ts'],
    ['apps/collector/src/fold/a.test.ts', '../ingest/batch.ts'],
    ['apps/collector/src/ingest/a.ts', '../log/event-log.ts'],
    ['apps/collector/src/fold/a.ts', '../db/commit.ts'],
    ['apps/collector/src/log/file/a.ts', '../event-log.ts'],
    ['apps/collector/src/admin/a.ts', '../duration.ts'],
    ['apps/collector/src/collector.ts', './db/connect.ts'],
    ['apps/collector/src/cli/keys.ts', '../collector.ts'],
    ['test/a.test.ts', '@trackable/collector'],
  ])('lets %s import %s', (path, imported) => {
    expect(importing(path, imported)).toEqual([])
  })
})

describe('the rules about single files', () => {
  const lines = (count: number) => 'const a = 1\n'.repeat(count)

  it.each([
    ['packages/a/src/long.ts', lines(301)],
    ['packages/a/src/long.test.ts', lines(501)],
    ['packages/a/src/camelCase.ts', ''],
    ['packages/a/src/text-utils.ts', ''],
    ['packages/a/src/index.ts', "export * from './a.ts'"],
    ['packages/a/src/a.ts', `// ${'TO'}DO: later`],
    ['packages/a/src/a.ts', `/**\n * ${'FIX'}ME\n */`],
    ['packages/a/src/a.ts', `const folder = '${'/work'}/main/a'`],
    ['packages/a/src/a.ts', 'export class KeyManager {}'],
    ['packages/a/src/a.ts', 'const urlHelper = 1'],
    ['packages/a/package.json', '{ "dependencies": { "left-pad": "1.0.0" } }'],
    ['packages/a/package.json', '{ "dependencies": { "idb-keyval": "1.0.0" } }'],
  ])('refuse %s (%#)', (path, text) => {
    expect(textViolations([file(path, text)])).toHaveLength(1)
  })

  it.each([
    ['packages/a/src/whole.ts', lines(300)],
    ['packages/a/src/whole.test-d.ts', lines(500)],
    ['packages/a/src/a.ts', 'const database = openDatabase(todo)'],
    ['packages/a/package.json', '{ "dependencies": { "@trackable/protocol": "1.0.0" } }'],
    ['apps/a/package.json', '{ "dependencies": { "hono": "1.0.0" } }'],
  ])('let %s pass', (path, text) => {
    expect(textViolations([file(path, text)])).toEqual([])
  })

  it('notice when files grow as a whole', () => {
    expect(
      medianViolations([file('a.ts', lines(81)), file('b.ts', lines(90)), file('c.ts', lines(1))]),
    ).toHaveLength(1)
    expect(
      medianViolations([file('a.ts', lines(80)), file('b.ts', lines(90)), file('c.ts', lines(1))]),
    ).toEqual([])
  })

  it('notice a second file that reads the environment', () => {
    const reading = 'const { PORT } = process.env'
    const importingIt = "import { env } from 'node:process'"
    expect(environmentViolations([file('apps/a/src/x.ts', reading)])).toEqual([])
    expect(
      environmentViolations([file('apps/a/src/x.ts', reading), file('apps/b/src/x.ts', reading)]),
    ).toEqual([])
    expect(
      environmentViolations([file('apps/a/src/x.ts', reading), file('apps/a/src/y.ts', importingIt)]),
    ).toHaveLength(1)
    expect(environmentViolations([file('packages/a/src/x.ts', reading)])).toHaveLength(1)
    expect(environmentViolations([file('packages/a/src/x.ts', '// reads no process.env')])).toEqual([])
  })
})
