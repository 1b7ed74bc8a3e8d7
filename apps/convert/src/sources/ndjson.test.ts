import { describe, expect, it } from 'vitest'
import { importerContract, readAll } from './importer.contract.ts'
import { jsonLines as ndjson } from './ndjson.ts'

importerContract('ndjson', {
  importer: ndjson,
  render: (columns, records) =>
    records
      .map((record) =>
        typeof record === 'string'
          ? record
          : JSON.stringify(Object.fromEntries(columns.map((name, index) => [name, record[index]]))),
      )
      .join('\n'),
  broken: '{"a": 1',
})

const cellsOf = async (input: string, columns: string[]) =>
  (await readAll({ importer: ndjson }, input, columns)).map(({ cells, problem }) => cells ?? problem)

describe('JSON lines', () => {
  it('name nested members by dots, and a member whose own name has dots first', async () => {
    expect(await cellsOf('{"a":{"b":{"c":1}}}\n{"a.b.c":2,"a":{"b":{"c":3}}}', ['a.b.c'])).toEqual([
      ['1'],
      ['2'],
    ])
    expect(await cellsOf('{"list":[{"x":5}]}', ['list.0.x'])).toEqual([['5']])
  })

  it('keep every digit of a number', async () => {
    const input = '{"a":12345678901234567890,"b":0.1000000000000000055,"c":"1 \\" 12345678901234567890"}'
    expect(await cellsOf(input, ['a', 'b', 'c'])).toEqual([
      ['12345678901234567890', '0.1000000000000000055', '1 " 12345678901234567890'],
    ])
  })

  it('give null and what is not there as no value, and other values as their JSON', async () => {
    const input = '{"a":null,"b":true,"c":[1,{"x":2}],"d":-1.50}\n{"a":"x"}'
    expect(await cellsOf(input, ['a', 'b', 'c', 'd'])).toEqual([
      [undefined, 'true', '[1,{"x":2}]', '-1.5'],
      ['x', undefined, undefined, undefined],
    ])
  })

  it('are objects, and nothing else', async () => {
    expect(await cellsOf('{"a":1}\n[1]\n7\n"x"\n{a:1}\n', ['a'])).toEqual([
      ['1'],
      ...Array(3).fill('no JSON object; expected one a line'),
      expect.stringMatching(/^no JSON: /),
    ])
  })

  it('do not reach what every object inherits', async () => {
    await expect(cellsOf('{"a":1}', ['constructor.name'])).rejects.toThrow('no column "constructor.name"')
  })
})
