import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { uuidTime, uuidVersion, uuidv7, uuidv8 } from './uuid.ts'

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const times = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

describe('a UUIDv7', () => {
  it('gives its time back', () => {
    fc.assert(
      fc.property(times, bytes(10), (time, random) => {
        const id = uuidv7(time, random)
        expect(id).toMatch(FORM)
        expect(uuidVersion(id)).toBe(7)
        expect(uuidTime(id)).toBe(time)
      }),
    )
  })

  it('sorts by its time', () => {
    fc.assert(
      fc.property(times, times, bytes(10), bytes(10), (a, b, x, y) => {
        fc.pre(a < b)
        expect(uuidv7(a, x) < uuidv7(b, y)).toBe(true)
      }),
    )
  })

  it('is the example of RFC 9562', () => {
    const random = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f)
    expect(uuidv7(1645557742000, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
  })

  it('keeps 74 bits of its random bytes', () => {
    fc.assert(
      fc.property(times, bytes(10), bytes(10), (time, x, y) => {
        // The version replaces four bits and the variant two.
        const kept = (random: Uint8Array) =>
          [(random[0] as number) & 15, random[1], (random[2] as number) & 63, ...random.subarray(3)].join()
        expect(uuidv7(time, x) === uuidv7(time, y)).toBe(kept(x) === kept(y))
      }),
    )
  })
})

describe('a UUIDv8', () => {
  it('is a function of its bytes', () => {
    fc.assert(
      fc.property(bytes(16), (content) => {
        const id = uuidv8(content)
        expect(id).toMatch(FORM)
        expect(uuidVersion(id)).toBe(8)
        expect(uuidv8(Uint8Array.from(content))).toBe(id)
      }),
    )
  })

  it('takes the first sixteen bytes of a longer hash', () => {
    const hash = Uint8Array.from({ length: 32 }, (_, index) => index)
    expect(uuidv8(hash)).toBe('00010203-0405-8607-8809-0a0b0c0d0e0f')
  })
})

describe('the version', () => {
  it('is read in either case', () => {
    expect(uuidVersion('017F22E2-79B0-7CC3-98C4-DC0C0C07398F')).toBe(7)
    expect(uuidVersion('f47ac10b-58cc-4372-a567-0e02b2c3d479')).toBe(4)
  })

  it.each([
    '',
    'a batch',
    '017f22e279b07cc398c4dc0c0c07398f',
    '017f22e2-79b0-7cc3-18c4-dc0c0c07398f',
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f ',
    '00000000-0000-0000-0000-000000000000',
    null,
    undefined,
    7,
    {},
  ])('of %o is 0', (id) => {
    expect(uuidVersion(id)).toBe(0)
  })
})
