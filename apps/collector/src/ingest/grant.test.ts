import { expect, test } from 'vitest'
import { signGrant } from '../signatures.ts'
import { article, member, openDoor } from './door.fixture.ts'
import { createGrantReader } from './grant.ts'

const UUID = '0190A3B4-0000-7000-8000-000000000001'
const EXP = 2_000_000_000
const claims = { dataset: 'article', parents: ['42'], fields: ['revenue'], exp: EXP }

function ground() {
  const opened = openDoor()
  const read = createGrantReader(opened.keys, [article, member])
  return { ...opened, read, grant: signGrant(opened.sk.key, claims) }
}

test('a grant holds until the second in which it ends, however often it was read before', () => {
  const { read, grant } = ground()
  for (let i = 0; i < 2; i++) {
    expect(read(grant, EXP * 1000 - 1)).toEqual({
      dataset: 'article',
      parents: new Set(['42']),
      fields: new Set(['revenue']),
    })
    expect(read(grant, EXP * 1000)).toMatchObject({ code: 'grant' })
  }
})

test('a grant ends with its key', () => {
  const { read, grant, revoke, sk } = ground()
  expect(read(grant, 0)).not.toHaveProperty('code')
  revoke(sk.key)
  expect(read(grant, 0)).toMatchObject({ code: 'grant' })
})

test('parents are compared in the form in which events have them', () => {
  const { read, sk } = ground()
  const grant = signGrant(sk.key, {
    dataset: 'member',
    parents: [UUID, 'no uuid'],
    fields: ['logins'],
    exp: EXP,
  })
  expect(read(grant, 0)).toMatchObject({ parents: new Set([UUID.toLowerCase()]) })
})

test('a batch without a grant has none, and what is no text is no grant', () => {
  const { read } = ground()
  expect(read(undefined, 0)).toBeUndefined()
  for (const wrong of [null, 7, {}, [], true, '']) expect(read(wrong, 0)).toMatchObject({ code: 'grant' })
})

test('an event may write what its grant names for its parent, and no other', () => {
  const { door, sk } = ground()
  const granted = door.readGrant(signGrant(sk.key, claims), 0)
  if (!granted || 'code' in granted) throw new Error('the grant is sound')
  const sender = { secret: false, private: false, datasets: [], arrival: 0, shift: 0, oldest: -1, granted }
  const code = (change: object) => {
    const read = door.judges.readEvent(
      { dataset: 'article', parent: '42', fields: { revenue: 1 }, ...change },
      sender,
    )
    return 'code' in read ? read.code : 'ok'
  }
  expect(code({})).toBe('ok')
  expect(code({ parent: '43' })).toBe('not_public')
  expect(code({ dataset: 'member', parent: UUID, fields: { logins: 1 } })).toBe('not_public')
  expect(code({ fields: { revenue: -1 } })).toBe('not_public')
  expect(code({ fields: { revenue: 101 } })).toBe('over_limit')
})
