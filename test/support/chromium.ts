import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type LaunchOptions } from 'playwright-core'

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
// Without the flags about networking Chromium asks its maker's servers at every start, which a closed network refuses.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts a headless Chromium with an empty profile. The caller closes it. */
export async function launchChromium(options: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch(await launchOptions(options))
}

/** Starts a headless Chromium on a profile that stays on disk, so that a later start finds what it stored. */
export async function openProfile(folder: string, options: LaunchOptions = {}): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, await launchOptions(options))
}

/** kill -9 of every process of the Chromium that holds a profile. Linux only. */
export function killProfile(folder: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!commandOf(pid).includes(`--user-data-dir=${folder}`)) continue
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It has ended since it was listed: the browser takes its own children along.
    }
  }
}

async function launchOptions(options: LaunchOptions): Promise<LaunchOptions> {
  const executablePath = options.executablePath ?? INSTALLED.find((path) => existsSync(path))
  if (executablePath) return { ...options, executablePath, args: [...FLAGS, ...(options.args ?? [])] }
  const { default: packaged } = await import('@sparticuz/chromium')
  const args = [...packaged.args, ...FLAGS, ...(options.args ?? [])]
  return { ...options, executablePath: await packaged.executablePath(), args }
}

function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
