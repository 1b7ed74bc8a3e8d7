import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import mysql from 'mysql2/promise'
import { atExit } from './at-exit.ts'
import { freePort } from './free-port.ts'
import { tempDir } from './temp-dir.ts'
import { until } from './until.ts'

const SERVER = ['/usr/sbin/mariadbd', '/usr/sbin/mysqld'].find(existsSync)

/** Why there is no MariaDB for tests; undefined where there is one. */
export const noMariadb =
  SERVER && existsSync('/usr/bin/mariadb-install-db') ? undefined : 'apt-get install mariadb-server-core'

/** A MariaDB of the test's own, on 127.0.0.1, which asks nobody for a password. */
export interface MariadbServer {
  /** The URL of an empty database. */
  url: string
  stop(): Promise<void>
}

/** Starts one in a temporary folder. It is killed when the process ends. @throws Error where it does not start */
export async function startMariadb(): Promise<MariadbServer> {
  const folder = tempDir('mariadb')
  const data = join(folder.path, 'data')
  const made = spawnSync(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--user=root',
      '--skip-test-db',
      '--auth-root-authentication-method=normal',
    ],
    { encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stderr}${made.stdout}`)
  const port = await freePort()
  const child: ChildProcess = spawn(
    SERVER as string,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${join(folder.path, 'socket')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--user=root',
      '--skip-grant-tables',
    ],
    { stdio: 'ignore' },
  )
  const forget = atExit(() => void child.kill('SIGKILL'))
  const open = () => mysql.createConnection({ host: '127.0.0.1', port, user: 'root' })
  await until(
    'MariaDB answers',
    () =>
      open().then(
        (connection) => connection.end().then(() => true),
        () => false,
      ),
    60_000,
  )
  const connection = await open()
  await connection.query('create database legacy character set utf8mb4')
  await connection.end()
  return {
    url: `mysql://root@127.0.0.1:${port}/legacy`,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      forget()
      folder.remove()
    },
  }
}
