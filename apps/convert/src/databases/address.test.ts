import { describe, expect, it } from 'vitest'
import { databaseName, isDatabase, shownAddress, sqlitePath } from './address.ts'

describe('the address of a database', () => {
  it.each([
    ['postgres://h/db', 'h/db'],
    ['postgres://h:5432/db', 'h/db'],
    ['postgresql://me:secret@H/db?sslmode=require', 'h/db'],
    ['postgres://h:5433/db', 'h:5433/db'],
    ['postgres://h1:5432,h2:5433/db', 'h1,h2:5433/db'],
    ['mysql://h:3306/db', 'h/db'],
    ['mysql://h,h2:x/db', 'h,h2:x/db'],
    ['mariadb://h:5432/db', 'h:5432/db'],
    ['sqlite:legacy.db', 'legacy.db'],
    ['sqlite:./legacy.db', 'legacy.db'],
    ['sqlite:///srv/legacy.db', 'legacy.db'],
  ])('%s is called %s', (url, name) => {
    expect(isDatabase(url)).toBe(true)
    expect(databaseName(url)).toBe(name)
  })

  it.each([
    ['postgres://me:secret@h/db', 'postgres://h/db'],
    ['postgres://h/db?user=me&password=secret', 'postgres://h/db'],
    ['postgres://me:sec/ret@h/db?password=se@cret', 'postgres://h/db'],
    ['sqlite:a?b.db', 'sqlite:a?b.db'],
  ])('%s is shown as %s', (url, shown) => expect(shownAddress(url)).toBe(shown))

  it('is a file of SQLite from here, or from the root', () => {
    expect(
      ['sqlite:a.db', 'sqlite://a.db', 'sqlite:/srv/a.db', 'sqlite:///srv/a.db'].map(sqlitePath),
    ).toEqual(['a.db', 'a.db', '/srv/a.db', '/srv/a.db'])
    expect(isDatabase('sqlite.csv')).toBe(false)
  })
})
