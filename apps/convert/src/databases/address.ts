import { basename, resolve } from 'node:path'

/** The schemes of databases, and the port that each means where none is given. */
const PORTS = {
  'postgres:': ':5432',
  'postgresql:': ':5432',
  'mysql:': ':3306',
  'mariadb:': ':3306',
  'sqlite:': undefined,
} as const

/** How the address of a database begins. */
export type Scheme = keyof typeof PORTS

/** The scheme of an input; undefined where it is a file and no database. */
export function schemeOf(input: string): Scheme | undefined {
  return (Object.keys(PORTS) as Scheme[]).find((scheme) => input.startsWith(scheme))
}

/** Whether an input is a database and not a file. */
export function isDatabase(input: string): boolean {
  return schemeOf(input) !== undefined
}

/** The file that `sqlite:FILE` means; `sqlite://` may stand before it as well. */
export function sqlitePath(url: string): string {
  return url.slice('sqlite:'.length).replace(/^\/\//, '')
}

/** The address of a database that may be shown: without user, password and what may name them behind `?`. */
export function shownAddress(url: string): string {
  return url.startsWith('sqlite:') ? url : url.replace(/\?.*$/s, '').replace(/^([a-z]+:\/\/).*@/s, '$1')
}

/** What a database is called, however its address is spelt: its file, or its servers and its name there. */
export function databaseName(url: string): string {
  const scheme = schemeOf(url)
  if (scheme === undefined || scheme === 'sqlite:') return basename(resolve(sqlitePath(url)))
  const [servers = '', ...path] = shownAddress(url)
    .replace(/^[a-z]+:\/\//, '')
    .split('/')
  const hosts = servers
    .split(',')
    .map((host) => host.toLowerCase().replace(new RegExp(`${PORTS[scheme]}$`), ''))
  return [hosts.join(','), ...path].join('/')
}
