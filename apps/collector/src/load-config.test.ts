import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findConfigFile, loadConfig } from './load-config.ts'

/** A configuration file in an empty folder: no compiler and no package beside it. */
function fileWith(text: string, name = 'trackable.config.ts'): string {
  const file = join(mkdtempSync(join(tmpdir(), 'trackable-config-')), name)
  writeFileSync(file, text)
  return file
}
const IMPORT = `import { counter, defineConfig, defineDataset, sum } from '@trackable/dataset'\n`

test('a TypeScript configuration is loaded as it is', async () => {
  const file = fileWith(`${IMPORT}const a = defineDataset('a', { fields: { n: counter() } } as const)
export default defineConfig({ datasets: [a] })`)
  expect((await loadConfig(file)).dataset('a').fields).toEqual({ n: { kind: 'counter' } })
})

test.each([
  [
    'a wrong option',
    `fields: { n: sum({ scale: 99 }) }`,
    /dataset "a", fields\.n\.scale: 99; expected a whole number/,
  ],
  [
    'a wrong zone',
    `fields: { n: counter() }, series: { grains: ['day'], zone: 'Mars' }`,
    /series\.zone: "Mars" is no time zone/,
  ],
])('%s stops it with the file, the path inside it and what was expected', async (_, definition, message) => {
  const file = fileWith(
    `${IMPORT}export default defineConfig({ datasets: [defineDataset('a', { ${definition} })] })`,
  )
  await expect(loadConfig(file)).rejects.toThrow(message)
  await expect(loadConfig(file)).rejects.toThrow(file)
})

test('a syntax error, a missing default export and a missing file each say what to do', async () => {
  await expect(loadConfig(fileWith('export default {'))).rejects.toThrow('trackable.config.ts')
  await expect(loadConfig(fileWith('export const x = 1'))).rejects.toThrow('export default defineConfig')
  expect(() => findConfigFile('nowhere.ts', tmpdir())).toThrow('check --config')
  expect(() => findConfigFile(undefined, mkdtempSync(join(tmpdir(), 'trackable-empty-')))).toThrow(
    'trackable init',
  )
})
