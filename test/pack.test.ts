import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importsOf } from './house/imports.ts'
import { pack, publishablePackages, run } from './support/packed.ts'
import { tempDir } from './support/temp-dir.ts'

const BIN = fileURLToPath(new URL('node_modules/.bin/', import.meta.url))
const packages = publishablePackages()
const folder = tempDir('pack')
const tarballs = new Map<string, string>()
const tarballOf = (name: string) => tarballs.get(name) as string

beforeAll(async () => {
  for (const each of packages) tarballs.set(each.manifest.name, await pack(each, folder.path))
})
afterAll(() => folder.remove())

it('every part that users install is packed', () => {
  expect([...tarballs.keys()].sort()).toEqual(
    ['collector', 'convert', 'dataset', 'protocol', 'sdk'].map((name) => `@trackable/${name}`),
  )
})

it.each(packages.filter(({ entries }) => entries.length > 0))(
  'the types of $manifest.name resolve as its code does',
  async ({ folder: source, manifest, commonJs }) => {
    // No one resolves by the rules of Node 10 any more, which know no exports.
    const profile = commonJs.length > 0 ? 'node16' : 'esm-only'
    await run(join(BIN, 'attw'), [tarballOf(manifest.name), '--profile', profile], source)
  },
)

describe.each(packages)('the tarball of $manifest.name', ({ folder: source, manifest }) => {
  it('has a manifest without fault', async () => {
    await run(join(BIN, 'publint'), [tarballOf(manifest.name), '--strict'], source)
  })

  it('declares everything that it imports', () => {
    const known = { ...manifest.dependencies, ...manifest.peerDependencies, [manifest.name]: '' }
    const undeclared = readdirSync(join(source, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(js|cjs|d\.ts|d\.cts)$/.test(path))
      .flatMap((path) => importsOf({ path, text: readFileSync(join(source, 'dist', path), 'utf8') }))
      .filter((imported) => !imported.startsWith('.') && !imported.startsWith('node:'))
      .map((imported) => imported.split('/', imported.startsWith('@') ? 2 : 1).join('/'))
      .filter((name) => !builtinModules.includes(name) && !(name in known))
    expect([...new Set(undeclared)]).toEqual([])
  })
})

describe('an empty project that installs the tarballs with npm', () => {
  const project = tempDir('project')
  const node = (file: string, code: string) => {
    writeFileSync(join(project.path, file), code)
    return run(process.execPath, [file], project.path)
  }

  beforeAll(async () => {
    writeFileSync(join(project.path, 'package.json'), '{ "name": "empty", "private": true }')
    const peers = packages.flatMap(({ manifest }) => Object.entries(manifest.peerDependencies ?? {}))
    const install = ['install', '--no-audit', '--no-fund', '--prefer-offline']
    const what = [...tarballs.values(), ...peers.map(([name, range]) => `${name}@${range}`)]
    await run('npm', [...install, ...what], project.path)
  })
  afterAll(() => project.remove())

  it.each(packages.flatMap(({ entries }) => entries))('imports %s', async (entry) => {
    const code = `console.log(Object.keys(await import('${entry}')).length)`
    expect(Number(await node('import.mjs', code))).toBeGreaterThan(0)
  })

  it.each(packages.flatMap(({ commonJs }) => commonJs))('requires %s', async (entry) => {
    const code = `console.log(Object.keys(require('${entry}')).length)`
    expect(Number(await node('require.cjs', code))).toBeGreaterThan(0)
  })

  it.each(packages.flatMap(({ manifest }) => Object.keys(manifest.bin ?? {})))(
    'runs %s --help',
    async (bin) => {
      const help = await run(join(project.path, 'node_modules', '.bin', bin), ['--help'], project.path)
      expect(help).toMatch(/^Usage: /)
    },
  )
})
