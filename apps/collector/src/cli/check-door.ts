import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../db/examine.ts'
import { findConfigFile, loadConfig } from '../load-config.ts'
import type { Settings } from '../settings.ts'

const SHORT_TOKEN = 16
/** Files of the data folder that say more than what was counted. */
const SECRETS = ['keys.json', 'secret.json', 'visitor-salt.json']

/** What `trackable doctor` says about who may come in: settings that each are right, and together leave a door open. */
export async function checkDoor(settings: Settings): Promise<Finding[]> {
  const findings = [
    ...checkSettings(settings),
    ...(await checkModes(settings.dataDir)),
    ...(await checkRights(settings)),
  ]
  return findings.length > 0
    ? findings
    : [{ check: 'door', state: 'ok', message: 'nothing stands open that need not' }]
}

/** Settings as they are for a collector that this machine alone reaches, or others too. */
export function checkSettings({
  loopback,
  rateLimit,
  trustProxy,
  dashboardToken,
  bots,
}: Settings): Finding[] {
  const said: [boolean, string, string][] = [
    [
      !loopback && rateLimit === null,
      'RATE_LIMIT is off, and others can reach HOST: one address can send without end',
      'set it to 100',
    ],
    [
      !loopback && trustProxy === 0 && rateLimit !== null,
      'TRUST_PROXY is 0: right where visitors connect directly; behind a proxy all of them share one RATE_LIMIT',
      'set it to 1 behind a proxy',
    ],
    [
      dashboardToken !== undefined && dashboardToken.length < SHORT_TOKEN,
      `DASHBOARD_TOKEN has fewer than ${SHORT_TOKEN} characters and can be guessed`,
      '"openssl rand -hex 24" makes one that cannot',
    ],
    [bots === 'off', 'BOTS is off: machines are counted as people', 'set it to drop'],
  ]
  return said.flatMap(([wrong, message, cure]) => (wrong ? [warn(message, cure)] : []))
}

async function checkModes(dataDir: string): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [path, cure] of [
    [dataDir, 'chmod 700'],
    ...SECRETS.map((name) => [join(dataDir, name), 'chmod 600'] as const),
  ] as const) {
    const mode = await stat(path).then(
      ({ mode }) => mode & 0o077,
      () => 0,
    )
    if (mode !== 0) findings.push(warn(`others on this machine can read ${path}`, `"${cure} ${path}"`))
  }
  return findings
}

async function checkRights({ configFile }: Settings): Promise<Finding[]> {
  // What is wrong with the file is the configuration's finding, and hides nothing here.
  const config = await Promise.resolve()
    .then(() => loadConfig(findConfigFile(configFile)))
    .catch(() => undefined)
  if (!config) return []
  const { datasets } = config
  if (datasets.some(({ public: { write } }) => write.length > 0)) return []
  return [
    warn(
      'no dataset has a field in public.write: a write key can count nothing without a grant',
      'name those that pages may count in public: { write: […] }',
    ),
  ]
}

function warn(message: string, cure: string): Finding {
  return { check: 'door', state: 'warn', message, cure }
}
