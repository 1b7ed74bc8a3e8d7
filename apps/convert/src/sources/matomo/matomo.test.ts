import { expect, it } from 'vitest'
import { readAll } from '../importer.contract.ts'
import { importer } from './matomo.ts'

const DUMP = `-- MySQL dump
CREATE TABLE \`m_log_action\` (
  \`idaction\` int,
  \`name\` text,
  \`hash\` int,
  \`type\` tinyint,
  \`url_prefix\` tinyint,
  PRIMARY KEY (\`idaction\`)
) ENGINE=InnoDB;
INSERT INTO \`m_log_action\` VALUES (1,'x.example/a?b=1',1,1,2),(2,'It''s (a) title; \\'quoted\\'\\n',1,4,NULL),(3,'x.example/f.zip',1,3,0);
CREATE TABLE \`m_log_link_visit_action\` (
  \`idlink_va\` int,
  \`server_time\` datetime,
  \`idaction_url\` int,
  \`idaction_name\` int
) ENGINE=InnoDB;
INSERT INTO \`m_log_link_visit_action\` VALUES (1,'2020-01-01 10:00:00',1,2),
(2,'2020-01-01 11:00:00',3,NULL),(3,'2020-01-01 12:00:00',NULL,NULL);
UNLOCK TABLES;
`
const COLUMNS = ['time', 'host', 'path', 'title', 'type', 'idlink_va']
const ROWS = [
  ['2020-01-01 10:00:00Z', 'x.example', '/a', "It's (a) title; 'quoted'\n", 'page', '1'],
  ['2020-01-01 11:00:00Z', 'x.example', '/f.zip', undefined, 'download', '2'],
  ['2020-01-01 12:00:00Z', undefined, undefined, undefined, undefined, '3'],
]

it.each([1, 7, 64, 100_000])('a dump becomes a row an action, read %i bytes at a time', async (size) => {
  const rows = await readAll({ importer }, DUMP, COLUMNS, [size])
  expect(rows.map(({ cells }) => cells)).toEqual(ROWS)
  expect(rows.map(({ line }) => line)).toEqual([17, 18, 18])
})

it('a row of a dump that ends early is told, and the rest counts', async () => {
  const rows = await readAll({ importer }, DUMP.slice(0, DUMP.indexOf(',NULL,NULL)')), COLUMNS)
  expect(rows.map(({ problem }) => problem)).toEqual([undefined, undefined, 'no row of a dump'])
})

it('a visits log becomes a row an action, with what its visit is', async () => {
  const visit = {
    country: 'France',
    actionDetails: [
      { type: 'action', url: 'https://x.example/a', pageTitle: 'A', timestamp: 1577872800 },
      { type: 'event', url: 'https://x.example/b', timestamp: 1577872801 },
    ],
  }
  const rows = await readAll({ importer }, JSON.stringify([visit]), ['time', 'path', 'type', 'country'])
  expect(rows.map(({ cells }) => cells)).toEqual([
    ['1577872800', '/a', 'page', 'France'],
    ['1577872801', '/b', 'event', 'France'],
  ])
})

it('a visits log is refused for a column that no visit has, and not for one that is empty so far', async () => {
  const visits = JSON.stringify([
    {
      country: 'France',
      city: null,
      actionDetails: [{ type: 'action', url: 'https://x.example/a', timestamp: 1 }],
    },
  ])
  await expect(readAll({ importer }, visits, ['path', 'contry'])).rejects.toThrow(
    /no column "contry".*did you mean "country"/,
  )
  const rows = await readAll({ importer }, visits, ['path', 'city', 'title'])
  expect(rows.map(({ cells }) => cells)).toEqual([['/a', undefined, undefined]])
})

it('refuses a column that is nowhere and names the nearest', async () => {
  await expect(readAll({ importer }, DUMP, ['pth'])).rejects.toThrow(/no column "pth".*did you mean "path"/)
})
