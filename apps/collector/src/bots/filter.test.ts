import spiders from '@trackable/fixtures/spiders/spiders.json' with { type: 'json' }
import { list } from 'isbot'
import { describe, expect, test } from 'vitest'
import { normalAgent } from './agent.ts'
import { corpus, hasCorpus } from './corpus.fixture.ts'
import { createBotFilter, takeEverybody } from './filter.ts'
import { createAgentRules } from './verdict.ts'
import { WEAK } from './words.ts'

const filter = createBotFilter()
const judge = (userAgent: string) => filter.judge({ userAgent })
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'

describe.skipIf(!hasCorpus)('of agents that nobody here wrote (../shared/data/ua, where it is there)', () => {
  test.each(['dev', 'held-out'] as const)(
    '%s: 98.5 %% of bots are found and 0.5 %% of people dropped',
    (part) => {
      const bots = corpus('bots', part)
      const people = corpus('humans', part)
      const found = bots.filter((agent) => judge(agent).bot).length / bots.length
      const dropped = people.filter((agent) => judge(agent).bot).length / people.length
      expect(found).toBeGreaterThanOrEqual(0.985)
      expect(dropped).toBeLessThanOrEqual(0.005)
    },
  )
})

test.each([
  [
    'a page in Instagram',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F90 Instagram 334.0.4.32.98 (iPhone14,5; iOS 17_5; de_DE; de; scale=3.00; 1170x2532)',
  ],
  [
    'a page in Facebook',
    'Mozilla/5.0 (Linux; Android 14; SM-S911B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/125.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/465.0.0.55.78;]',
  ],
  [
    'the Google app',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/317.0 Mobile/15E148 Safari/604.1',
  ],
  [
    'a Cubot phone',
    'Mozilla/5.0 (Linux; Android 11; CUBOT_X30 Build/CUBOT) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0 Mobile Safari/537.36',
  ],
  ['a Nokia of 2005', 'Nokia6230/2.0 (05.24) Profile/MIDP-2.0 Configuration/CLDC-1.1'],
  ['a phone of i-mode', 'DoCoMo/2.0 P900i(c100;TB;W24H11)'],
  ['a BlackBerry', 'BlackBerry8520/5.0.0.681 Profile/MIDP-2.1 Configuration/CLDC-1.1 VendorID/600'],
  ['Lynx', 'Lynx/2.9.0dev.12 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.8'],
  ['Links', 'Links (2.28; Linux 6.1.0 x86_64; GNU C 12.2; text)'],
  ['w3m', 'w3m/0.5.3+git20230121'],
  ['ELinks', 'ELinks/0.13.2 (textmode; Linux; 80x24-2)'],
  ['NetSurf', 'NetSurf/3.10 (Linux)'],
  ['WebbIE, which is read aloud', 'WebbIE 4.0'],
  [
    'a screen reader in Firefox',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  ],
  [
    'a television',
    'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36 HbbTV/1.2.1 (+DRM; LGE; WEBOS6;)',
  ],
  ['Internet Explorer 6', 'Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)'],
  ['Brave, Edge and Samsung', CHROME],
])('%s is a person', (_, agent) => {
  expect(judge(agent)).toMatchObject({ bot: false })
})

test.each([
  ['no agent', '', 'no-agent'],
  ['spaces', '   ', 'no-agent'],
  ['Googlebot', 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'isbot:'],
  [
    'Googlebot as a phone',
    'SAMSUNG-SGH-E250/1.0 Profile/MIDP-2.0 Configuration/CLDC-1.1 (compatible; Googlebot-Mobile/2.1)',
    'isbot:',
  ],
  ['a headless browser', CHROME.replace('Chrome/', 'HeadlessChrome/'), 'isbot:headless'],
  ['GTmetrix', `${CHROME} GTmetrix`, 'seed:gtmetrix'],
  [
    'an agent of the legacy list, in other letters',
    'Mozilla/4.0  (Compatible; T-H-U-N-D-E-R-S-T-O-N-E)',
    'seed:agent',
  ],
  ['a program of our own', 'acme-uploader (build 7)', ''],
])('%s is a machine, and the verdict names the rule', (_, agent, rule) => {
  const verdict = judge(agent)
  expect(verdict.bot).toBe(true)
  expect(verdict.rule.startsWith(rule)).toBe(true)
  expect(verdict.rule).not.toBe('none')
})

test('a browser that a program drives is a machine', () => {
  expect(filter.judge({ userAgent: CHROME, webdriver: true })).toEqual({ bot: true, rule: 'webdriver' })
})

test('an agent that contains one of the list is not the one in the list', () => {
  const listed = spiders.agents.find((agent) => agent.startsWith('gandalf')) as string
  expect(judge(listed).rule).toBe('seed:agent')
  expect(judge(`${CHROME} ${listed.slice(0, 4)}`).bot).toBe(false)
})

test('the list of weak patterns names only what isbot has', () => {
  expect([...WEAK].filter((pattern) => !list.includes(pattern))).toEqual([])
})

test("the operator's list comes first, whole agents before patterns, and changes while running", () => {
  const own = createBotFilter()
  expect(own.judge({ userAgent: CHROME }).bot).toBe(false)
  own.replace([
    { agent: '*Chrome/142*', kind: 'bot' },
    { agent: 'curl/*', kind: 'person' },
    { agent: 'curl/7.0', kind: 'bot' },
  ])
  expect(own.judge({ userAgent: CHROME })).toEqual({ bot: true, rule: 'operator:*Chrome/142*' })
  expect(own.judge({ userAgent: 'CURL/8.0' })).toEqual({ bot: false, rule: 'operator:curl/*' })
  expect(own.judge({ userAgent: 'curl/7.0' }).bot).toBe(true)
  own.replace([])
  expect(own.judge({ userAgent: CHROME }).bot).toBe(false)
})

test('with BOTS=off everybody is a person', () => {
  expect(takeEverybody({ userAgent: 'Googlebot' }).bot).toBe(false)
})

describe('the time of a verdict', () => {
  const rules = createAgentRules(spiders.words)
  const seeds = [
    'a',
    '<',
    '(',
    ';',
    '@a',
    'bot',
    'google',
    ' x/1.0;',
    'mozilla/5.0 ',
    ' ',
    '1.',
    '(compatible;',
    'cubo',
    'a/1',
    ' java',
    'w3m ',
    '\t',
    'é',
    'ﬀ',
    'instagram 1(',
    'cfnetwork/1',
    '.com',
    'news',
    'http',
  ]
  const pairs = seeds.flatMap((a) => seeds.map((b) => a + b))
  const grown = (text: string, length: number) =>
    text.repeat(Math.ceil(length / text.length)).slice(0, length)
  /** The shortest of several: what else the machine does is none of ours. */
  const timeOf = (agent: string) => {
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < 5; i++) {
      const began = performance.now()
      rules(normalAgent(agent))
      best = Math.min(best, performance.now() - began)
    }
    return best
  }

  test('of any agent of 16 kB is below two milliseconds', () => {
    for (const agent of [...seeds, ...pairs].map((text) => grown(text, 16_384))) {
      expect(timeOf(agent), agent.slice(0, 30)).toBeLessThan(2)
    }
  }, 60_000)

  test('does not grow with what is past the first 512 characters', () => {
    for (const text of seeds) expect(normalAgent(grown(text, 16_384)).length).toBeLessThanOrEqual(512)
  })

  test("with an operator's list of a thousand patterns stays there", () => {
    const own = createBotFilter()
    own.replace(Array.from({ length: 1000 }, (_, i) => ({ agent: `*a*b*${i}c*`, kind: 'bot' as const })))
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < 20; i++) {
      const userAgent = grown('ab', 16_384 + i)
      const began = performance.now()
      own.judge({ userAgent })
      best = Math.min(best, performance.now() - began)
    }
    expect(best).toBeLessThan(2)
  })
})
